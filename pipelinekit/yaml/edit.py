"""Edits of a YAML text in place: replace, rename, insert, remove, reorder.

Every function returns the edits that do one thing to one place, and touches no byte outside of it: comments,
quotes, indentation, line endings and order stay as they are. Where the text is laid out in a way that can't
be edited without guessing (explicit `? key`s, comments in the middle of what would go), `CannotEditError` is
raised and nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as AbstractSequence
from typing import Any, NamedTuple

from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, Style, walk
from pipelinekit.yaml.write import block_lines, flow_text, scalar_text


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


# --- what is replaced in place ---------------------------------------------------------------------------


def replace_value(mapping: Mapping, key: Any, value: Any) -> list[Edit]:
    """Give a key of a mapping another value."""
    index = _pair_index(mapping, key)
    start, end = _value_span(mapping, index)
    return _replace(
        mapping, start, end, mapping.pairs[index][1], value, column=_column_of_pairs(mapping), in_list=False
    )


def replace_item(sequence: Sequence, index: int, value: Any) -> list[Edit]:
    """Put another value in the place of a list item."""
    start, end = _item_span(sequence, index)
    column = None if sequence.flow else _column(sequence.document, _dash(sequence, index))
    return _replace(sequence, start, end, sequence.items[index], value, column=column, in_list=True)


def rename_key(mapping: Mapping, key: Any, name: str) -> list[Edit]:
    """Give a key another name; its value stays."""
    index = _pair_index(mapping, key)
    node = mapping.pairs[index][0]
    if (id(mapping), 2 * index) in mapping.document.aliases or not isinstance(node, Scalar) or node.anchor or node.tag:
        raise CannotEditError("the key is an alias, or carries an anchor or a tag")
    style: Style = node.style if node.style in ("'", '"') else ""
    return [Edit(node.start, node.end, scalar_text(name, flow=mapping.flow, style=style))]


def replace_within(scalar: Scalar, start: int, end: int, text: str) -> list[Edit]:
    """Replace `scalar.text[start:end]` in the source, whatever quotes or folds it is written in.

    `text` must be free of line breaks and of whatever would need escaping there.
    """
    offsets = source_offsets(scalar)
    if offsets is None or end > len(offsets):
        raise CannotEditError("the value is written in a way that hides where its characters stand")
    if scalar.style == "'":
        text = text.replace("'", "''")
    elif scalar.style == '"' and re.search(r'["\\]', text):
        raise CannotEditError("the text would need escapes")
    first = offsets[start] if start < len(offsets) else scalar.end
    last = offsets[end - 1] + 1 if end > start else first
    return [Edit(first, last, text)]


def source_offsets(scalar: Scalar) -> list[int] | None:
    """Where each character of a scalar's value stands in the document, or None where that can't be told."""
    source = scalar.document.text
    position = _content_start(scalar)
    style = scalar.style
    if style in ("'", '"'):
        position += 1
    elif style in ("|", ">"):
        position = _line_end(source, position)
    offsets: list[int] = []
    for char in scalar.text:
        if position >= scalar.end:
            if char == "\n" and style in ("|", ">"):
                offsets.append(min(position, len(source) - 1))
                continue
            return None
        if style in ("|", ">") and not offsets:
            position = _skip_break_and_indent(source, position)
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
                position = _after_breaks(source, position, 1) if style == "|" or breaks > 2 else folded.end()
                if style != "|" and breaks == 2 and char == "\n":
                    position = folded.end()
                if style == "|":
                    position = _skip_spaces(source, position, _block_indent(scalar))
                continue
        if source[position] != char:
            return None
        offsets.append(position)
        position += 2 if style == "'" and source.startswith("''", position) else 1
    return offsets


# --- lists -----------------------------------------------------------------------------------------------


def insert_item(sequence: Sequence, index: int, value: Any) -> list[Edit]:
    """Insert a list item before the one at `index`, or at the end."""
    document = sequence.document
    count = len(sequence.items)
    style = _quotes_of(sequence.items)
    if sequence.flow:
        return _insert_in_flow(sequence, index, flow_text(value, style))
    column = _column(document, _dash(sequence, 0))
    lines = block_lines(value, _step(document), _lists_are_indented(document), style)
    text = _join(document, [f"- {lines[0]}", *("  " + line for line in lines[1:])], column)
    if index < count and index == 0:
        at = _dash(sequence, 0)
        return [Edit(at, at, text + _newline(document) + " " * column)]
    return _insert_line_after(document, _item_span(sequence, index - 1)[1], sequence.items[index - 1], column, text)


def remove_item(sequence: Sequence, index: int) -> list[Edit]:
    """Remove a list item; a list that loses its last item becomes `[]`."""
    document = sequence.document
    end = _item_span(sequence, index)[1]
    if sequence.flow:
        spans = [_item_span(sequence, i) for i in range(len(sequence.items))]
        return _remove_from_flow(document, spans, index)
    dash = _dash(sequence, index)
    if len(sequence.items) == 1:
        return _replace_last(document, dash, end, "[]")
    following = _dash(sequence, index + 1) if index + 1 < len(sequence.items) else None
    return _remove_lines(document, dash, end, following)


# --- mappings --------------------------------------------------------------------------------------------


def insert_entry(mapping: Mapping, index: int, key: str, value: Any) -> list[Edit]:
    """Insert `key: value` before the pair at `index`, or at the end."""
    document = mapping.document
    if mapping.flow:
        return _insert_in_flow(mapping, index, f"{scalar_text(key, flow=True)}: {flow_text(value)}")
    column = _column_of_pairs(mapping)
    text = _join(document, block_lines({key: value}, _step(document), _lists_are_indented(document)), column)
    if index == 0:
        at = _key_start(mapping, 0)
        return [Edit(at, at, text + _newline(document) + " " * column)]
    last_line = _unit_end(mapping, index - 1, column)
    return _insert_line_after(document, last_line, mapping.pairs[index - 1][1], column, text)


def remove_entry(mapping: Mapping, key: Any) -> list[Edit]:
    """Remove a key and its value; a mapping that loses its last entry becomes `{}`."""
    document = mapping.document
    index = _pair_index(mapping, key)
    end = _value_span(mapping, index)[1]
    if mapping.flow:
        spans = [(_key_start(mapping, i), _value_span(mapping, i)[1]) for i in range(len(mapping.pairs))]
        return _remove_from_flow(document, spans, index)
    start = _key_start(mapping, index)
    if len(mapping.pairs) == 1:
        return _replace_last(document, start, end, "{}")
    following = _key_start(mapping, index + 1) if index + 1 < len(mapping.pairs) else None
    return _remove_lines(document, start, end, following)


def reorder_entries(mapping: Mapping, order: AbstractSequence[int]) -> list[Edit]:
    """Put the entries of a block mapping into another order: `order[k]` is the old index of the k-th.

    An entry takes along the comment lines right above it and those below it that are indented deeper than
    its key; blank lines and comments that stand apart stay where they are.
    """
    if mapping.flow:
        raise CannotEditError("the mapping is written on one line")
    document = mapping.document
    column = _column_of_pairs(mapping)
    units: list[tuple[int, int]] = []
    for index in range(len(mapping.pairs)):
        floor = units[-1][1] if units else mapping.start
        units.append((_unit_start(mapping, index, column, floor), _unit_end(mapping, index, column)))
    if any(document.text[start - column : start].strip(" ") for start, _ in units):
        raise CannotEditError("an entry does not start its line")
    for index, (start, end) in enumerate(units):
        if order[index] != index and _keeps_trailing_lines(mapping.pairs[index][1], document.text):
            raise CannotEditError("an entry ends in a block whose trailing blank lines count")
        if index and start < units[index - 1][1]:
            raise CannotEditError("two entries share a line")
        assert end >= start
    return [Edit(*units[slot], document.text[slice(*units[old])]) for slot, old in enumerate(order) if slot != old]


def add_flags(sequence: Sequence, index: int, flags: dict[str, Any]) -> list[Edit]:
    """Turn a plain list item `path` into `path: {flags}`; a comment on its line stays there."""
    document = sequence.document
    item = sequence.items[index]
    start, end = _item_span(sequence, index)
    if not isinstance(item, Scalar) or (id(sequence), index) in document.aliases or item.anchor or item.tag:
        raise CannotEditError("the item is an alias, or carries an anchor or a tag")
    if item.style in ("|", ">") or "\n" in document.text[start:end]:
        raise CannotEditError("the item spans lines")
    if sequence.flow:
        return [Edit(start, end, flow_text({item.text: flags}))]
    column = _column(document, start)
    step = _step(document)
    lines = block_lines(flags, step, _lists_are_indented(document))
    text = "".join(_newline(document) + " " * (column + step) + line for line in lines)
    line_end = _line_end(document.text, end)
    if line_end == end:
        return [Edit(end, end, ":" + text)]
    return [Edit(end, end, ":"), Edit(line_end, line_end, text)]


# --- where things stand ----------------------------------------------------------------------------------

_BLANK = re.compile(r"(?:[ \t\r\n]|(?:(?<=[ \t\r\n])|\A)#[^\r\n]*)*")
_PROPERTIES = re.compile(r"(?:[&!][^\s]*[ \t]*(?:(?:#[^\r\n]*)?\r?\n[ \t]*)*)*")
_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_DOUBLE_QUOTED_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^xuU\r\n])")


def _line_start(text: str, position: int) -> int:
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def _line_end(text: str, position: int) -> int:
    match = _LINE_BREAK.search(text, position)
    return match.start() if match else len(text)


_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def _after_line_break(text: str, position: int) -> int:
    match = _LINE_BREAK.match(text, position)
    return match.end() if match else position


def _after_breaks(text: str, position: int, count: int) -> int:
    position = _line_end(text, position)
    for _ in range(count):
        position = _after_line_break(text, position)
    return position


def _skip_spaces(text: str, position: int, count: int) -> int:
    while count and text[position : position + 1] == " ":
        position += 1
        count -= 1
    return position


def _column(document: Document, position: int) -> int:
    start = _line_start(document.text, position)
    if start == 0 and document.text.startswith("\ufeff"):
        start = 1
    if "\t" in document.text[start:position]:
        raise CannotEditError("the line is indented with tabs")
    return position - start


def _newline(document: Document) -> str:
    match = _LINE_BREAK.search(document.text)
    return match.group() if match else "\n"


def _join(document: Document, lines: list[str], column: int) -> str:
    return (_newline(document) + " " * column).join(lines)


def _content_start(scalar: Scalar) -> int:
    """Where a scalar's own text begins, behind its anchor and tag."""
    if scalar.anchor is None and scalar.tag is None:
        return scalar.start
    match = _PROPERTIES.match(scalar.document.text, scalar.start, max(scalar.end, scalar.start))
    return match.end() if match else scalar.start


