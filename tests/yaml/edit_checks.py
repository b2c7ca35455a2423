"""What must hold after any edit of any document."""

from __future__ import annotations

import re
from collections import Counter

from pipelinekit.yaml.edit import Edit, apply_edits
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document
from tests.yaml.random_edits import RandomEdit, intended, is_same
from tests.yaml.spans import comments

_BREAK = re.compile(r"\r\n|\r|\n")


def complaint(document: Document, edits: list[RandomEdit]) -> str | None:
    """What is wrong with the outcome of the edits, or None."""
    text = document.text
    flat = [edit for one in edits for edit in one.edits]
    after = apply_edits(text, flat)
    edited = parse(after, document.name)
    meant = intended(document, edits)
    found = edited.root.data if edited.root is not None else None
    if edited.is_broken:
        return f"the file is broken: {edited.problems}"
    if not is_same(found, meant):
        return f"the data is {found!r}, not {meant!r}"
    if len(edited.problems) > len(document.problems):
        return f"new problems: {edited.problems}"
    return (
        _lost_text(document, edits)
        or _lost_comments(document, edited, edits)
        or _changed_line_breaks(text, after, flat)
        or _trailing_blanks(text, after, edits)
    )


def _lost_text(document: Document, edits: list[RandomEdit]) -> str | None:
    """Edits may delete what they are about, and blanks and a comma next to it."""
    for one in edits:
        start, end = one.removable
        for edit in one.edits:
            for position in range(edit.start, edit.end):
                if not start <= position < end and document.text[position] not in " \t\r\n,":
                    return f"{document.text[edit.start : edit.end]!r} would go with {one.name}"
    return None


def _lost_comments(document: Document, edited: Document, edits: list[RandomEdit]) -> str | None:
    """Comments outside of what goes are still there, and no text has become one."""
    before, after = Counter[str](), Counter[str]()
    for start, end in comments(document):
        for one in edits:
            if one.removable[0] <= start < one.removable[1] and not one.name.startswith("reorder"):
                break
        else:
            before[document.text[start:end]] += 1
    kept = Counter(edited.text[start:end] for start, end in comments(edited))
    after.update(document.text[start:end] for start, end in comments(document))
    if before - kept:
        return f"lost: {list(before - kept)}"
    if kept - after:
        return f"made a comment of: {list(kept - after)}"
    return None


def _changed_line_breaks(text: str, after: str, flat: list[Edit]) -> str | None:
    before = set(_BREAK.findall(text))
    if before and not set(_BREAK.findall(after)) <= before:
        return "line breaks of another kind"
    if text.startswith("\ufeff") != after.startswith("\ufeff"):
        return "the byte-order mark is gone"
    # where the last lines go, the line break in front of them may stay
    at_the_end = max((edit.end for edit in flat), default=0) == len(text)
    if text.endswith(("\n", "\r")) != after.endswith(("\n", "\r")) and not at_the_end:
        return "the end of the file has changed"
    return None


def _trailing_blanks(text: str, after: str, edits: list[RandomEdit]) -> str | None:
    if any(one.name.startswith("replace_within") for one in edits):
        return None
    before = sum(line != line.rstrip() for line in _BREAK.split(text))
    if sum(line != line.rstrip() for line in _BREAK.split(after)) > before:
        return "blanks at the end of a line that had none"
    return None


def editable(text: str) -> Document | None:
    """The document, if it is one that edits are made of."""
    document = parse(text, "x")
    if document.root is None or document.is_broken:
        return None
    # a line of tabs ends some texts and is refused behind others
    return None if re.search(r"(?:\A|[\r\n]) *\t[ \t]*(?:\Z|[\r\n])", text) else document
