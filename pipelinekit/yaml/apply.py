"""An edit of a text, and what comes of several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace `text[start:end]` by `text`; offsets are code points."""

    start: int
    end: int
    text: str


class CannotEditError(Exception):
    """The place is written in a way that no small edit can change safely."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits. Raises ValueError if two of them overlap."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < position:
            raise ValueError(f"edits overlap at offset {edit.start}")
        pieces.append(text[position : edit.start])
        pieces.append(edit.text)
        position = edit.end
    pieces.append(text[position:])
    return "".join(pieces)
