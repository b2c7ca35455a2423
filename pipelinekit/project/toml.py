"""TOML text → data, on every Python that is supported."""

from __future__ import annotations

import sys
from typing import Any


class TomlError(ValueError):
    """A text that is no TOML."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def parse_toml(text: str) -> dict[str, Any]:
    """Raises TomlError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message, _, place = str(error).partition(" (at ")
        line = place.removeprefix("line ").split(",", maxsplit=1)[0]
        last = text.rstrip().count("\n") + 1 if place.startswith("end") else 1
        raise TomlError(message, int(line) if line.isdigit() else last) from None