def _skip_break_and_indent(text: str, position: int) -> int:
    match = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*[ ]*").match(text, position)
    return match.end() if match else position


def _block_indent(scalar: Scalar) -> int:
    """Columns by which the lines of a block scalar are indented."""
    text = scalar.document.text
    first = _skip_break_and_indent(text, _line_end(text, scalar.start))
    return first - _line_start(text, first)


def _item_span(sequence: Sequence, index: int) -> tuple[int, int]:
    alias = sequence.document.aliases.get((id(sequence), index))
    if alias is not None:
        return alias
    item = sequence.items[index]
    return item.start, item.end


def _value_span(mapping: Mapping, index: int) -> tuple[int, int]:
    alias = mapping.document.aliases.get((id(mapping), 2 * index + 1))
    if alias is not None:
        return alias
    value = mapping.pairs[index][1]
    return value.start, value.end


def _key_start(mapping: Mapping, index: int) -> int:
    alias = mapping.document.aliases.get((id(mapping), 2 * index))
    start = alias[0] if alias is not None else mapping.pairs[index][0].start
    text = mapping.document.text
    if text[_line_start(text, start) : start].rstrip().endswith("?"):
        raise CannotEditError("the key is written with an explicit '?'")
    return start


def _pair_index(mapping: Mapping, key: Any) -> int:
    entry = mapping.entries.get(key)
    if entry is not None:
        for index, pair in enumerate(mapping.pairs):
            if pair[0] is entry[0] and pair[1] is entry[1]:
                return index
    raise CannotEditError(f"'{key}' comes from a merge key")


