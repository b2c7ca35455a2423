"""Text from files, made safe to print: nothing in it can move a cursor, change a colour or reverse a line."""

from __future__ import annotations

import re

# Control characters, and those that change the direction of text or hide it.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


def printable(text: str) -> str:
    """The text with what does not print written as `\\x1b`; a tab becomes a blank, so that columns stay."""
    return _UNPRINTABLE.sub(_escaped, text)


def printable_with_tabs(text: str) -> str:
    """As `printable`, for lines that show what is in a file."""
    return "\t".join(printable(part) for part in text.split("\t"))


def encodable(text: str) -> str:
    """The text with what UTF-8 can't hold (halves of characters, from names that are no UTF-8) written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    if char == "\t":
        return " "
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
