"""Random edits of a document, each with the data that the file must have afterwards, and what may go for it."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pipelinekit.yaml import edit
from pipelinekit.yaml.edit import CannotEditError, Edit
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence
from pipelinekit.yaml.write import Folded
from tests.yaml.spans import comments, line_end

SCALARS: list[Any] = [
    "new.csv",
    "data/with space.csv",
    "yes",
    "a: b",
    "#no comment",
    "it's",
    'say "x"',
    "- dash",
    "-",
    "${item.x}",
    "tab\there",
    "two\nlines",
    "two\n\nlines",
    "kept\n",
    "\n  odd\n\n",
    "[x",
    "a, b",
    "1e3",
    "012",
    "2024-01-31",
    "12:30:45",
    "<<",
    "~",
    "*star",
    "é😀",
    "\u2028",
    "\x07",
    "",
    " lead",
    "trail ",
    "x:",
    "a #b",
    True,
    None,
    3,
    0.1,
    1e-05,
]
VALUES: list[Any] = [
    *SCALARS,
    [],
    {},
    ["a", "b"],
    {"cache": False},
    {"out.csv": {"cache": False, "desc": "x: y"}},
    [{"a": ["b"]}, "c"],
    {"k": {"l": [1, {"m": None}]}},
    {"cmd": "one\ntwo\n", "n": None},
    [["x", ["y"]], {}],
    {"cmd": Folded.of(["python train.py", "--lr 1"])},
]
_KEYS = ["new_key", "with space", "yes", "${x}", "a: b", "1e3", "ü", "-x", "a,b"]
_PIECES = ["X", "${a.b}", "x y", "it's", "1", "", '"', "#", ": ", " ", "\\", "[z]"]


class RandomEdit(NamedTuple):
    name: str
    #: keys and indexes that lead to the collection that is edited
    path: tuple[Any, ...]
    edits: list[Edit]
    #: does to the data of that collection what the edits should do
    change: Callable[[Any], None]
    #: the part of the text of which the edits may delete something
    removable: tuple[int, int]


def intended(document: Document, edits: Iterable[RandomEdit]) -> Any:
    """The data that the file should have after the edits."""
    assert document.root is not None
    data = copy.deepcopy(document.root.data)
    targets = []
    for one in edits:
        target = data
        for step in one.path:
            target = target[step]
        targets.append((one, target))
    for one, target in targets:
        one.change(target)
    return data


class _Place(NamedTuple):
    node: Mapping | Sequence
    path: tuple[Any, ...]


def _merge_sources(document: Document) -> set[int]:
    """The mappings that `<<` copies elsewhere: what is done to them shows there too, in another order."""
    found: set[int] = set()
    for node in _nodes(document.root):
        if isinstance(node, Mapping):
            for key, value in node.pairs:
                if isinstance(key, Scalar) and key.text == "<<":
                    found.update(id(inner) for inner in _nodes(value))
    return found


def _nodes(node: Node | None) -> Iterable[Node]:
    if node is not None:
        yield node
    if isinstance(node, Mapping):
        for pair in node.pairs:
            for child in pair:
                yield from _nodes(child)
    elif isinstance(node, Sequence):
        for child in node.items:
            yield from _nodes(child)


def _places(document: Document) -> list[_Place]:
    """The collections that can be edited with a result that is easily told."""
    found: list[_Place] = []
    copied = _merge_sources(document)

    def visit(node: Node, path: tuple[Any, ...], parent: Node | None) -> None:
        if not isinstance(node, (Mapping, Sequence)) or node.tag or id(node) in copied:
            return
        if any(place.node is node for place in found):
            return
        if parent is not None and not parent.start <= node.start < parent.end:
            return  # reached through an alias or a merge key
        found.append(_Place(node, path))
        if isinstance(node, Mapping):
            for key, (_, value) in node.entries.items():
                visit(value, (*path, key), node)
        else:
            for index, item in enumerate(node.items):
                visit(item, (*path, index), node)

    if document.root is not None:
        visit(document.root, (), None)
    return found


def _aliased(document: Document) -> set[int]:
    """The nodes that an alias repeats."""
    found: set[int] = set()
    for node in _nodes(document.root):
        if isinstance(node, Mapping):
            children = [child for pair in node.pairs for child in pair]
        else:
            children = node.items if isinstance(node, Sequence) else []
        found.update(id(child) for index, child in enumerate(children) if (id(node), index) in document.aliases)
    return found


def random_edit(document: Document, rng: random.Random) -> RandomEdit:
    """One edit of a random kind at a random place. Raises CannotEditError where the engine declines."""
    places = _places(document)
    if not places or document.version == (1, 1):  # where `y` and `n` are booleans
        raise CannotEditError("nothing to do here")
    node, path = rng.choice(places)
    value = rng.choice(VALUES)
    operations = _Operations(document, node, path, rng)
    if isinstance(node, Sequence):
        return operations.on_list(node, value)
    return operations.on_mapping(node, value)


def edits_together(document: Document, rng: random.Random, count: int) -> list[RandomEdit]:
    """Edits of different collections that touch nowhere, neither in the text nor in the data."""
    chosen: list[RandomEdit] = []
    for _ in range(count):
        try:
            one = random_edit(document, rng)
        except CannotEditError:
            continue
        paths = [other.path for other in chosen]
        if any(one.path[: len(path)] == path or path[: len(one.path)] == one.path for path in paths):
            continue
        spans = [(other.start, other.end) for earlier in chosen for other in earlier.edits]
        if not any(edit.start <= end and start <= edit.end for edit in one.edits for start, end in spans):
            chosen.append(one)
    return chosen


class _Operations:
    def __init__(self, document: Document, node: Mapping | Sequence, path: tuple[Any, ...], rng: random.Random) -> None:
        self.document = document
        self.node = node
        self.path = path
        self.rng = rng
        self.aliased = _aliased(document)
        self.comments = comments(document)
        self.choices: list[Callable[[], RandomEdit]] = []

    def _done(
        self, name: str, edits: list[Edit], change: Callable[[Any], None], removable: tuple[int, int] = (0, 0)
    ) -> RandomEdit:
        return RandomEdit(name, self.path, edits, change, removable)

    def _one(self) -> RandomEdit:
        if not self.choices:
            raise CannotEditError("nothing to do here")
        return self.rng.choice(self.choices)()

    def _is_repeated(self, node: Node) -> bool:
        """Whether an alias repeats a node: what happens to it happens in a place that is not told here."""
        return id(node) in self.aliased

    def _end_with_comment(self, end: int) -> int:
        """Where something ends, or the comment behind it on its line."""
        rest = re.compile(r"[ \t]*,?[ \t]*(?=#)").match(self.document.text, end)
        return line_end(self.document.text, end) if rest is not None else end

    def _end_of_value(self, value: Node, end: int) -> int:
        """A comment behind the last line of a collection goes with it."""
        return self._end_with_comment(end) if isinstance(value, (Mapping, Sequence)) and not value.flow else end

    # --- lists ----------------------------------------------------------------------------------------------

    def on_list(self, node: Sequence, value: Any) -> RandomEdit:
        count = len(node.items)
        index = self.rng.randrange(count + 1)

        def insert() -> RandomEdit:
            edits = edit.insert_item(node, index, value)
            return self._done(f"insert_item({index}, {value!r})", edits, lambda data: data.insert(index, _plain(value)))

        self.choices.append(insert)
        if not count:
            return self._one()
        at = self.rng.randrange(count)
        item = node.items[at]
        alias = self.document.aliases.get((id(node), at))
        start, end = alias or (item.start, item.end)

        def remove() -> RandomEdit:
            def change(data: Any) -> None:
                del data[at]

            zone = (start if node.flow else self._dash(start), self._end_with_comment(end))
            return self._done(f"remove_item({at})", edit.remove_item(node, at), change, zone)

        def replace() -> RandomEdit:
            def change(data: Any) -> None:
                data[at] = _plain(value)

            edits = edit.replace_item(node, at, value)
            zone = (start, self._end_of_value(item, end))
            return self._done(f"replace_item({at}, {value!r})", edits, change, zone)

        def flag() -> RandomEdit:
            def change(data: Any) -> None:
                data[at] = {data[at]: {"cache": False}}

            zone = (start, end) if node.flow else (0, 0)
            return self._done(f"add_flags({at})", edit.add_flags(node, at, {"cache": False}), change, zone)

        self.choices.append(remove)
        if alias is not None or not self._is_repeated(item):
            self.choices.append(replace)
            if isinstance(item, Scalar) and isinstance(item.data, str):
                self.choices.append(flag)
                if alias is None:
                    self._offer_within(at, item)
        return self._one()

    def _dash(self, start: int) -> int:
        """Where the dash before an item stands: comments in between may have dashes of their own."""
        position = start
        while True:
            position = self.document.text.rindex("-", 0, position)
            if not any(begin <= position < end for begin, end in self.comments):
                return position

    # --- mappings -------------------------------------------------------------------------------------------

    def on_mapping(self, node: Mapping, value: Any) -> RandomEdit:
        count = len(node.pairs)
        name = self.rng.choice(_KEYS)
        index = self.rng.randrange(count + 1)
        merged = [key for key, entry in node.entries.items() if not any(entry[0] is own for own, _ in node.pairs)]
        merging = [isinstance(key, Scalar) and key.text == "<<" and not key.style for key, _ in node.pairs]
        sources = _keys_merged_into(node)
        if count - sum(merging) + len(merged) != len(node.entries):
            raise CannotEditError("nothing to do here")  # where mappings are merged, a key may be there twice

        def insert() -> RandomEdit:
            def change(data: Any) -> None:
                at = len(merged) + sum(not merges for merges in merging[:index])
                pairs = list(data.items())
                _rebuild(data, [*pairs[:at], (name, _plain(value)), *pairs[at:]])

            edits = edit.insert_entry(node, index, name, value)
            return self._done(f"insert_entry({index}, {name!r}, {value!r})", edits, change)

        def reorder() -> RandomEdit:
            order = list(range(count))
            self.rng.shuffle(order)

            def change(data: Any) -> None:
                pairs = list(data.items())
                _rebuild(data, [pairs[old] for old in order])

            edits = edit.reorder_entries(node, order)
            return self._done(f"reorder_entries({order})", edits, change, (0, len(self.document.text)))

        overridden = any(key in sources for key in node.entries if key not in merged)
        if name not in node.entries and not overridden:
            self.choices.append(insert)
        if count and not any(merging):
            self.choices.append(reorder)
        self._offer_entry_changes(node, value, name, [key for key in node.entries if key not in sources])
        return self._one()

    def _offer_entry_changes(self, node: Mapping, value: Any, name: str, keys: list[Any]) -> None:
        if not keys:
            return
        key = self.rng.choice(keys)
        pair = next(index for index, (own, _) in enumerate(node.pairs) if own is node.entries[key][0])
        key_node, old = node.pairs[pair]
        aliases = self.document.aliases
        key_alias, alias = aliases.get((id(node), 2 * pair)), aliases.get((id(node), 2 * pair + 1))
        key_span = key_alias or (key_node.start, key_node.end)
        span = alias or (old.start, old.end)

        def remove() -> RandomEdit:
            def change(data: Any) -> None:
                del data[key]

            zone = (key_span[0], self._end_with_comment(span[1]))
            return self._done(f"remove_entry({key!r})", edit.remove_entry(node, key), change, zone)

        def replace() -> RandomEdit:
            def change(data: Any) -> None:
                data[key] = _plain(value)

            edits = edit.replace_value(node, key, value)
            zone = (span[0], self._end_of_value(old, span[1]))
            return self._done(f"replace_value({key!r}, {value!r})", edits, change, zone)

        def rename() -> RandomEdit:
            def change(data: Any) -> None:
                _rebuild(data, [(name if old is key or old == key else old, item) for old, item in data.items()])

            return self._done(f"rename_key({key!r}, {name!r})", edit.rename_key(node, key, name), change, key_span)

        self.choices.append(remove)
        if alias is not None or not self._is_repeated(old):
            self.choices.append(replace)
            if alias is None and isinstance(old, Scalar):
                self._offer_within(key, old)
        if name not in node.entries and name not in _keys_merged_into(node) and not self._is_repeated(key_node):
            self.choices.append(rename)

    def _offer_within(self, step: Any, old: Scalar) -> None:
        if not isinstance(old.value, str) or not old.text:
            return
        start = self.rng.randrange(len(old.text))
        end = min(self.rng.randrange(start, start + 4) + self.rng.choice([0, 1]), len(old.text))
        piece = self.rng.choice(_PIECES)

        def within() -> RandomEdit:
            def change(data: Any) -> None:
                data[step] = old.text[:start] + piece + old.text[end:]

            edits = edit.replace_within(old, start, end, piece)
            return self._done(
                f"replace_within({step!r}, {start}, {end}, {piece!r})", edits, change, (old.start, old.end)
            )

        self.choices.append(within)


def _keys_merged_into(node: Mapping) -> set[Any]:
    keys: set[Any] = set()
    for key, value in node.pairs:
        if isinstance(key, Scalar) and key.text == "<<" and not key.style:
            for source in value.items if isinstance(value, Sequence) else [value]:
                assert isinstance(source, Mapping)
                keys.update(source.entries)
    return keys


def _rebuild(mapping: dict[Any, Any], pairs: list[tuple[Any, Any]]) -> None:
    mapping.clear()
    mapping.update(pairs)


def _plain(value: Any) -> Any:
    """The value as it is read back: a string that was written in a certain way is a string."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def is_same(one: Any, other: Any) -> bool:
    """Equal in value, type and order: `1` is not `true`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            is_same(key, other_key) and is_same(value, other_value)
            for (key, value), (other_key, other_value) in zip(one.items(), other.items(), strict=True)
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other or (one != one and other != other))
