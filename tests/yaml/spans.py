"""Where things stand in a document, found out in other ways than the package does it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence, walk

_COMMENT = re.compile(r"(?:\A\ufeff?|(?<=[ \t\r\n]))#[^\r\n]*")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+(?:#[^\r\n]*\s+)*)*")


def line_start(text: str, position: int) -> int:
    return max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1


def line_end(text: str, position: int) -> int:
    match = re.compile(r"[^\r\n]*").match(text, position)
    assert match is not None
    return match.end()


def content_start(node: Node) -> int:
    """Where a node starts behind its anchor and tag, and the comments between them and it."""
    if node.anchor is None and node.tag is None:
        return node.start  # those that it begins with are its first key's
    properties = _PROPERTIES.match(node.document.text, node.start, node.end)
    return properties.end() if properties is not None else node.start


def comments(document: Document) -> list[tuple[int, int]]:
    """The spans of all comments: whatever looks like one and stands outside of the scalars."""
    text = document.text
    inside: list[tuple[int, int]] = []
    for node in walk(document.root) if document.root is not None else ():
        if isinstance(node, Scalar) and node.end > node.start:
            start = content_start(node)
            inside.append((line_end(text, start) if node.style in ("|", ">") else start, node.end))
    inside.sort()
    found: list[tuple[int, int]] = []
    position = 0
    for start, end in [*inside, (len(text), len(text))]:
        found += [(text.index("#", match.start()), match.end()) for match in _COMMENT.finditer(text, position, start)]
        position = max(position, end)
    return found


def children(node: Node) -> Iterator[tuple[Node, tuple[int, int]]]:
    """The nodes right below a node with their spans; an alias has that of its own text."""
    aliases = node.document.aliases
    if isinstance(node, Sequence):
        below = list(node.items)
    elif isinstance(node, Mapping):
        below = [child for pair in node.pairs for child in pair]
    else:
        below = []
    for index, child in enumerate(below):
        yield child, aliases.get((id(node), index), (child.start, child.end))


def read_alone(node: Node, parent: Node | None) -> Node | None:
    """What the text of a node says without what surrounds it, but laid out in the same columns."""
    text = node.document.text
    start = line_start(text, node.start)
    column = node.start - start - (start == 0 and text.startswith("\ufeff"))
    source = text[node.start : node.end]
    if parent is not None and getattr(parent, "flow", False):
        root = parse(f"[{source} ]", "slice").root
        return root.items[0] if isinstance(root, Sequence) and len(root.items) == 1 else None
    blank_lines = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*(?:[ \t]+\Z)?").match(text, node.end)
    source += blank_lines.group() if blank_lines is not None else ""
    if parent is None or not (isinstance(node, Scalar) and node.style in ("|", ">")):
        return parse(" " * column + source, "slice").root
    # the indentation of a block scalar may count from that of the collection around it
    around = content_start(parent)
    start = line_start(text, around)
    around -= start + (start == 0 and text.startswith("\ufeff"))
    root = parse(f"{' ' * around}- {source}", "slice").root
    return root.items[0] if isinstance(root, Sequence) and len(root.items) == 1 else None
