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
from itertools import pairwise
from typing import Any, NamedTuple

from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, Style, walk
from pipelinekit.yaml.write import block_lines, flow_text, indented, is_text_block, scalar_text


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
    key_end = _key_span(mapping, index)[1]
    if mapping.flow and start == end and ":" not in mapping.document.text[key_end:start]:
        return [Edit(key_end, key_end, f": {flow_text(value)}")]
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
    if _key_start(mapping, index) == node.end:
        raise CannotEditError("there is no key to see")
    if (id(mapping), 2 * index) in mapping.document.aliases or not isinstance(node, Scalar) or node.anchor or node.tag:
        raise CannotEditError("the key is an alias, or carries an anchor or a tag")
    style: Style = node.style if node.style in ("'", '"') else ""
    return [Edit(node.start, node.end, scalar_text(name, flow=mapping.flow, style=style))]


def replace_within(scalar: Scalar, start: int, end: int, text: str) -> list[Edit]:
    """Replace `scalar.text[start:end]` in the source, whatever quotes or folds it is written in.

    `text` must be free of whatever would need escaping or other quotes there: it is written as it is, and
    the outcome is read to see whether it is meant.
    """
    offsets = source_offsets(scalar)
    if offsets is None or end > len(offsets) or scalar.tag is not None:
        raise CannotEditError("the value is written in a way that hides where its characters stand")
    _refuse_to_break_aliases(scalar.document, scalar.start, scalar.end)
    meant = scalar.text[:start] + text + scalar.text[end:]
    if scalar.style == "'":
        text = text.replace("'", "''")
    offsets.append(_content_end(scalar))
    edit = Edit(offsets[start], offsets[end], text)
    if not _reads_as(scalar, edit, meant):
        raise CannotEditError("the text can't stand there as it is")
    return [edit]


def _reads_as(scalar: Scalar, edit: Edit, meant: str) -> bool:
    """Whether a scalar is a string with this text after an edit: read alone, but laid out as it is."""
    source = scalar.document.text
    begin = _content_start(scalar)
    text = source[begin : edit.start] + edit.text + source[edit.end : scalar.end]
    if scalar.style in _BLOCK_STYLES:
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
    header = _BLOCK_HEADER.match(source, _content_start(scalar))
    if header is None or header[1] is None:
        return 0
    lines = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*( *)").match(source, header.end())
    content = scalar.text.lstrip("\n")
    indent = len(lines[1]) if lines is not None else 0
    return max(indent - (len(content) - len(content.lstrip(" "))) - int(header[1]), 0)


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
    style = _quotes_of(sequence.items)
    if sequence.flow:
        return _insert_in_flow(sequence, index, flow_text(value, style))
    column = _column(document, _dash(sequence, 0))
    lines = block_lines(value, _step(document), _lists_are_indented(document), style)
    lines = [f"- {lines[0]}", *indented(lines[1:], "  ")]
    spans = [_item_span(sequence, place) for place in range(len(sequence.items))]
    if index == 0:
        return _insert_lines_before(sequence, _dash(sequence, 0), column, lines, _gap(document, spans))
    end = spans[index - 1][1]
    position = _unit_end(document, end, column)
    _refuse_to_swallow_after(value, document, position, column)
    before = _block_at_the_end(sequence.items[index - 1], end)
    return _insert_lines_after(document, position, before, column, lines, _gap(document, spans))


def remove_item(sequence: Sequence, index: int) -> list[Edit]:
    """Remove a list item; a list that loses its last item becomes `[]`."""
    document = sequence.document
    _refuse_to_break_aliases(document, *_item_span(sequence, index))
    end = _item_span(sequence, index)[1]
    if sequence.flow:
        spans = [_item_span(sequence, i) for i in range(len(sequence.items))]
        return _remove_from_flow(sequence, spans, index)
    dash = _dash(sequence, index)
    if len(sequence.items) == 1:
        return _replace_block(sequence, end, "[]")
    following = _dash(sequence, index + 1) if index + 1 < len(sequence.items) else None
    before = _block_at_the_end(sequence.items[index - 1], _item_span(sequence, index - 1)[1]) if index else None
    return _remove_lines(document, dash, end, before, following, is_first=index == 0)


