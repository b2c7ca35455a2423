"""Edits in the middle of a scalar, whatever quotes or folds it is written in."""

from __future__ import annotations

import re

from pipelinekit.yaml.apply import CannotEditError, Edit
from pipelinekit.yaml.guards import refuse_to_break_aliases
from pipelinekit.yaml.lines import after_breaks, end_of_line, skip_break_and_indent, skip_spaces, start_of_line
from pipelinekit.yaml.places import BLOCK_STYLES, content_end, content_start
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence


def replace_within(scalar: Scalar, start: int, end: int, text: str) -> list[Edit]:
    """Replace `scalar.text[start:end]` in the source, whatever quotes or folds it is written in.

    `text` must be free of whatever would need escaping or other quotes there: it is written as it is, and
    the outcome is read to see whether it is meant.
    """
    offsets = source_offsets(scalar)
    if offsets is None or end > len(offsets) or scalar.tag is not None:
        raise CannotEditError("the value is written in a way that hides where its characters stand")
    refuse_to_break_aliases(scalar.document, scalar.start, scalar.end)
    meant = scalar.text[:start] + text + scalar.text[end:]
    if scalar.style == "'":
        text = text.replace("'", "''")
    offsets.append(content_end(scalar))
    edit = Edit(offsets[start], offsets[end], text)
    if not _reads_as(scalar, edit, meant):
        raise CannotEditError("the text can't stand there as it is")
    return [edit]


def _reads_as(scalar: Scalar, edit: Edit, meant: str) -> bool:
    """Whether a scalar is a string with this text after an edit: read alone, but laid out as it is."""
    source = scalar.document.text
    begin = content_start(scalar)
    text = source[begin : edit.start] + edit.text + source[edit.end : scalar.end]
    if scalar.style in BLOCK_STYLES:
        blank_lines = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*").match(source, scalar.end)
        text += blank_lines.group() if blank_lines is not None else ""
    before, after = ("[", "]") if _stands_in_flow(scalar) else (" " * _parent_column(scalar) + "- ", "")
    read = parse(f"{before}{text}{after}", scalar.document.name)
    item = read.root.items[0] if isinstance(read.root, Sequence) and len(read.root.items) == 1 else None
    return isinstance(item, Scalar) and item.value == meant and item.style == scalar.style and not read.is_broken


def _stands_in_flow(scalar: Scalar) -> bool:
    """Whether a scalar stands between brackets or braces."""
    node = scalar.document.root
    while isinstance(node, (Mapping, Sequence)) and not node.flow:
        children = [child for pair in node.pairs for child in pair] if isinstance(node, Mapping) else node.items
        node = next((child for child in children if child.start <= scalar.start < child.end), None)
    return node is not None and node is not scalar


def _parent_column(scalar: Scalar) -> int:
    """The column from which a block scalar's indentation indicator counts; 0 if it has none."""
    source = scalar.document.text
    header = _BLOCK_HEADER.match(source, content_start(scalar))
    if header is None or header[1] is None:
        return 0
    lines = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*( *)").match(source, header.end())
    content = scalar.text.lstrip("\n")
    indent = len(lines[1]) if lines is not None else 0
    return max(indent - (len(content) - len(content.lstrip(" "))) - int(header[1]), 0)


def source_offsets(scalar: Scalar) -> list[int] | None:
    """Where each character of a scalar's value stands in the document, or None where that can't be told."""
    source = scalar.document.text
    position = content_start(scalar)
    style = scalar.style
    if style in ("'", '"'):
        position += 1
    elif style in ("|", ">"):
        position = end_of_line(source, position)
    offsets: list[int] = []
    for char in scalar.text:
        if position >= scalar.end:
            if char == "\n" and style in ("|", ">"):
                offsets.append(min(position, len(source) - 1))
                continue
            return None
        if style in ("|", ">") and not offsets:
            position = skip_break_and_indent(source, position)
        if style == '"' and source[position] == "\\":
            match = _DOUBLE_QUOTED_ESCAPE.match(source, position)
            if match is None:
                return None
            offsets.append(position)
            position = match.end()
            continue
        if char in " \n":
            folded = _FOLD.match(source, position)
            if folded is not None and (style != "|" or char == "\n"):
                offsets.append(position)
                breaks = folded.group().count("\n") or folded.group().count("\r")
                position = after_breaks(source, position, 1) if style == "|" or breaks > 2 else folded.end()
                if style != "|" and breaks == 2 and char == "\n":
                    position = folded.end()
                if style == "|":
                    position = skip_spaces(source, position, _block_indent(scalar))
                continue
        if source[position] != char:
            return None
        offsets.append(position)
        position += 2 if style == "'" and source.startswith("''", position) else 1
    return offsets


_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_BLOCK_HEADER = re.compile(r"[|>][-+]?([1-9])?[-+]?[^\r\n]*")
_DOUBLE_QUOTED_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^xuU\r\n])")


def _block_indent(scalar: Scalar) -> int:
    """Columns by which the lines of a block scalar are indented."""
    text = scalar.document.text
    first = skip_break_and_indent(text, end_of_line(text, scalar.start))
    return first - start_of_line(text, first)
