"""Values as Python source, laid out as formatters do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH = 120


def literal(value: Any, indent: int = 0, used: int = 0) -> str:
    """A text, number, list or mapping of these as source. `used` is what stands before and behind it on its line.

    >>> literal("it's"), literal(["a", 1])
    ('"it\\'s"', '["a", 1]')
    """
    flat = _flat(value)
    if len(flat) + indent + used <= _WIDTH or not isinstance(value, (Mapping, list, tuple)) or not value:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, Mapping):
        lines = [
            f"{inner}{text(str(key))}: {literal(one, indent + 4, len(text(str(key))) + 3)},\n"
            for key, one in value.items()
        ]
        return "{\n" + "".join(lines) + " " * indent + "}"
    lines = [f"{inner}{literal(one, indent + 4, 1)},\n" for one in value]
    return "[\n" + "".join(lines) + " " * indent + "]"


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(str(key))}: {_flat(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_flat, value)) + "]"
    return repr(value)


def text(value: str) -> str:
    """A text in the quotes that need fewer backslashes; what can't be seen is escaped."""
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_character(one, quote) for one in value) + quote


def _character(one: str, quote: str) -> str:
    if one in (quote, "\\"):
        return f"\\{one}"
    return one if one.isprintable() else repr(one)[1:-1]


def comment(value: str) -> str:
    """A text that may stand in a comment: on one line, and without what can't be seen."""
    return "".join(one if one.isprintable() else " " for one in value)