# --- mappings --------------------------------------------------------------------------------------------


def insert_entry(mapping: Mapping, index: int, key: str, value: Any) -> list[Edit]:
    """Insert `key: value` before the pair at `index`, or at the end."""
    document = mapping.document
    if mapping.flow:
        return _insert_in_flow(mapping, index, f"{scalar_text(key, flow=True)}: {flow_text(value)}")
    column = _column_of_pairs(mapping)
    lines = block_lines({key: value}, _step(document), _lists_are_indented(document))
    spans = _pair_spans(mapping)
    if index == 0:
        return _insert_lines_before(mapping, spans[0][0], column, lines, _gap(document, spans))
    end = spans[index - 1][1]
    position = _unit_end(document, end, column)
    _refuse_to_swallow_after(value, document, position, column)
    before = _block_at_the_end(mapping.pairs[index - 1][1], end)
    return _insert_lines_after(document, position, before, column, lines, _gap(document, spans))


def remove_entry(mapping: Mapping, key: Any) -> list[Edit]:
    """Remove a key and its value; a mapping that loses its last entry becomes `{}`."""
    document = mapping.document
    index = _pair_index(mapping, key)
    start, end = _key_start(mapping, index), _value_span(mapping, index)[1]
    _refuse_to_break_aliases(document, start, end)
    if mapping.flow:
        if not _has_brackets(mapping):
            return [Edit(start, end, "{}")]
        return _remove_from_flow(mapping, _pair_spans(mapping), index)
    if len(mapping.pairs) == 1:
        return _replace_block(mapping, end, "{}")
    following = _key_start(mapping, index + 1) if index + 1 < len(mapping.pairs) else None
    before = _block_at_the_end(mapping.pairs[index - 1][1], _value_span(mapping, index - 1)[1]) if index else None
    return _remove_lines(document, start, end, before, following, is_first=index == 0)


def reorder_entries(mapping: Mapping, order: AbstractSequence[int]) -> list[Edit]:
    """Put the entries of a block mapping into another order: `order[k]` is the old index of the k-th.

    An entry takes along the comment lines right above it and those below it that are indented deeper than
    its key; blank lines and comments that stand apart stay where they are.
    """
    if mapping.flow:
        raise CannotEditError("the mapping is written on one line")
    document = mapping.document
    column = _column_of_pairs(mapping)
    spans = _pair_spans(mapping)
    units: list[tuple[int, int]] = []
    for start, end in spans:
        floor = units[-1][1] if units else _after_what_holds(mapping)
        units.append((_unit_start(document, start, column, floor), _unit_end(document, end, column)))
    if any(document.text[start - column : start].strip(" ") for start, _ in units[1:]):
        raise CannotEditError("an entry does not start its line")
    if document.text[units[0][0] - column : units[0][0]].strip(" ") and document.text[units[order[0]][0]] == "#":
        raise CannotEditError("the first entry stands behind a dash, where comments don't belong")
    if any(later[0] < earlier[1] for earlier, later in pairwise(units)):
        raise CannotEditError("two entries share a line")
    last = len(units) - 1
    for index, (_, value) in enumerate(mapping.pairs):
        block = _block_at_the_end(value, spans[index][1])
        chomping = _chomping(block) if block is not None else "-"
        if order[index] != index and chomping == "+":
            raise CannotEditError("an entry ends in a block whose trailing blank lines count")
        if order[index] != index and block is not None:
            _refuse_to_swallow(document, units[order.index(index)][1], column)
        if units[last][1] == len(document.text) and chomping != "-" and (index == last) != (order[last] == index):
            raise CannotEditError("an entry ends in a block whose line break counts, and the last line has none")
    _refuse_to_move_aliases(document, units, order)
    return [Edit(*units[slot], document.text[slice(*units[old])]) for slot, old in enumerate(order) if slot != old]


