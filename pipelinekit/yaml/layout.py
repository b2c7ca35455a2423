"""How a file is written, so that what is put into it looks like the rest."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from pipelinekit.yaml.apply import CannotEditError
from pipelinekit.yaml.lines import LINE_BREAK
from pipelinekit.yaml.places import block_at_the_end, column_of, content_start, dash_before
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, Style, walk
from pipelinekit.yaml.write import flow_text, indented, scalar_text


def line_break_of(document: Document) -> str:
    """The line break that the file uses."""
    match = LINE_BREAK.search(document.text)
    return match.group() if match else "\n"


def lines_at(document: Document, lines: list[str], column: int) -> str:
    """Lines that go on in a column, the first of which stands there already."""
    first, *rest = lines
    return line_break_of(document).join([first, *indented(rest, " " * column)])


def quotes_of(items: list[Node]) -> Style:
    """The quotes that all strings of a list share, if it has two or more."""
    styles = {item.style for item in items if isinstance(item, Scalar) and isinstance(item.value, str)}
    if len(styles) == 1 and len(items) > 1 and styles <= {"'", '"'}:
        return styles.pop()
    return ""


def indent_step(document: Document) -> int:
    """By how many columns the file indents one mapping inside of another."""
    root = document.root
    if isinstance(root, Mapping) and not root.flow:
        for _, value in root.pairs:
            if isinstance(value, Mapping) and not value.flow and value.pairs and root.start < value.start < root.end:
                step = column_of(document, value.pairs[0][0].start) - column_of(document, root.pairs[0][0].start)
                if step > 0:
                    return step
    return 2


def lists_are_indented(document: Document) -> bool:
    """Whether the lists of this file stand one step to the right of their key."""
    if document.root is None:
        return False
    for node in walk(document.root):
        if isinstance(node, Mapping) and not node.flow:
            for key, value in node.pairs:
                if isinstance(value, Sequence) and not value.flow and value.items and key.end <= value.start:
                    try:
                        return column_of(document, dash_before(value, 0)) > column_of(document, key.start)
                    except CannotEditError:
                        continue
    return False


def gap_between(document: Document, spans: list[tuple[int, int]]) -> str:
    """What to put between two entries: a line break, and a blank line if all of them are set apart so."""
    newline = line_break_of(document)
    between = [document.text[one[1] : other[0]] for one, other in pairwise(spans)]
    return newline * 2 if between and all(map(_BLANK_LINE.search, between)) else newline


_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*[\r\n]")


def is_inline(node: Node) -> bool:
    """Whether a node can stand behind its key or dash, unlike a collection in block style."""
    return not isinstance(node, (Mapping, Sequence)) or node.flow


def inline(old: Node | None, value: Any, flow: bool) -> str:
    """A value on one line; a string in the quotes of the one whose place it takes."""
    if isinstance(value, (dict, list)):
        return flow_text(value)
    quotes: Style = old.style if isinstance(old, Scalar) and old.style in ("'", '"') else ""
    return scalar_text(value, flow=flow, style=quotes if isinstance(value, str) else "")


def header_comment(old: Node, end: int) -> str:
    """The comment behind the `|` or `>` of a block scalar: it stays when the text goes."""
    if block_at_the_end(old, end) is not old:
        return ""
    comment = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)").match(old.document.text, content_start(old))
    return comment[1] if comment is not None else ""
