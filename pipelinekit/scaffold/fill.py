"""Templates of generated files: `@@name@@` stands for what is filled in."""

from __future__ import annotations

import os
import re

_FOLDER = os.path.join(os.path.dirname(__file__), "templates", "around")
_GAP = re.compile(r"@@([a-z-]+)@@")


def filled(template: str, **values: str) -> str:
    """A template's text with its gaps filled; `_` in a name stands for `-`."""
    with open(os.path.join(_FOLDER, template), encoding="utf-8") as file:
        text = file.read()
    return _GAP.sub(lambda gap: values[gap[1].replace("-", "_")], text)


def indented(text: str, columns: int) -> str:
    """Every line that has something on it, moved to the right."""
    return "\n".join(" " * columns + line if line else "" for line in text.rstrip("\n").split("\n"))
