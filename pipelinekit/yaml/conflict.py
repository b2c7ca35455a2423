"""The lines that git writes into a file where a merge stopped."""

from __future__ import annotations

import re

CONFLICT_MARKER = re.compile(r"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
