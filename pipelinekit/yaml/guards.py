"""What an edit must not break: aliases, and the texts that would swallow what stands below them."""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from typing import Any

from pipelinekit.yaml.apply import CannotEditError
from pipelinekit.yaml.lines import LINE_BREAK
from pipelinekit.yaml.tree import Document
from pipelinekit.yaml.write import is_text_block


def refuse_to_break_aliases(document: Document, start: int, end: int) -> None:
    """What is repeated elsewhere can't go, nor change here alone."""
    for alias, node in document.repeated:
        if start <= node.start < end and not start <= alias < end:
            raise CannotEditError("an alias repeats it elsewhere")


def refuse_to_move_aliases(document: Document, units: list[tuple[int, int]], order: AbstractSequence[int]) -> None:
    """An anchor must stay in front of its aliases."""
    places = {old: slot for slot, old in enumerate(order)}

    def place_of(position: int) -> int | None:
        return next((places[old] for old, (start, end) in enumerate(units) if start <= position < end), None)

    for alias, node in document.repeated:
        repeated, repeating = place_of(node.start), place_of(alias)
        if repeated is not None and repeating is not None and repeated > repeating:
            raise CannotEditError("an alias would come before its anchor")


def refuse_to_swallow(document: Document, position: int, column: int) -> None:
    """What is indented deeper than `column` would become part of a block scalar put above it: comments, blanks."""
    below = re.compile(r"((?:[ \t]*(?:\r\n|\r|\n))*)( *)(#?)").match(document.text, position)
    if below is None:
        return
    lines = LINE_BREAK.split(below[1])
    if below[3] or below.end() == len(document.text):
        lines.append(below[2])
    if any(len(line) > column for line in lines):
        raise CannotEditError("what stands below would become part of a text")


def refuse_to_swallow_after(value: Any, document: Document, position: int, column: int) -> None:
    """The same for a value that is written in block style, if its last line belongs to a block scalar."""
    last = last_of(value)
    if is_text_block(last):
        if position == len(document.text) and last.endswith("\n"):
            raise CannotEditError("the last line has no line break, and the text would need one")
        refuse_to_swallow(document, position, column)


def last_of(value: Any) -> Any:
    """What stands last when a value is written."""
    while isinstance(value, (dict, list)) and value:
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    return value
