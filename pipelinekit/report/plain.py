"""Values of YAML, TOML and Python files as JSON can have them."""

from __future__ import annotations

import math
from typing import Any

from pipelinekit.freshness.inputs import ABSENT


def plain(value: Any) -> Any:
    """A value with text in place of dates and of numbers that are none, also as keys; None for one that is absent."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if value is ABSENT:
        return None
    is_number = isinstance(value, (int, float)) and (isinstance(value, int) or math.isfinite(value))
    return value if value is None or isinstance(value, str) or is_number else str(value)
