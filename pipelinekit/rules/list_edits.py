"""Adds entries to the lists of a stage, in the style of the file: what several fixes do."""

from __future__ import annotations

from typing import Any

from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Fix
from pipelinekit.yaml.edit import CannotEditError, Edit, insert_entry, insert_item, replace_value
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence

#: The order in which DVC writes the fields of a stage.
FIELD_ORDER = (
    "desc",
    "cmd",
    "wdir",
    "matrix",
    "vars",
    "deps",
    "params",
    "outs",
    "metrics",
    "plots",
    "frozen",
    "always_changed",
    "meta",
)


def add_entries(
    definition: Definition, section: str, values: list[Any], title: str, *, safe: bool = True
) -> Fix | None:
    """A fix that puts entries into `deps`, `params`…, in their places if the list is sorted, else at the end."""
    file = definition.file
    node = definition.field(section)
    edits: list[Edit] = []
    if isinstance(node, Sequence) and node.items:
        for value in values:
            edits += entry_edits(definition, section, value) or []
    elif definition.body is not None and definition.body.pairs:
        try:
            edits = (
                insert_entry(definition.body, _place_for(definition.body, section), section, values)
                if node is None
                else replace_value(definition.body, section, values)
            )
        except CannotEditError:
            return None
    if not edits:
        return None
    return Fix(title, {file: tuple(edits)}, (Change(file, (*definition.path, section)),), frozenset({section}), safe)


def entry_edits(definition: Definition, section: str, value: Any) -> list[Edit] | None:
    """The edits alone; None where the list is laid out in a way that can't be edited safely."""
    body = definition.body
    if body is None or not body.pairs:
        return None
    node = body.get(section)
    try:
        if node is None:
            return insert_entry(body, _place_for(body, section), section, [value])
        if isinstance(node, Sequence):
            return insert_item(node, _sorted_place(node, value), value)
        if isinstance(node, Scalar) and node.value is None:
            return replace_value(body, section, [value])
    except CannotEditError:
        return None
    return None


def _place_for(body: Mapping, section: str) -> int:
    """Behind the last field that DVC would write before this one."""
    rank = FIELD_ORDER.index(section)
    place = 0
    for index, (key, _) in enumerate(body.pairs):
        name = key.value if isinstance(key, Scalar) else None
        if name in FIELD_ORDER and FIELD_ORDER.index(name) < rank:
            place = index + 1
    return place


def _sorted_place(node: Sequence, value: Any) -> int:
    names = [_name_of(item.data) for item in node.items]
    if len(names) > 1 and names == sorted(names):
        return sum(name <= _name_of(value) for name in names)
    return len(names)


def _name_of(value: Any) -> str:
    return str(next(iter(value), "")) if isinstance(value, dict) else str(value)