def _column_of_pairs(mapping: Mapping) -> int:
    return _column(mapping.document, _key_start(mapping, 0))


def _dash(sequence: Sequence, index: int) -> int:
    """Offset of the dash before an item of a block list."""
    text = sequence.document.text
    if index == 0:
        position = sequence.start
        if sequence.anchor is not None or sequence.tag is not None:
            match = _PROPERTIES.match(text, position)
            position = match.end() if match else position
    else:
        position = _item_span(sequence, index - 1)[1]
    match = _BLANK.match(text, position)
    position = match.end() if match else position
    if text[position : position + 1] != "-":
        raise CannotEditError("no dash where the item should start")
    return position


def _open_bracket(collection: Mapping | Sequence) -> int:
    text = collection.document.text
    match = _PROPERTIES.match(text, collection.start) if collection.anchor or collection.tag else None
    position = match.end() if match else collection.start
    if text[position : position + 1] not in ("[", "{"):
        raise CannotEditError("a single pair inside of a list has no braces")
    return position


# --- how the file is written -----------------------------------------------------------------------------


def _quotes_of(items: list[Node]) -> Style:
    """The quotes that all strings of a list share, if it has two or more."""
    styles = {item.style for item in items if isinstance(item, Scalar) and isinstance(item.value, str)}
    if len(styles) == 1 and len(items) > 1 and styles <= {"'", '"'}:
        return styles.pop()
    return ""


