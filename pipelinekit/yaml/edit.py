"""Edits of a YAML text in place: replace, rename, insert, remove, reorder.

Every function returns the edits that do one thing to one place, and touches no byte outside of it: comments,
quotes, indentation, line endings and order stay as they are. Where the text is laid out in a way that can't
be edited without guessing (explicit `? key`s, comments in the middle of what would go), `CannotEditError` is
raised and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as AbstractSequence
from itertools import pairwise
from typing import Any

from pipelinekit.yaml.apply import CannotEditError, Edit, apply_edits
from pipelinekit.yaml.guards import (
    last_of,
    refuse_to_break_aliases,
    refuse_to_move_aliases,
    refuse_to_swallow,
    refuse_to_swallow_after,
)
from pipelinekit.yaml.layout import (
    gap_between,
    header_comment,
    indent_step,
    inline,
    is_inline,
    line_break_of,
    lines_at,
    lists_are_indented,
    quotes_of,
)
from pipelinekit.yaml.lines import (
    LINE_BREAK,
    above_blank_lines,
    after_line_break,
    before_line_break,
    below_blank_lines,
    end_of_line,
    skip_blanks,
    start_of_line,
)
from pipelinekit.yaml.places import (
    after_what_holds,
    block_at_the_end,
    chomping_of,
    column_of,
    column_of_pairs,
    content_start,
    dash_before,
    has_brackets,
    holder_end,
    item_span,
    key_span,
    key_start,
    open_bracket,
    pair_index,
    pair_spans,
    unit_end,
    unit_start,
    value_span,
    with_blanks,
)
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, Style
from pipelinekit.yaml.within import replace_within, source_offsets
from pipelinekit.yaml.write import block_lines, flow_text, indented, is_text_block, scalar_text

__all__ = [
    "CannotEditError",
    "Edit",
    "add_flags",
    "apply_edits",
    "insert_entry",
    "insert_item",
    "remove_entry",
    "remove_item",
    "rename_key",
    "reorder_entries",
    "replace_item",
    "replace_value",
    "replace_within",
    "source_offsets",
]


def replace_value(mapping: Mapping, key: Any, value: Any) -> list[Edit]:
    """Give a key of a mapping another value."""
    index = pair_index(mapping, key)
    start, end = value_span(mapping, index)
    key_end = key_span(mapping, index)[1]
    if mapping.flow and start == end and ":" not in mapping.document.text[key_end:start]:
        return [Edit(key_end, key_end, f": {flow_text(value)}")]
    return _replace(mapping, start, end, mapping.pairs[index][1], value, column=column_of_pairs(mapping), in_list=False)


def replace_item(sequence: Sequence, index: int, value: Any) -> list[Edit]:
    """Put another value in the place of a list item."""
    start, end = item_span(sequence, index)
    column = None if sequence.flow else column_of(sequence.document, dash_before(sequence, index))
    return _replace(sequence, start, end, sequence.items[index], value, column=column, in_list=True)


def rename_key(mapping: Mapping, key: Any, name: str) -> list[Edit]:
    """Give a key another name; its value stays."""
    index = pair_index(mapping, key)
    node = mapping.pairs[index][0]
    if key_start(mapping, index) == node.end:
        raise CannotEditError("there is no key to see")
    if (id(mapping), 2 * index) in mapping.document.aliases or not isinstance(node, Scalar) or node.anchor or node.tag:
        raise CannotEditError("the key is an alias, or carries an anchor or a tag")
    style: Style = node.style if node.style in ("'", '"') else ""
    return [Edit(node.start, node.end, scalar_text(name, flow=mapping.flow, style=style))]


def insert_item(sequence: Sequence, index: int, value: Any) -> list[Edit]:
    """Insert a list item before the one at `index`, or at the end."""
    document = sequence.document
    style = quotes_of(sequence.items)
    if sequence.flow:
        return _insert_in_flow(sequence, index, flow_text(value, style))
    column = column_of(document, dash_before(sequence, 0))
    lines = block_lines(value, indent_step(document), lists_are_indented(document), style)
    lines = [f"- {lines[0]}", *indented(lines[1:], "  ")]
    spans = [item_span(sequence, place) for place in range(len(sequence.items))]
    if index == 0:
        return _insert_lines_before(sequence, dash_before(sequence, 0), column, lines, gap_between(document, spans))
    end = spans[index - 1][1]
    position = unit_end(document, end, column)
    refuse_to_swallow_after(value, document, position, column)
    before = block_at_the_end(sequence.items[index - 1], end)
    return _insert_lines_after(document, position, before, column, lines, gap_between(document, spans))


def remove_item(sequence: Sequence, index: int) -> list[Edit]:
    """Remove a list item; a list that loses its last item becomes `[]`."""
    document = sequence.document
    refuse_to_break_aliases(document, *item_span(sequence, index))
    end = item_span(sequence, index)[1]
    if sequence.flow:
        spans = [item_span(sequence, i) for i in range(len(sequence.items))]
        return _remove_from_flow(sequence, spans, index)
    dash = dash_before(sequence, index)
    if len(sequence.items) == 1:
        return _replace_block(sequence, end, "[]")
    following = dash_before(sequence, index + 1) if index + 1 < len(sequence.items) else None
    before = block_at_the_end(sequence.items[index - 1], item_span(sequence, index - 1)[1]) if index else None
    return _remove_lines(document, dash, end, before, following, is_first=index == 0)


def insert_entry(mapping: Mapping, index: int, key: str, value: Any) -> list[Edit]:
    """Insert `key: value` before the pair at `index`, or at the end."""
    document = mapping.document
    if mapping.flow:
        return _insert_in_flow(mapping, index, f"{scalar_text(key, flow=True)}: {flow_text(value)}")
    column = column_of_pairs(mapping)
    lines = block_lines({key: value}, indent_step(document), lists_are_indented(document))
    spans = pair_spans(mapping)
    if index == 0:
        return _insert_lines_before(mapping, spans[0][0], column, lines, gap_between(document, spans))
    end = spans[index - 1][1]
    position = unit_end(document, end, column)
    refuse_to_swallow_after(value, document, position, column)
    before = block_at_the_end(mapping.pairs[index - 1][1], end)
    return _insert_lines_after(document, position, before, column, lines, gap_between(document, spans))


def remove_entry(mapping: Mapping, key: Any) -> list[Edit]:
    """Remove a key and its value; a mapping that loses its last entry becomes `{}`."""
    document = mapping.document
    index = pair_index(mapping, key)
    start, end = key_start(mapping, index), value_span(mapping, index)[1]
    refuse_to_break_aliases(document, start, end)
    if mapping.flow:
        if not has_brackets(mapping):
            return [Edit(start, end, "{}")]
        return _remove_from_flow(mapping, pair_spans(mapping), index)
    if len(mapping.pairs) == 1:
        return _replace_block(mapping, end, "{}")
    following = key_start(mapping, index + 1) if index + 1 < len(mapping.pairs) else None
    before = block_at_the_end(mapping.pairs[index - 1][1], value_span(mapping, index - 1)[1]) if index else None
    return _remove_lines(document, start, end, before, following, is_first=index == 0)


def reorder_entries(mapping: Mapping, order: AbstractSequence[int]) -> list[Edit]:
    """Put the entries of a block mapping into another order: `order[k]` is the old index of the k-th.

    An entry takes along the comment lines right above it and those below it that are indented deeper than
    its key; blank lines and comments that stand apart stay where they are.
    """
    if mapping.flow:
        raise CannotEditError("the mapping is written on one line")
    document = mapping.document
    column = column_of_pairs(mapping)
    spans = pair_spans(mapping)
    units: list[tuple[int, int]] = []
    for start, end in spans:
        floor = units[-1][1] if units else after_what_holds(mapping)
        units.append((unit_start(document, start, column, floor), unit_end(document, end, column)))
    if any(document.text[start - column : start].strip(" ") for start, _ in units[1:]):
        raise CannotEditError("an entry does not start its line")
    if document.text[units[0][0] - column : units[0][0]].strip(" ") and document.text[units[order[0]][0]] == "#":
        raise CannotEditError("the first entry stands behind a dash, where comments don't belong")
    if any(later[0] < earlier[1] for earlier, later in pairwise(units)):
        raise CannotEditError("two entries share a line")
    last = len(units) - 1
    for index, (_, value) in enumerate(mapping.pairs):
        block = block_at_the_end(value, spans[index][1])
        chomping = chomping_of(block) if block is not None else "-"
        if order[index] != index and chomping == "+":
            raise CannotEditError("an entry ends in a block whose trailing blank lines count")
        if order[index] != index and block is not None:
            refuse_to_swallow(document, units[order.index(index)][1], column)
        if units[last][1] == len(document.text) and chomping != "-" and (index == last) != (order[last] == index):
            raise CannotEditError("an entry ends in a block whose line break counts, and the last line has none")
    refuse_to_move_aliases(document, units, order)
    return [Edit(*units[slot], document.text[slice(*units[old])]) for slot, old in enumerate(order) if slot != old]


def add_flags(sequence: Sequence, index: int, flags: dict[str, Any]) -> list[Edit]:
    """Turn a plain list item `path` into `path: {flags}`; a comment on its line stays there."""
    document = sequence.document
    item = sequence.items[index]
    start, end = item_span(sequence, index)
    if not isinstance(item, Scalar) or (id(sequence), index) in document.aliases or item.anchor or item.tag:
        raise CannotEditError("the item is no path alone")
    if item.style in ("|", ">") or LINE_BREAK.search(document.text, start, end):
        raise CannotEditError("the item spans lines")
    if sequence.flow:
        key = scalar_text(item.text, flow=True, style=item.style)
        return [Edit(start, end, f"{{{key}: {flow_text(flags)}}}")]
    column = column_of(document, start)
    step = indent_step(document)
    lines = block_lines(flags, step, lists_are_indented(document))
    text = "".join(line_break_of(document) + line for line in indented(lines, " " * (column + step)))
    line_end = end_of_line(document.text, end)
    if line_end == end:
        return [Edit(end, end, ":" + text)]
    return [Edit(end, end, ":"), Edit(line_end, line_end, text)]


def _replace(
    parent: Mapping | Sequence, start: int, end: int, old: Node, value: Any, *, column: int | None, in_list: bool
) -> list[Edit]:
    """Put a value in the place of another, on one line if it can be.

    `start` and `end` are those of the alias if that is what stands there.
    """
    text = parent.document.text
    refuse_to_break_aliases(parent.document, start, end)
    is_alias = (start, end) != (old.start, old.end)
    decorated = not is_alias and (old.anchor is not None or old.tag is not None)
    space = " " if start > 0 and text[start - 1] in ":-?" else ""
    if not parent.flow and isinstance(value, (dict, list)) and value:
        if decorated:
            raise CannotEditError("the value carries an anchor or a tag")
        assert column is not None
        if is_alias or is_inline(old):
            end, note = with_blanks(old, end), header_comment(old, end)
            return _replace_line_by_block(parent.document, start, end, space, value, note, column, in_list=in_list)
        return _replace_block_by_block(parent.document, start, end, value, column)
    if is_alias:
        return [Edit(start, end, space + inline(None, value, parent.flow))]
    line = inline(old, value, parent.flow)
    if isinstance(old, (Mapping, Sequence)) and not old.flow:
        if old.tag is not None:
            raise CannotEditError("the value carries a tag")
        return _replace_block(old, end, line)
    anchor = f"&{old.anchor} " if old.anchor is not None else ""
    if parent.flow and start == end and text[skip_blanks(text, end) : skip_blanks(text, end) + 1] in (",", "]", "}"):
        end = skip_blanks(text, end)
    return [Edit(start, with_blanks(old, end), space + anchor + line + header_comment(old, end))]


def _replace_line_by_block(
    document: Document, start: int, end: int, space: str, value: Any, note: str, column: int, *, in_list: bool
) -> list[Edit]:
    """The comment on the line of the old value stays on the first line of the new one."""
    text = document.text
    lines = block_lines(value, indent_step(document), lists_are_indented(document))
    line_end = end_of_line(text, end)
    refuse_to_swallow_after(value, document, line_end, column)
    has_comment = text[end:line_end].strip() != ""
    before = len(text[:start].rstrip(" \t"))
    if in_list or text[before - 1] != ":":
        at = column_of(document, start) + len(space)
        first = space + lines[0] + note
        rest = "".join(line_break_of(document) + line for line in indented(lines[1:], " " * at))
    else:
        at = column + (indent_step(document) if isinstance(value, dict) or lists_are_indented(document) else 0)
        start, first = before, note
        rest = line_break_of(document) + " " * at + lines_at(document, lines, at)
    if has_comment:
        return [Edit(start, end, first), Edit(line_end, line_end, rest)]
    return [Edit(start, line_end, first + rest)]  # blanks at the end would become part of a text


def _replace_block_by_block(document: Document, start: int, end: int, value: Any, column: int) -> list[Edit]:
    lines = block_lines(value, indent_step(document), lists_are_indented(document))
    line_end = end_of_line(document.text, end)
    at = column_of(document, start)
    if isinstance(value, dict) and at <= column:  # where a list may stand, but no mapping
        lines = [" " * indent_step(document) + lines[0], *lines[1:]]
        at = column + indent_step(document)
    has_comment = document.text[end:line_end].strip() != ""
    if has_comment and is_text_block(last_of(value)):
        raise CannotEditError("the comment would become part of a text")
    refuse_to_swallow_after(value, document, line_end, column)
    return [Edit(start, end if has_comment else line_end, lines_at(document, lines, at))]


def _insert_in_flow(collection: Mapping | Sequence, index: int, text: str) -> list[Edit]:
    bracket = open_bracket(collection)
    document = collection.document
    source = document.text
    if isinstance(collection, Mapping):
        spans = pair_spans(collection)
    else:
        spans = [item_span(collection, i) for i in range(len(collection.items))]
    if not spans:
        return [Edit(bracket + 1, bracket + 1, text)]
    start, at = spans[max(index - 1, 0)]
    alone = start_of_line(source, start) > bracket and not source[start_of_line(source, start) : start].strip(" \t")
    line = line_break_of(document) + source[start_of_line(source, start) : start] if alone else " "
    if index == 0:
        return [Edit(start, start, f"{text},{line}")]
    rest = _REST_OF_FLOW_LINE.match(source, at)
    absent = ""
    if source[at - 1] == ":":  # `{a:, b: 1}` would have a key `a:`
        at = skip_blanks(source, at)
        absent = " " if source[at - 1] == ":" else ""
    if alone and rest is not None and rest["comment"]:
        if rest["comma"]:
            return [Edit(rest.end(), rest.end(), f"{line}{text},")]
        return [Edit(at, at, absent + ","), Edit(rest.end(), rest.end(), line + text)]
    return [Edit(at, at, absent + "," + (line if rest is not None else " ") + text)]


_REST_OF_FLOW_LINE = re.compile(r"[ \t]*(?P<comma>,?)(?P<comment>[ \t]+#[^\r\n]*)?[ \t]*(?=[\r\n]|\Z)")


def _remove_from_flow(collection: Mapping | Sequence, spans: list[tuple[int, int]], index: int) -> list[Edit]:
    source = collection.document.text
    start, end = spans[index]
    bracket = open_bracket(collection)
    if len(spans) == 1 and "#" not in source[bracket:start] + source[end : collection.end]:
        return [Edit(bracket + 1, collection.end - 1, "")]
    line_start = start_of_line(source, start)
    rest = _REST_OF_FLOW_LINE.match(source, end)
    if rest is not None and len(spans) > 1 and not source[line_start:start].strip(" \t"):
        lines = Edit(line_start, after_line_break(source, rest.end()), "")
        if rest["comma"]:
            return [lines]
        comma = re.compile(r"[ \t]*,").match(source, spans[index - 1][1]) if index + 1 == len(spans) else None
        if comma is not None and source[comma.start() - 1] != ":":
            return [Edit(comma.start(), comma.end(), ""), lines]
    if index + 1 < len(spans):
        end = spans[index + 1][0]
    elif index > 0:
        start = spans[index - 1][1]
    else:
        raise CannotEditError("comments stand around the only item")
    gap = source[start : spans[index][0]] + source[spans[index][1] : end]
    if "#" in gap:
        raise CannotEditError("a comment stands between the items")
    absent = source[start - 1] == ":" and source[end : end + 1].strip() != ""
    return [Edit(start, end, " " if absent else "")]


def _insert_lines_before(
    collection: Mapping | Sequence, first: int, column: int, lines: list[str], gap: str
) -> list[Edit]:
    """Before the first entry and the comments that belong to it."""
    document = collection.document
    at = unit_start(document, first, column, after_what_holds(collection))
    return [Edit(at, at, lines_at(document, lines, column) + gap + " " * column)]


def _insert_lines_after(
    document: Document, position: int, before: Scalar | None, column: int, lines: list[str], gap: str
) -> list[Edit]:
    """Below the line of `position`; `before` is the block scalar, if any, in which the text in front ends."""
    source = document.text
    at = end_of_line(source, position)
    chomping = chomping_of(before) if before is not None else "-"
    if chomping == "+":
        before_has_text = before is not None and before.text.strip() != ""  # else its indentation is a guess
        blank = re.compile(r"(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*").match(source, at)
        if blank is None or not before_has_text or blank.end() < skip_blanks(source, blank.end()) == len(source):
            raise CannotEditError("the block before it has no text, or ends with the file")
        return [
            Edit(blank.end(), blank.end(), " " * column + lines_at(document, lines, column) + line_break_of(document))
        ]
    if chomping != "-" and at == len(source):
        raise CannotEditError("the block before it ends with the file")
    return [Edit(at, at, gap + " " * column + lines_at(document, lines, column))]


def _remove_lines(
    document: Document, start: int, end: int, before: Scalar | None, following: int | None, *, is_first: bool
) -> list[Edit]:
    """Remove what stands from `start` to `end`, its whole lines if it starts its line.

    `before` is the block scalar, if any, in which the text in front of it ends. Of the blank lines above and
    below, those that would be one separator too many go as well.
    """
    text = document.text
    line_start = start_of_line(text, start)
    if line_start == 0 and text.startswith("\ufeff"):
        line_start = 1
    line_end = end_of_line(text, end)
    if text[line_start:start].strip(" "):
        if following is None or "#" in text[line_end:following]:
            raise CannotEditError("the entry shares its first line with what holds it")
        return [Edit(start, following, "")]
    after = after_line_break(text, line_end)
    chomping = chomping_of(before) if before is not None else "-"
    if before is not None:
        refuse_to_swallow(document, after, start - line_start)
        if chomping == "+" and LINE_BREAK.match(text, skip_blanks(text, after)):
            raise CannotEditError("the blank lines below would become part of a text")
    above = line_start if chomping == "+" else above_blank_lines(text, line_start)
    if after < len(text):
        return [Edit(line_start, below_blank_lines(text, after) if is_first or above < line_start else after, "")]
    if after > line_end or chomping != "-":
        return [Edit(above, after, "")]
    return [Edit(before_line_break(text, above), line_end, "")]


def _replace_block(collection: Mapping | Sequence, end: int, line: str) -> list[Edit]:
    """Put one line in the place of a collection in block style: behind its key or dash, where it can stand."""
    document = collection.document
    text = document.text
    start = content_start(collection)
    if skip_blanks(text, end) == end_of_line(text, end):
        end = end_of_line(text, end)
    at = holder_end(collection)
    if at is None:
        return [Edit(start, end, line)]
    if not text[at:start].strip():
        return [Edit(at, end, f" {line}")]
    # comments stand between: they stay where they are
    return [
        Edit(at, at, f" {line}"),
        Edit(before_line_break(text, start_of_line(text, start)), end_of_line(text, end), ""),
    ]
