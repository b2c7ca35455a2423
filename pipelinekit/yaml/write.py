"""Python values → YAML text: fragments that are put into an existing file, and whole new files."""

from __future__ import annotations

import json
import re
from typing import Any

from pipelinekit.yaml.scalars import UnresolvableScalarError, resolve
from pipelinekit.yaml.tree import Style

_PLAIN_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=]|-[^\s-]")
_ENDS_PLAIN = re.compile(r":(?:\s|\Z)|\s#")
_ENDS_PLAIN_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]*\Z")
# Strings to YAML 1.2 and something else to the YAML 1.1 readers that editors and other tools use.
_OTHERWISE_IN_YAML_1_1 = re.compile(
    r"(?:yes|no|on|off|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?[0-9.][0-9_.]*[eE][-+]?[0-9]+)\Z",
    re.IGNORECASE,
)


def scalar_text(value: Any, *, flow: bool = False, style: Style = "") -> str:
    """A scalar in one line of YAML, quoted if it has to be, or as `style` wants it.

    Raises TypeError for a value that is no str, int, float, bool or None.
    """
    if isinstance(value, str):
        return _string_text(value, flow, style)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    raise TypeError(f"{type(value).__name__} is no YAML scalar")


def _float_text(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")  # 1e-05 would be a string to YAML 1.1
    return text


def _string_text(value: str, flow: bool, style: Style) -> str:
    if style == "" and is_plain(value, flow=flow):
        return value
    if style == '"' or not _PRINTABLE.match(value):
        return _double_quoted(value)
    return "'" + value.replace("'", "''") + "'"


def _double_quoted(value: str) -> str:
    # JSON's escapes are YAML's, but for surrogate pairs: characters that print are written as they are
    return '"' + "".join(char if char.isprintable() and char not in '"\\' else _escape(char) for char in value) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08X}"
    return json.dumps(char)[1:-1] if code != 0x7F else "\\x7F"


def is_plain(value: str, *, flow: bool = False) -> bool:
    """Whether a string can stand without quotes and is still that string, to YAML 1.1 readers as well."""
    if not _PLAIN_START.match(value) or not _PRINTABLE.match(value) or value != value.strip():
        return False
    if _ENDS_PLAIN.search(value) or value.startswith(("---", "...")):
        return False
    if flow and _ENDS_PLAIN_IN_FLOW.search(value):
        return False
    if _OTHERWISE_IN_YAML_1_1.match(value):
        return False
    try:
        return isinstance(resolve(value), str)
    except UnresolvableScalarError:
        return False


def flow_text(value: Any, style: Style = "") -> str:
    """Any value on one line: `{a: [1, b]}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar_text(k, flow=True)}: {flow_text(v, style)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item, style) for item in value) + "]"
    return scalar_text(value, flow=True, style=style if isinstance(value, str) else "")


class Folded(str):
    """A string to write over several lines (`>-`), broken at some of its single blanks."""

    __slots__ = ("lines",)
    lines: tuple[str, ...]

    @classmethod
    def of(cls, lines: list[str]) -> Folded:
        """The string that the lines make when they are folded."""
        folded = cls(" ".join(lines))
        folded.lines = tuple(lines)
        return folded


def block_lines(value: Any, step: int = 2, indent_lists: bool = False, style: Style = "") -> list[str]:
    """The lines of a value in block style, the first one at column 0; what has no block form is one line.

    `indent_lists` puts the dashes of a list below a key one step to the right, as some files do.
    """
    if isinstance(value, dict) and value:
        lines: list[str] = []
        for key, item in value.items():
            name = scalar_text(key)
            block = _text_block(item)
            if block is not None:
                lines.append(f"{name}: {block[0]}")
                lines.extend(indented(block[1:], " " * step))
                continue
            if item is None:
                lines.append(f"{name}:")
                continue
            inner = block_lines(item, step, indent_lists, style)
            if isinstance(item, (dict, list)) and item:
                pad = " " * (step if isinstance(item, dict) or indent_lists else 0)
                lines.append(f"{name}:")
                lines.extend(indented(inner, pad))
            else:
                lines.append(f"{name}: {inner[0]}")
        return lines
    if isinstance(value, list) and value:
        lines = []
        for item in value:
            block = _text_block(item)
            if block is not None:
                lines.append(f"- {block[0]}")
                lines.extend(indented(block[1:], "  "))
                continue
            first, *rest = block_lines(item, step, indent_lists, style)
            lines.append(f"- {first}")
            lines.extend(indented(rest, "  "))
        return lines
    return [
        flow_text(value)
        if isinstance(value, (dict, list))
        else scalar_text(value, style=style if isinstance(value, str) else "")
    ]


def indented(lines: list[str], pad: str) -> list[str]:
    """The lines moved to the right; blank ones stay blank."""
    return [pad + line if line else "" for line in lines]


def is_text_block(value: Any) -> bool:
    """Whether a value is written over several lines (`|`, `>-`) where it stands in block style."""
    return _text_block(value) is not None


def _text_block(value: Any) -> list[str] | None:
    """The lines of a string over several lines, its header first; None for whatever goes on one line."""
    if isinstance(value, Folded):
        return [">-", *value.lines]
    if not isinstance(value, str) or "\n" not in value or value != value.rstrip("\n") + "\n" * value.endswith("\n"):
        return None
    lines = value.rstrip("\n").split("\n")
    if any(not _PRINTABLE.match(line) or line != line.rstrip() for line in lines) or lines[0][:1] in ("", " "):
        return None
    return ["|" if value.endswith("\n") else "|-", *lines]
