"""Where in a TOML text its keys and values stand: only needed to say where something is wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

from pipelinekit.project.toml import parse_toml

Path = tuple[Any, ...]


class TomlPlace(NamedTuple):
    """Spans of a key (of an item of a list: of the item) and of its value, in code points, ends exclusive."""

    start: int
    end: int
    value_start: int
    value_end: int


def toml_places(text: str) -> dict[Path, TomlPlace]:
    """The places of all keys and list items by their path: keys and indexes from the root. The text must be TOML."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    data = text.encode("utf-8", "surrogatepass")
    tree = Parser(Language(tree_sitter_toml.language())).parse(data)
    reader = _Reader(data)
    reader.document(tree.root_node)
    return reader.places


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_ascii = data.isascii()
        self.places: dict[Path, TomlPlace] = {}
        #: how many elements an array of tables has so far
        self.counts: dict[Path, int] = {}

    def document(self, root: Any) -> None:
        for child in root.children:
            if child.type == "pair":
                self.pair(child, ())
            elif child.type in ("table", "table_array_element"):
                key = next(part for part in child.children if part.is_named)
                path = self.header(key, repeated=child.type == "table_array_element")
                for inner in child.children:
                    if inner.type == "pair":
                        self.pair(inner, path)

    def header(self, key: Any, *, repeated: bool) -> Path:
        path: Path = ()
        steps = self.steps(key)
        for position, (name, node) in enumerate(steps):
            path = (*path, name)
            self.note(path, node, key)
            if repeated and position == len(steps) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
                self.note(path, node, key)
        return path

    def pair(self, node: Any, base: Path) -> None:
        key, value = (part for part in node.children if part.is_named and part.type != "comment")
        path = base
        for name, part in self.steps(key):
            path = (*path, name)
            self.note(path, part, value)
        self.value(value, path)

    def value(self, node: Any, path: Path) -> None:
        parts = [part for part in node.children if part.is_named and part.type != "comment"]
        if node.type == "array":
            for index, part in enumerate(parts):
                self.note((*path, index), part, part)
                self.value(part, (*path, index))
        elif node.type == "inline_table":
            for part in parts:
                self.pair(part, path)

    def steps(self, key: Any) -> list[tuple[str, Any]]:
        """The names of a dotted key, each with its node."""
        if key.type == "dotted_key":
            return [step for part in key.children if part.is_named for step in self.steps(part)]
        text = self.data[key.start_byte : key.end_byte].decode("utf-8", "replace")
        if key.type == "quoted_key":
            text = next(iter(parse_toml(f"{text} = 0")))
        return [(text, key)]

    def note(self, path: Path, key: Any, value: Any) -> None:
        spans = (key.start_byte, key.end_byte, value.start_byte, value.end_byte)
        self.places.setdefault(path, TomlPlace(*(spans if self.is_ascii else map(self.characters, spans))))

    def characters(self, offset: int) -> int:
        return len(self.data[:offset].decode("utf-8", "replace"))
