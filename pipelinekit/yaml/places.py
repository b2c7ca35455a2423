"""Where the parts of a node stand: its dash or key, its value, the lines and comments that belong to it."""

from __future__ import annotations

import re
from typing import Any

from pipelinekit.yaml.apply import CannotEditError
from pipelinekit.yaml.lines import after_line_break, before_line_break, end_of_line, skip_blanks, start_of_line
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence

_BLANK = re.compile(r"(?:[ \t\r\n]|(?:(?<=[ \t\r\n])|\A)#[^\r\n]*)*")
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]*(?:(?:#[^\r\n]*)?(?:\r\n|\r|\n)[ \t]*)*)*")
_TO_COLON = re.compile(r"(?:\s|#[^\r\n]*)*:")
BLOCK_STYLES = frozenset("|>")


def column_of(document: Document, position: int) -> int:
    """The column of a position. Raises CannotEditError where tabs make it a matter of opinion."""
    start = start_of_line(document.text, position)
    if start == 0 and document.text.startswith("\ufeff"):
        start = 1
    if "\t" in document.text[start:position]:
        raise CannotEditError("the line is indented with tabs")
    return position - start


def content_start(node: Node) -> int:
    """Where a node's own text begins, behind its anchor and tag."""
    if node.anchor is None and node.tag is None:
        return node.start
    match = _PROPERTIES.match(node.document.text, node.start, max(node.end, node.start))
    return match.end() if match else node.start


def content_end(scalar: Scalar) -> int:
    """Where a scalar's own text ends, before its closing quote."""
    return scalar.end - 1 if scalar.style in ("'", '"') else scalar.end


def item_span(sequence: Sequence, index: int) -> tuple[int, int]:
    """Where an item of a list stands: an alias has a place of its own."""
    alias = sequence.document.aliases.get((id(sequence), index))
    if alias is not None:
        return alias
    item = sequence.items[index]
    return item.start, item.end


def value_span(mapping: Mapping, index: int) -> tuple[int, int]:
    """Where the value of a pair stands: an alias has a place of its own."""
    alias = mapping.document.aliases.get((id(mapping), 2 * index + 1))
    if alias is not None:
        return alias
    value = mapping.pairs[index][1]
    return value.start, value.end


def key_span(mapping: Mapping, index: int) -> tuple[int, int]:
    """Where the key of a pair stands: an alias has a place of its own."""
    alias = mapping.document.aliases.get((id(mapping), 2 * index))
    if alias is not None:
        return alias
    key = mapping.pairs[index][0]
    return key.start, key.end


def key_start(mapping: Mapping, index: int) -> int:
    """Where the key of a pair starts. Raises CannotEditError if it is written with `?`."""
    start = key_span(mapping, index)[0]
    text = mapping.document.text
    if text[start_of_line(text, start) : start].rstrip().endswith("?"):
        raise CannotEditError("the key is written with an explicit '?'")
    return start


def pair_spans(mapping: Mapping) -> list[tuple[int, int]]:
    """Start and end of each pair, key and value together."""
    return [(key_start(mapping, index), value_span(mapping, index)[1]) for index in range(len(mapping.pairs))]


def pair_index(mapping: Mapping, key: Any) -> int:
    """Which pair a key belongs to. Raises CannotEditError if it was merged in."""
    entry = mapping.entries.get(key)
    if entry is not None:
        for index, pair in enumerate(mapping.pairs):
            if pair[0] is entry[0] and pair[1] is entry[1]:
                return index
    raise CannotEditError(f"'{key}' comes from a merge key")


def column_of_pairs(mapping: Mapping) -> int:
    """The column in which the keys of a block mapping stand."""
    return column_of(mapping.document, key_start(mapping, 0))


def dash_before(sequence: Sequence, index: int) -> int:
    """Offset of the dash before an item of a block list."""
    text = sequence.document.text
    position = item_span(sequence, index - 1)[1] if index else content_start(sequence)
    match = _BLANK.match(text, position)
    position = match.end() if match else position
    if text[position : position + 1] != "-":
        raise CannotEditError("no dash where the item should start")
    return position


def has_brackets(collection: Mapping | Sequence) -> bool:
    """Whether a collection in flow style has brackets or braces: a single pair in a list has none."""
    text = collection.document.text
    return text[content_start(collection) : content_start(collection) + 1] in ("[", "{")


def open_bracket(collection: Mapping | Sequence) -> int:
    """Where the bracket of a collection stands. Raises CannotEditError if it has none."""
    if not has_brackets(collection):
        raise CannotEditError("a single pair inside of a list has no braces")
    return content_start(collection)


def with_blanks(node: Node, end: int) -> int:
    """The end of a node, with the blanks at the end of a block scalar's last line: they are part of it."""
    return skip_blanks(node.document.text, end) if block_at_the_end(node, end) is not None else end


def block_at_the_end(node: Node, end: int) -> Scalar | None:
    """The block scalar (`|`, `>`) in which a node ends whose text goes up to `end`."""
    while isinstance(node, (Mapping, Sequence)):
        children = [pair[1] for pair in node.pairs] if isinstance(node, Mapping) else node.items
        if node.flow or not children:
            return None
        node = children[-1]
    # the text of an alias ends elsewhere than the node that it repeats
    return node if isinstance(node, Scalar) and node.style in BLOCK_STYLES and node.end == end else None


def chomping_of(block: Scalar) -> str:
    """What becomes of the line breaks that end a block scalar: '-' drops, '+' keeps all, '' keeps one."""
    start = content_start(block)
    header = block.document.text[start : end_of_line(block.document.text, start)].split("#")[0]
    if not block.text.strip() or block.text.rstrip("\n").endswith((" ", "\t")):
        return "+"  # lines of nothing but blanks end it, and count; or there are no others, and it is hard to say
    return "+" if "+" in header else "-" if "-" in header else ""


def holder_end(collection: Mapping | Sequence) -> int | None:
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
                return dash_before(node, index) + 1
            colon = _TO_COLON.match(document.text, key_span(node, index)[1])
            return colon.end() if colon is not None else None
        node = children[index]
    return None


def after_what_holds(collection: Mapping | Sequence) -> int:
    """Up to where comments above the first entry belong to it; those at the top of a file belong to the file."""
    document = collection.document
    start = content_start(collection)
    if collection is document.root:
        return start
    before = document.text[: collection.start]
    while True:
        before = before.rstrip(" \t\r\n")
        line_start = start_of_line(before, len(before))
        if not before[line_start:].lstrip(" ").startswith("#"):
            return end_of_line(document.text, len(before))
        before = before[:line_start]


def unit_start(document: Document, start: int, column: int, floor: int) -> int:
    """Offset of the key, or of the first comment line, at its column, that belongs to an entry."""
    text = document.text
    unit = start
    line_start = start_of_line(text, start)
    while line_start > floor:
        previous = start_of_line(text, before_line_break(text, line_start))
        line = text[previous:line_start]
        if not line.strip().startswith("#") or previous < floor or len(line) - len(line.lstrip(" ")) != column:
            break
        unit = previous + column
        line_start = previous
    return unit


def unit_end(document: Document, end: int, column: int) -> int:
    """End of the last line of an entry, comments below it that are indented deeper than `column` included."""
    text = document.text
    end = end_of_line(text, end)
    position = end
    while position < len(text):
        start = after_line_break(text, position)
        stop = end_of_line(text, start)
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