def add_flags(sequence: Sequence, index: int, flags: dict[str, Any]) -> list[Edit]:
    """Turn a plain list item `path` into `path: {flags}`; a comment on its line stays there."""
    document = sequence.document
    item = sequence.items[index]
    start, end = _item_span(sequence, index)
    if not isinstance(item, Scalar) or (id(sequence), index) in document.aliases or item.anchor or item.tag:
        raise CannotEditError("the item is no path alone")
    if item.style in ("|", ">") or _LINE_BREAK.search(document.text, start, end):
        raise CannotEditError("the item spans lines")
    if sequence.flow:
        key = scalar_text(item.text, flow=True, style=item.style)
        return [Edit(start, end, f"{{{key}: {flow_text(flags)}}}")]
    column = _column(document, start)
    step = _step(document)
    lines = block_lines(flags, step, _lists_are_indented(document))
    text = "".join(_newline(document) + line for line in indented(lines, " " * (column + step)))
    line_end = _line_end(document.text, end)
    if line_end == end:
        return [Edit(end, end, ":" + text)]
    return [Edit(end, end, ":"), Edit(line_end, line_end, text)]


# --- where things stand ----------------------------------------------------------------------------------

_BLANK = re.compile(r"(?:[ \t\r\n]|(?:(?<=[ \t\r\n])|\A)#[^\r\n]*)*")
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]*(?:(?:#[^\r\n]*)?(?:\r\n|\r|\n)[ \t]*)*)*")
_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_BLOCK_STYLES = frozenset("|>")
_TO_COLON = re.compile(r"(?:\s|#[^\r\n]*)*:")
_BLOCK_HEADER = re.compile(r"[|>][-+]?([1-9])?[-+]?[^\r\n]*")
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


def _skip_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in (" ", "\t"):
        position += 1
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
    first, *rest = lines
    return _newline(document).join([first, *indented(rest, " " * column)])


def _content_start(node: Node) -> int:
    """Where a node's own text begins, behind its anchor and tag."""
    if node.anchor is None and node.tag is None:
        return node.start
    match = _PROPERTIES.match(node.document.text, node.start, max(node.end, node.start))
    return match.end() if match else node.start


def _content_end(scalar: Scalar) -> int:
    """Where a scalar's own text ends, before its closing quote."""
    return scalar.end - 1 if scalar.style in ("'", '"') else scalar.end


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


def _key_span(mapping: Mapping, index: int) -> tuple[int, int]:
    alias = mapping.document.aliases.get((id(mapping), 2 * index))
    if alias is not None:
        return alias
    key = mapping.pairs[index][0]
    return key.start, key.end


def _key_start(mapping: Mapping, index: int) -> int:
    start = _key_span(mapping, index)[0]
    text = mapping.document.text
    if text[_line_start(text, start) : start].rstrip().endswith("?"):
        raise CannotEditError("the key is written with an explicit '?'")
    return start


def _pair_spans(mapping: Mapping) -> list[tuple[int, int]]:
    return [(_key_start(mapping, index), _value_span(mapping, index)[1]) for index in range(len(mapping.pairs))]


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
    position = _item_span(sequence, index - 1)[1] if index else _content_start(sequence)
    match = _BLANK.match(text, position)
    position = match.end() if match else position
    if text[position : position + 1] != "-":
        raise CannotEditError("no dash where the item should start")
    return position


def _has_brackets(collection: Mapping | Sequence) -> bool:
    text = collection.document.text
    return text[_content_start(collection) : _content_start(collection) + 1] in ("[", "{")


def _open_bracket(collection: Mapping | Sequence) -> int:
    if not _has_brackets(collection):
        raise CannotEditError("a single pair inside of a list has no braces")
    return _content_start(collection)


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


def _with_blanks(node: Node, end: int) -> int:
    """The end of a node, with the blanks at the end of a block scalar's last line: they are part of it."""
    return _skip_blanks(node.document.text, end) if _block_at_the_end(node, end) is not None else end


def _block_at_the_end(node: Node, end: int) -> Scalar | None:
    """The block scalar (`|`, `>`) in which a node ends whose text goes up to `end`."""
    while isinstance(node, (Mapping, Sequence)):
        children = [pair[1] for pair in node.pairs] if isinstance(node, Mapping) else node.items
        if node.flow or not children:
            return None
        node = children[-1]
    # the text of an alias ends elsewhere than the node that it repeats
    return node if isinstance(node, Scalar) and node.style in _BLOCK_STYLES and node.end == end else None


def _chomping(block: Scalar) -> str:
    """What becomes of the line breaks that end a block scalar: '-' drops, '+' keeps all, '' keeps one."""
    start = _content_start(block)
    header = block.document.text[start : _line_end(block.document.text, start)].split("#")[0]
    if not block.text.strip() or block.text.rstrip("\n").endswith((" ", "\t")):
        return "+"  # lines of nothing but blanks end it, and count; or there are no others, and it is hard to say
    return "+" if "+" in header else "-" if "-" in header else ""


# --- what must not be broken -----------------------------------------------------------------------------


def _refuse_to_break_aliases(document: Document, start: int, end: int) -> None:
    """What is repeated elsewhere can't go, nor change here alone."""
    for alias, node in document.repeated:
        if start <= node.start < end and not start <= alias < end:
            raise CannotEditError("an alias repeats it elsewhere")


def _refuse_to_move_aliases(document: Document, units: list[tuple[int, int]], order: AbstractSequence[int]) -> None:
    """An anchor must stay in front of its aliases."""
    places = {old: slot for slot, old in enumerate(order)}

    def place_of(position: int) -> int | None:
        return next((places[old] for old, (start, end) in enumerate(units) if start <= position < end), None)

    for alias, node in document.repeated:
        repeated, repeating = place_of(node.start), place_of(alias)
        if repeated is not None and repeating is not None and repeated > repeating:
            raise CannotEditError("an alias would come before its anchor")


def _refuse_to_swallow(document: Document, position: int, column: int) -> None:
    """What is indented deeper than `column` would become part of a block scalar put above it: comments, blanks."""
    below = re.compile(r"((?:[ \t]*(?:\r\n|\r|\n))*)( *)(#?)").match(document.text, position)
    if below is None:
        return
    lines = _LINE_BREAK.split(below[1])
    if below[3] or below.end() == len(document.text):
        lines.append(below[2])
    if any(len(line) > column for line in lines):
        raise CannotEditError("what stands below would become part of a text")


def _refuse_to_swallow_after(value: Any, document: Document, position: int, column: int) -> None:
    """The same for a value that is written in block style, if its last line belongs to a block scalar."""
    last = _last_of(value)
    if is_text_block(last):
        if position == len(document.text) and last.endswith("\n"):
            raise CannotEditError("the last line has no line break, and the text would need one")
        _refuse_to_swallow(document, position, column)


def _last_of(value: Any) -> Any:
    """What stands last when a value is written."""
    while isinstance(value, (dict, list)) and value:
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    return value


# --- the edits themselves --------------------------------------------------------------------------------


def _replace(
    parent: Mapping | Sequence, start: int, end: int, old: Node, value: Any, *, column: int | None, in_list: bool
) -> list[Edit]:
    """Put a value in the place of another, on one line if it can be.

    `start` and `end` are those of the alias if that is what stands there.
    """
    text = parent.document.text
    _refuse_to_break_aliases(parent.document, start, end)
    is_alias = (start, end) != (old.start, old.end)
    decorated = not is_alias and (old.anchor is not None or old.tag is not None)
    space = " " if start > 0 and text[start - 1] in ":-?" else ""
    if not parent.flow and isinstance(value, (dict, list)) and value:
        if decorated:
            raise CannotEditError("the value carries an anchor or a tag")
        assert column is not None
        if is_alias or _is_inline(old):
            end, note = _with_blanks(old, end), _header_comment(old, end)
            return _replace_line_by_block(parent.document, start, end, space, value, note, column, in_list=in_list)
        return _replace_block_by_block(parent.document, start, end, value, column)
    if is_alias:
        return [Edit(start, end, space + _inline(None, value, parent.flow))]
    line = _inline(old, value, parent.flow)
    if isinstance(old, (Mapping, Sequence)) and not old.flow:
        if old.tag is not None:
            raise CannotEditError("the value carries a tag")
        return _replace_block(old, end, line)
    anchor = f"&{old.anchor} " if old.anchor is not None else ""
    if parent.flow and start == end and text[_skip_blanks(text, end) : _skip_blanks(text, end) + 1] in (",", "]", "}"):
        end = _skip_blanks(text, end)
    return [Edit(start, _with_blanks(old, end), space + anchor + line + _header_comment(old, end))]


def _replace_line_by_block(
    document: Document, start: int, end: int, space: str, value: Any, note: str, column: int, *, in_list: bool
) -> list[Edit]:
    """The comment on the line of the old value stays on the first line of the new one."""
    text = document.text
    lines = block_lines(value, _step(document), _lists_are_indented(document))
    line_end = _line_end(text, end)
    _refuse_to_swallow_after(value, document, line_end, column)
    has_comment = text[end:line_end].strip() != ""
    before = len(text[:start].rstrip(" \t"))
    if in_list or text[before - 1] != ":":
        at = _column(document, start) + len(space)
        first = space + lines[0] + note
        rest = "".join(_newline(document) + line for line in indented(lines[1:], " " * at))
    else:
        at = column + (_step(document) if isinstance(value, dict) or _lists_are_indented(document) else 0)
        start, first = before, note
        rest = _newline(document) + " " * at + _join(document, lines, at)
    if has_comment:
        return [Edit(start, end, first), Edit(line_end, line_end, rest)]
    return [Edit(start, line_end, first + rest)]  # blanks at the end would become part of a text


def _replace_block_by_block(document: Document, start: int, end: int, value: Any, column: int) -> list[Edit]:
    lines = block_lines(value, _step(document), _lists_are_indented(document))
    line_end = _line_end(document.text, end)
    at = _column(document, start)
    if isinstance(value, dict) and at <= column:  # where a list may stand, but no mapping
        lines = [" " * _step(document) + lines[0], *lines[1:]]
        at = column + _step(document)
    has_comment = document.text[end:line_end].strip() != ""
    if has_comment and is_text_block(_last_of(value)):
        raise CannotEditError("the comment would become part of a text")
    _refuse_to_swallow_after(value, document, line_end, column)
    return [Edit(start, end if has_comment else line_end, _join(document, lines, at))]


def _header_comment(old: Node, end: int) -> str:
    """The comment behind the `|` or `>` of a block scalar: it stays when the text goes."""
    if _block_at_the_end(old, end) is not old:
        return ""
    comment = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)").match(old.document.text, _content_start(old))
    return comment[1] if comment is not None else ""


def _is_inline(node: Node) -> bool:
    """Whether a node can stand behind its key or dash, unlike a collection in block style."""
    return not isinstance(node, (Mapping, Sequence)) or node.flow


def _inline(old: Node | None, value: Any, flow: bool) -> str:
    """A value on one line; a string in the quotes of the one whose place it takes."""
    if isinstance(value, (dict, list)):
        return flow_text(value)
    quotes: Style = old.style if isinstance(old, Scalar) and old.style in ("'", '"') else ""
    return scalar_text(value, flow=flow, style=quotes if isinstance(value, str) else "")


def _insert_in_flow(collection: Mapping | Sequence, index: int, text: str) -> list[Edit]:
    bracket = _open_bracket(collection)
    document = collection.document
    source = document.text
    if isinstance(collection, Mapping):
        spans = _pair_spans(collection)
    else:
        spans = [_item_span(collection, i) for i in range(len(collection.items))]
    if not spans:
        return [Edit(bracket + 1, bracket + 1, text)]
    start, at = spans[max(index - 1, 0)]
    alone = _line_start(source, start) > bracket and not source[_line_start(source, start) : start].strip(" \t")
    line = _newline(document) + source[_line_start(source, start) : start] if alone else " "
    if index == 0:
        return [Edit(start, start, f"{text},{line}")]
    rest = _REST_OF_FLOW_LINE.match(source, at)
    absent = ""
    if source[at - 1] == ":":  # `{a:, b: 1}` would have a key `a:`
        at = _skip_blanks(source, at)
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
    bracket = _open_bracket(collection)
    if len(spans) == 1 and "#" not in source[bracket:start] + source[end : collection.end]:
        return [Edit(bracket + 1, collection.end - 1, "")]
    line_start = _line_start(source, start)
    rest = _REST_OF_FLOW_LINE.match(source, end)
    if rest is not None and len(spans) > 1 and not source[line_start:start].strip(" \t"):
        lines = Edit(line_start, _after_line_break(source, rest.end()), "")
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


def _gap(document: Document, spans: list[tuple[int, int]]) -> str:
    """What to put between two entries: a line break, and a blank line if all of them are set apart so."""
    newline = _newline(document)
    between = [document.text[one[1] : other[0]] for one, other in pairwise(spans)]
    return newline * 2 if between and all(map(_BLANK_LINE.search, between)) else newline


_BLANK_LINE = re.compile(r"(?:\r\n|\r(?!\n)|\n)[ \t]*[\r\n]")


def _insert_lines_before(
    collection: Mapping | Sequence, first: int, column: int, lines: list[str], gap: str
) -> list[Edit]:
    """Before the first entry and the comments that belong to it."""
    document = collection.document
    at = _unit_start(document, first, column, _after_what_holds(collection))
    return [Edit(at, at, _join(document, lines, column) + gap + " " * column)]


def _insert_lines_after(
    document: Document, position: int, before: Scalar | None, column: int, lines: list[str], gap: str
) -> list[Edit]:
    """Below the line of `position`; `before` is the block scalar, if any, in which the text in front ends."""
    source = document.text
    at = _line_end(source, position)
    chomping = _chomping(before) if before is not None else "-"
    if chomping == "+":
        before_has_text = before is not None and before.text.strip() != ""  # else its indentation is a guess
        blank = re.compile(r"(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*").match(source, at)
        if blank is None or not before_has_text or blank.end() < _skip_blanks(source, blank.end()) == len(source):
            raise CannotEditError("the block before it has no text, or ends with the file")
        return [Edit(blank.end(), blank.end(), " " * column + _join(document, lines, column) + _newline(document))]
    if chomping != "-" and at == len(source):
        raise CannotEditError("the block before it ends with the file")
    return [Edit(at, at, gap + " " * column + _join(document, lines, column))]


def _remove_lines(
    document: Document, start: int, end: int, before: Scalar | None, following: int | None, *, is_first: bool
) -> list[Edit]:
    """Remove what stands from `start` to `end`, its whole lines if it starts its line.

    `before` is the block scalar, if any, in which the text in front of it ends. Of the blank lines above and
    below, those that would be one separator too many go as well.
    """
    text = document.text
    line_start = _line_start(text, start)
    if line_start == 0 and text.startswith("\ufeff"):
        line_start = 1
    line_end = _line_end(text, end)
    if text[line_start:start].strip(" "):
        if following is None or "#" in text[line_end:following]:
            raise CannotEditError("the entry shares its first line with what holds it")
        return [Edit(start, following, "")]
    after = _after_line_break(text, line_end)
    chomping = _chomping(before) if before is not None else "-"
    if before is not None:
        _refuse_to_swallow(document, after, start - line_start)
        if chomping == "+" and _LINE_BREAK.match(text, _skip_blanks(text, after)):
            raise CannotEditError("the blank lines below would become part of a text")
    above = line_start if chomping == "+" else _above_blank_lines(text, line_start)
    if after < len(text):
        return [Edit(line_start, _below_blank_lines(text, after) if is_first or above < line_start else after, "")]
    if after > line_end or chomping != "-":
        return [Edit(above, after, "")]
    return [Edit(_before_line_break(text, above), line_end, "")]


def _above_blank_lines(text: str, line_start: int) -> int:
    """Start of the blank lines, if any, above a line."""
    while line_start > 0:
        previous = _line_start(text, _before_line_break(text, line_start))
        if text[previous:line_start].strip(" \t\r\n\ufeff"):
            break
        line_start = previous
    return line_start


def _below_blank_lines(text: str, position: int) -> int:
    """Start of the first line, from the one that starts at `position`, that is not blank."""
    blank = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*").match(text, position)
    return blank.end() if blank is not None else position


def _before_line_break(text: str, line_start: int) -> int:
    if text.startswith("\r\n", line_start - 2):
        return line_start - 2
    return max(line_start - 1, 0)


def _replace_block(collection: Mapping | Sequence, end: int, line: str) -> list[Edit]:
    """Put one line in the place of a collection in block style: behind its key or dash, where it can stand."""
    document = collection.document
    text = document.text
    start = _content_start(collection)
    if _skip_blanks(text, end) == _line_end(text, end):
        end = _line_end(text, end)
    at = _holder_end(collection)
    if at is None:
        return [Edit(start, end, line)]
    if not text[at:start].strip():
        return [Edit(at, end, f" {line}")]
    # comments stand between: they stay where they are
    return [
        Edit(at, at, f" {line}"),
        Edit(_before_line_break(text, _line_start(text, start)), _line_end(text, end), ""),
    ]


def _holder_end(collection: Mapping | Sequence) -> int | None:
    """Behind the ':' or '-' that holds a collection, and its anchor and tag; None if it is the whole document."""
    document = collection.document
    if collection.anchor is not None or collection.tag is not None:
        words = re.compile(r"[&!]\S*(?:[ \t]+[&!]\S*)?").match(document.text, collection.start)
        return words.end() if words is not None else None
    node: Node | None = document.root
    while isinstance(node, (Mapping, Sequence)) and node is not collection:
        children = [value for _, value in node.pairs] if isinstance(node, Mapping) else node.items
        index = next((i for i, child in enumerate(children) if child.start <= collection.start < child.end), None)
        if index is None:
            raise CannotEditError("it stands in a key")
        if children[index] is collection:
            if isinstance(node, Sequence):
                return _dash(node, index) + 1
            colon = _TO_COLON.match(document.text, _key_span(node, index)[1])
            return colon.end() if colon is not None else None
        node = children[index]
    return None


def _after_what_holds(collection: Mapping | Sequence) -> int:
    """Up to where comments above the first entry belong to it; those at the top of a file belong to the file."""
    document = collection.document
    start = _content_start(collection)
    if collection is document.root:
        return start
    before = document.text[: collection.start]
    while True:
        before = before.rstrip(" \t\r\n")
        line_start = _line_start(before, len(before))
        if not before[line_start:].lstrip(" ").startswith("#"):
            return _line_end(document.text, len(before))
        before = before[:line_start]


def _unit_start(document: Document, start: int, column: int, floor: int) -> int:
    """Offset of the key, or of the first comment line, at its column, that belongs to an entry."""
    text = document.text
    unit = start
    line_start = _line_start(text, start)
    while line_start > floor:
        previous = _line_start(text, _before_line_break(text, line_start))
        line = text[previous:line_start]
        if not line.strip().startswith("#") or previous < floor or len(line) - len(line.lstrip(" ")) != column:
            break
        unit = previous + column
        line_start = previous
    return unit


def _unit_end(document: Document, end: int, column: int) -> int:
    """End of the last line of an entry, comments below it that are indented deeper than `column` included."""
    text = document.text
    end = _line_end(text, end)
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
