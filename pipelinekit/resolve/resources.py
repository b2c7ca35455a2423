"""What a stage needs of a machine: `meta.pipelinekit.resources`, names and amounts, such as `gpu: 1, memory: 16Gi`."""

from __future__ import annotations

import math
import re
from typing import Any

from pipelinekit.resolve.stage import Stage

#: What a letter behind a number stands for, as Kubernetes has it.
_UNITS = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>m|k|M|G|T|Ki|Mi|Gi|Ti|)")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?")


class ResourceError(Exception):
    """Resources that say nothing: the text tells of which stage, and what is wrong."""


def resources_of(stage: Stage) -> dict[str, int | float | str]:
    """The amounts as they are written, by name. Raises ResourceError."""
    meta = stage.meta if isinstance(stage.meta, dict) else {}
    own = meta.get("pipelinekit")
    written = own.get("resources") if isinstance(own, dict) else None
    if written is None:
        return {}
    where = f"{stage.address}: meta.pipelinekit.resources"
    if not isinstance(written, dict):
        raise ResourceError(f"{where} is no mapping of names and amounts, such as 'gpu: 1'")
    for name, value in written.items():
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise ResourceError(f"{where}: '{name}' is no name of a resource")
        if amount(value) is None:
            raise ResourceError(f"{where}.{name} is '{value}', not an amount such as 2, 0.5, '500m' or '16Gi'")
    return dict(written)


def amount(value: Any) -> float | None:
    """A written amount as a number; memory in bytes.

    >>> amount(2), amount("500m"), amount("16Gi"), amount("much"), amount(True)
    (2.0, 0.5, 17179869184.0, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if value >= 0 and math.isfinite(value) else None
    match = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    return float(match["number"]) * _UNITS[match["unit"]] if match is not None else None
