"""Random edits of a document, each with the data that the file must have afterwards."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from pipelinekit.yaml import edit
from pipelinekit.yaml.edit import Edit
from pipelinekit.yaml.tree import Document, Mapping, Node, Scalar, Sequence

SCALARS: list[Any] = [
    "new.csv",
    "data/with space.csv",
    "yes",
    "a: b",
    "#no comment",
    "it's",
    'say "x"',
    "- dash",
    "${item.x}",
    "tab\there",
    "two\nlines",
    "[x",
    "1e3",
    "012",
    "~",
    "*star",
    "é😀",
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
]


class RandomEdit(NamedTuple):
    name: str
    #: paths of keys and indexes under which the data may differ
    touched: tuple[Any, ...]
    edits: list[Edit]
    intended: Any


class _Place(NamedTuple):
    node: Mapping | Sequence
    path: tuple[Any, ...]


def _places(document: Document) -> list[_Place]:
    """Collections whose copies, if any, an edit would not change too."""
    found: list[_Place] = []

    def visit(node: Node, path: tuple[Any, ...], parent: Node | None) -> None:
        if isinstance(node, Scalar) or node.anchor or node.tag:
            return
        assert isinstance(node, (Mapping, Sequence))
        if parent is not None and not parent.start <= node.start < parent.end:
            return  # reached through an alias or a merge key
        found.append(_Place(node, path))
        if isinstance(node, Mapping):
            for key, (_, value) in node.entries.items():
                visit(value, (*path, key), node)
        else:
            for index, item in enumerate(node.items):
                if (id(node), index) not in document.aliases:
                    visit(item, (*path, index), node)

    if document.root is not None:
        visit(document.root, (), None)
    return found


def _has_anchor(node: Node) -> bool:
    if node.anchor is not None:
        return True
    if isinstance(node, Mapping):
        return any(_has_anchor(key) or _has_anchor(value) for key, value in node.pairs)
    return isinstance(node, Sequence) and any(_has_anchor(item) for item in node.items)


def random_edit(document: Document, rng: random.Random) -> RandomEdit:
    """One edit of a random kind at a random place. Raises CannotEditError where the engine declines."""
    place = rng.choice(_places(document))
    node, path = place
    data = copy.deepcopy(document.root.data) if document.root is not None else None
    target = data
    for step in path:
        target = target[step]
    value = rng.choice(VALUES)
    if isinstance(node, Sequence):
        return _edit_list(node, path, data, target, value, rng)
    return _edit_mapping(node, path, data, target, value, rng)


def _edit_list(
    node: Sequence, path: tuple[Any, ...], data: Any, target: list[Any], value: Any, rng: random.Random
) -> RandomEdit:
    count = len(node.items)
    operations: list[Callable[[], tuple[str, list[Edit]]]] = []
    index = rng.randrange(count + 1)

    def insert() -> tuple[str, list[Edit]]:
        target.insert(index, value)
        return f"insert_item({index}, {value!r})", edit.insert_item(node, index, value)

    operations.append(insert)
    if count:
        at = rng.randrange(count)

        def remove() -> tuple[str, list[Edit]]:
            del target[at]
            return f"remove_item({at})", edit.remove_item(node, at)

        def replace() -> tuple[str, list[Edit]]:
            target[at] = value
            return f"replace_item({at}, {value!r})", edit.replace_item(node, at, value)

        def flag() -> tuple[str, list[Edit]]:
            target[at] = {target[at]: {"cache": False}}
            return f"add_flags({at})", edit.add_flags(node, at, {"cache": False})

        if not _has_anchor(node.items[at]):
            operations += [remove, replace]
            if isinstance(node.items[at], Scalar) and isinstance(node.items[at].data, str):
                operations.append(flag)
    name, edits = rng.choice(operations)()
    return RandomEdit(name, path, edits, data)


def _edit_mapping(
    node: Mapping, path: tuple[Any, ...], data: Any, target: dict[Any, Any], value: Any, rng: random.Random
) -> RandomEdit:
    count = len(node.pairs)
    operations: list[Callable[[], tuple[str, list[Edit]]]] = []
    merges = any(isinstance(key, Scalar) and key.value == "<<" for key, _ in node.pairs)
    name = rng.choice(["new_key", "with space", "yes", "${x}", "a: b", "1e3", "ü"])
    index = rng.randrange(count + 1)

    def insert() -> tuple[str, list[Edit]]:
        _rebuild(target, [*list(target.items())[:index], (name, value), *list(target.items())[index:]])
        return f"insert_entry({index}, {name!r}, {value!r})", edit.insert_entry(node, index, name, value)

    def reorder() -> tuple[str, list[Edit]]:
        order = list(range(count))
        rng.shuffle(order)
        pairs = list(target.items())
        _rebuild(target, [pairs[old] for old in order])
        return f"reorder_entries({order})", edit.reorder_entries(node, order)

    if name not in target and not merges:
        operations.append(insert)
    if count and not node.flow and not merges and not _has_anchor(node):
        operations.append(reorder)
    keys = [
        key
        for key, (key_node, value_node) in node.entries.items()
        if not _has_anchor(key_node) and not _has_anchor(value_node)
    ]
    if keys and not merges:
        key = rng.choice(keys)

        def remove() -> tuple[str, list[Edit]]:
            del target[key]
            return f"remove_entry({key!r})", edit.remove_entry(node, key)

        def replace() -> tuple[str, list[Edit]]:
            target[key] = value
            return f"replace_value({key!r}, {value!r})", edit.replace_value(node, key, value)

        def rename() -> tuple[str, list[Edit]]:
            _rebuild(target, [(name if old == key else old, item) for old, item in target.items()])
            return f"rename_key({key!r}, {name!r})", edit.rename_key(node, key, name)

        operations += [remove, replace]
        if name not in target:
            operations.append(rename)
        old = node.entries[key][1]
        if isinstance(old, Scalar) and isinstance(old.value, str) and old.text:
            start = rng.randrange(len(old.text))
            end = rng.randrange(start, len(old.text)) + 1

            def within() -> tuple[str, list[Edit]]:
                target[key] = old.text[:start] + "X" + old.text[end:]
                return f"replace_within({key!r}, {start}, {end})", edit.replace_within(old, start, end, "X")

            if "\n" not in old.text[start:end] and old.text[start:end].strip() == old.text[start:end]:
                operations.append(within)
    if not operations:
        raise edit.CannotEditError("nothing to do here")
    name_done, edits = rng.choice(operations)()
    return RandomEdit(name_done, path, edits, data)


def _rebuild(mapping: dict[Any, Any], pairs: list[tuple[Any, Any]]) -> None:
    mapping.clear()
    mapping.update(pairs)


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