def _step(document: Document) -> int:
    """By how many columns the file indents one mapping inside of another."""
    root = document.root
    if isinstance(root, Mapping) and not root.flow:
        for _, value in root.pairs:
            if isinstance(value, Mapping) and not value.flow and value.pairs and root.start < value.start < root.end:
                step = _column(document, value.pairs[0][0].start) - _column(document, root.pairs[0][0].start)
                if step > 0:
                    return step
    return 2


def _lists_are_indented(document: Document) -> bool:
    """Whether the lists of this file stand one step to the right of their key."""
    if document.root is None:
        return False
    for node in walk(document.root):
        if isinstance(node, Mapping) and not node.flow:
            for key, value in node.pairs:
                if isinstance(value, Sequence) and not value.flow and value.items and key.end <= value.start:
                    try:
                        return _column(document, _dash(value, 0)) > _column(document, key.start)
                    except CannotEditError:
                        continue
    return False


def _keeps_trailing_lines(node: Node, text: str) -> bool:
    """Whether the text ends in a block scalar (`|+`) to which the blank lines below it belong."""
    while isinstance(node, (Mapping, Sequence)):
        children = [pair[1] for pair in node.pairs] if isinstance(node, Mapping) else node.items
        if node.flow or not children:
            return False
        node = children[-1]
    if not isinstance(node, Scalar) or node.style not in ("|", ">"):
        return False
    header = text[_content_start(node) : _line_end(text, _content_start(node))]
    return "+" in header.split("#")[0]


# --- the edits themselves --------------------------------------------------------------------------------


def _replace(
    parent: Mapping | Sequence, start: int, end: int, old: Node, value: Any, *, column: int | None, in_list: bool
) -> list[Edit]:
    document = parent.document
    anchor = f"&{old.anchor} " if old.anchor is not None and start == old.start else ""
    space = " " if start > 0 and document.text[start - 1] in ":-?," else ""
    if parent.flow or not isinstance(value, (dict, list)) or not value:
        style: Style = (
            old.style if isinstance(old, Scalar) and old.style in ("'", '"') and isinstance(value, str) else ""
        )
        if isinstance(value, (dict, list)):
            text = flow_text(value)
        else:
            text = scalar_text(value, flow=parent.flow, style=style)
        if isinstance(old, Scalar) or parent.flow:
            return [Edit(start, end, space + anchor + text)]
        if column is not None and _column(document, start) <= column:
            text = "  " + text  # a list may stand right below its key, a scalar may not
        return [Edit(start, end, space + anchor + text)]
    if anchor:
        raise CannotEditError("the value carries an anchor")
    lines = block_lines(value, _step(document), _lists_are_indented(document))
    assert column is not None
    if in_list:
        inner = column + 2 if isinstance(old, Scalar) else _column(document, start)
        return [Edit(start, end, space + _join(document, lines, inner))]
    if not isinstance(old, Scalar) and not getattr(old, "flow", False):
        at = _column(document, start)
        if isinstance(value, dict) and at <= column:
            return [Edit(start, end, " " * _step(document) + _join(document, lines, column + _step(document)))]
        return [Edit(start, end, _join(document, lines, at))]
    indent = column + (_step(document) if isinstance(value, dict) or _lists_are_indented(document) else 0)
    block = _newline(document) + " " * indent + _join(document, lines, indent)
    line_end = _line_end(document.text, end)
    if line_end == end or "#" not in document.text[end:line_end]:
        before = start - len(document.text[:start]) + len(document.text[:start].rstrip(" \t"))
        return [Edit(before, end, block)]
    if start == end:
        return [Edit(line_end, line_end, block)]
    return [Edit(start, end, ""), Edit(line_end, line_end, block)]


