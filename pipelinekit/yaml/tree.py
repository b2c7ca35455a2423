"""A YAML document as a tree whose every node knows where it stands in the text.

Offsets are code points from the start of the text, a leading byte-order mark included; `end` is exclusive
and never covers trailing blank lines or comments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Literal, NamedTuple

Style = Literal["", "'", '"', "|", ">"]
ProblemKind = Literal["syntax", "duplicate-key", "unportable"]


class YamlProblem(NamedTuple):
    """Something wrong with the text itself, as opposed to what it says."""

    kind: ProblemKind
    message: str
    start: int
    end: int
    #: where the first of two duplicates stands, or where the construct that is not closed begins
    related: int | None = None
    #: whether DVC, with the parser it has by default, refuses the file because of it
    refused: bool = True


class Place(NamedTuple):
    """A span of a document: offsets in code points, `end` exclusive."""

    document: Document
    start: int
    end: int


class Document:
    """The text of one YAML file, its tree and what is wrong with it.

    `root` is None for an empty file and for one that can't be parsed; `is_broken` tells these apart.
    """

    __slots__ = ("_line_starts", "aliases", "has_tags", "name", "problems", "repeated", "root", "text", "version")

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.root: Node | None = None
        self.problems: list[YamlProblem] = []
        #: span of each `*alias`, by the identity of the node that holds it and its index there
        #: (for a mapping: 2 * pair for a key, 2 * pair + 1 for a value)
        self.aliases: dict[tuple[int, int], tuple[int, int]] = {}
        #: where each `*alias` starts, and the node that it repeats
        self.repeated: list[tuple[int, Node]] = []
        #: what a `%YAML` line declares
        self.version: tuple[int, int] | None = None
        self.has_tags = False
        self._line_starts: list[int] | None = None

    @property
    def is_broken(self) -> bool:
        return any(problem.refused for problem in self.problems)

    @property
    def line_starts(self) -> list[int]:
        if self._line_starts is None:
            self._line_starts = _line_starts(self.text)
        return self._line_starts

    def line_of(self, offset: int) -> int:
        """The line, from 1, of an offset."""
        return bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset; a byte-order mark takes no column."""
        line = self.line_of(offset)
        start = self.line_starts[line - 1]
        column = offset - start + 1
        if line == 1 and self.text.startswith("\ufeff"):
            column = max(1, column - 1)
        return line, column

    def line_span(self, line: int) -> tuple[int, int]:
        """Start and end of a line (from 1), its line break excluded."""
        starts = self.line_starts
        start = starts[line - 1]
        end = starts[line] if line < len(starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def line_text(self, line: int) -> str:
        start, end = self.line_span(line)
        return self.text[start:end].removeprefix("\ufeff")


def _line_starts(text: str) -> list[int]:
    if "\r" in text:
        starts = [0]
        for index, char in enumerate(text):
            if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
                starts.append(index + 1)
        return starts
    lengths = accumulate(map(len, text.split("\n")[:-1]))
    return [0, *(length + breaks for breaks, length in enumerate(lengths, start=1))]


class Node:
    """A scalar, a sequence or a mapping; `start` includes its anchor and tag."""

    __slots__ = ("anchor", "document", "end", "start", "tag")

    document: Document
    start: int
    end: int
    anchor: str | None
    tag: str | None

    @property
    def line(self) -> int:
        return self.document.line_of(self.start)

    @property
    def place(self) -> Place:
        return Place(self.document, self.start, self.end)

    @property
    def source(self) -> str:
        return self.document.text[self.start : self.end]

    @property
    def data(self) -> Any:
        """The Python value, as ruamel.yaml's safe loader constructs it."""
        raise NotImplementedError


class Scalar(Node):
    """A single value: `text` is its content after quotes, folds and escapes; `value` what it means."""

    __slots__ = ("style", "text", "value")

    def __init__(
        self,
        document: Document,
        start: int,
        end: int,
        text: str,
        style: Style,
        value: Any,
        anchor: str | None = None,
        tag: str | None = None,
    ) -> None:
        self.document = document
        self.start = start
        self.end = end
        self.text = text
        self.style = style
        self.value = value
        self.anchor = anchor
        self.tag = tag

    @property
    def data(self) -> Any:
        return self.value

    def __repr__(self) -> str:
        return f"Scalar({self.value!r})"


class Sequence(Node):
    """A list; `flow` if it is written between brackets."""

    __slots__ = ("flow", "items")

    def __init__(
        self, document: Document, start: int, flow: bool, anchor: str | None = None, tag: str | None = None
    ) -> None:
        self.document = document
        self.start = start
        self.end = start
        self.flow = flow
        self.items: list[Node] = []
        self.anchor = anchor
        self.tag = tag

    @property
    def data(self) -> Any:
        return _data(self)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping(Node):
    """`pairs` are as written, merge keys included; `entries` are what a reader sees, by key."""

    __slots__ = ("entries", "flow", "pairs")

    def __init__(
        self, document: Document, start: int, flow: bool, anchor: str | None = None, tag: str | None = None
    ) -> None:
        self.document = document
        self.start = start
        self.end = start
        self.flow = flow
        self.pairs: list[tuple[Node, Node]] = []
        self.entries: dict[Any, tuple[Node, Node]] = {}
        self.anchor = anchor
        self.tag = tag

    @property
    def data(self) -> Any:
        return _data(self)

    def get(self, key: Any) -> Node | None:
        entry = self.entries.get(key)
        return entry[1] if entry is not None else None

    def key_node(self, key: Any) -> Node | None:
        entry = self.entries.get(key)
        return entry[0] if entry is not None else None

    def __contains__(self, key: Any) -> bool:
        return key in self.entries

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return f"Mapping({self.entries!r})"


def _data(node: Node, seen: dict[int, Any] | None = None) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if seen is None:
        seen = {}
    known = seen.get(id(node))
    if known is not None:
        return known
    if isinstance(node, Sequence):
        if node.tag in _CONSTRUCTED_SEQUENCES:
            return _construct_tagged(node)
        items: list[Any] = []
        seen[id(node)] = items
        items.extend(item.value if type(item) is Scalar else _data(item, seen) for item in node.items)
        return items
    assert isinstance(node, Mapping)
    if node.tag == "tag:yaml.org,2002:set":
        return set(node.entries)
    mapping: dict[Any, Any] = {}
    seen[id(node)] = mapping
    for key, (_, value) in node.entries.items():
        mapping[key] = value.value if type(value) is Scalar else _data(value, seen)
    return mapping


_CONSTRUCTED_SEQUENCES = frozenset({"tag:yaml.org,2002:omap", "tag:yaml.org,2002:pairs"})


def _construct_tagged(node: Sequence) -> Any:
    pairs = [next(iter(item.data.items())) for item in node.items if isinstance(item, Mapping) and item.entries]
    return dict(pairs) if node.tag == "tag:yaml.org,2002:omap" else pairs


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree once, in the order of the text; aliased nodes where they are first met."""
    seen: set[int] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Scalar):
            yield current
            continue
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, Sequence):
            stack.extend(reversed(current.items))
        elif isinstance(current, Mapping):
            for key, value in reversed(current.pairs):
                stack.append(value)
                stack.append(key)


def at(node: Node | None, path: tuple[str | int, ...]) -> Node | None:
    """The node at a path of keys and indexes, or None."""
    for step in path:
        if isinstance(node, Mapping):
            node = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and -len(node.items) <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node