def _insert_in_flow(collection: Mapping | Sequence, index: int, text: str) -> list[Edit]:
    bracket = _open_bracket(collection)
    if isinstance(collection, Mapping):
        spans = [(_key_start(collection, i), _value_span(collection, i)[1]) for i in range(len(collection.pairs))]
    else:
        spans = [_item_span(collection, i) for i in range(len(collection.items))]
    if not spans:
        return [Edit(bracket + 1, bracket + 1, text)]
    if index == 0:
        return [Edit(spans[0][0], spans[0][0], text + ", ")]
    at = spans[index - 1][1]
    source = collection.document.text
    if (
        index > 1
        and "\n" in source[spans[index - 2][1] : spans[index - 1][0]]
        and "#" not in source[at : _line_end(source, at)]
    ):
        column = _column(collection.document, spans[index - 1][0])
        return [Edit(at, at, "," + _newline(collection.document) + " " * column + text)]
    return [Edit(at, at, ", " + text)]


def _remove_from_flow(document: Document, spans: list[tuple[int, int]], index: int) -> list[Edit]:
    start, end = spans[index]
    if index + 1 < len(spans):
        end = spans[index + 1][0]
    elif index > 0:
        start = spans[index - 1][1]
    else:
        match = re.compile(r"\s*,").match(document.text, end)
        end = match.end() if match else end
    gap = document.text[start : spans[index][0]] + document.text[spans[index][1] : end]
    if "#" in gap:
        raise CannotEditError("a comment stands between the items")
    return [Edit(start, end, "")]


def _insert_line_after(document: Document, position: int, previous: Node, column: int, text: str) -> list[Edit]:
    source = document.text
    at = _line_end(source, position)
    newline = _newline(document)
    if not _keeps_trailing_lines(previous, source):
        return [Edit(at, at, newline + " " * column + text)]
    blank = re.compile(r"(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*").match(source, at)
    if blank is None:
        raise CannotEditError("the block before it ends with the file")
    return [Edit(blank.end(), blank.end(), " " * column + text + newline)]


def _remove_lines(document: Document, start: int, end: int, following: int | None) -> list[Edit]:
    """Remove what stands from `start` to `end`, its whole lines if it starts its line."""
    text = document.text
    line_start = _line_start(text, start)
    if line_start == 0 and text.startswith("\ufeff"):
        line_start = 1
    line_end = _line_end(text, end)
    if not text[line_start:start].strip(" "):
        after = _after_line_break(text, line_end)
        if after > line_end:
            return [Edit(line_start, after, "")]
        before = _before_line_break(text, line_start)
        return [Edit(before, line_end, "")]
    if following is None or "#" in text[end:following]:
        raise CannotEditError("the entry shares its first line with what holds it")
    return [Edit(start, following, "")]


def _before_line_break(text: str, line_start: int) -> int:
    if text.startswith("\r\n", line_start - 2):
        return line_start - 2
    return max(line_start - 1, 0)


def _replace_last(document: Document, start: int, end: int, empty: str) -> list[Edit]:
    """The only entry of a block collection goes: what is left is `[]` or `{}`."""
    text = document.text
    before = len(text[:start].rstrip(" \t\r\n"))
    line_start = _line_start(text, start)
    if text[line_start:start].strip(" ") or before == 0:
        return [Edit(start, end, empty)]
    if text[before - 1] == ":" and "#" not in text[_line_start(text, before) : before]:
        return [Edit(before, end, " " + empty)]
    return [Edit(start, end, "  " + empty)]


def _unit_start(mapping: Mapping, index: int, column: int, floor: int) -> int:
    """Offset of the first key or comment line, at its own column, that belongs to an entry."""
    text = mapping.document.text
    key = _key_start(mapping, index)
    start = _line_start(text, key)
    unit = key
    while start > floor:
        previous = _line_start(text, _before_line_break(text, start))
        line = text[previous:start]
        stripped = line.strip()
        if not stripped.startswith("#") or previous < floor or len(line) - len(line.lstrip(" ")) != column:
            break
        unit = previous + column
        start = previous
    return unit


def _unit_end(mapping: Mapping, index: int, column: int) -> int:
    """End of the last line of an entry, comments below it that are indented deeper than its key included."""
    text = mapping.document.text
    end = _line_end(text, _value_span(mapping, index)[1])
    position = end
    while position < len(text):
        start = _after_line_break(text, position)
        stop = _line_end(text, start)
        line = text[start:stop]
        stripped = line.lstrip(" ")
        if stripped.strip() and not (stripped.startswith("#") and len(line) - len(stripped) > column):
            break
        if stripped.strip():
            end = stop
        if stop == position:
            break
        position = stop
    return end
