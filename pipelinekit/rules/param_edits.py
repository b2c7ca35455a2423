"""Lists parameters under `params`, in the style of the file: what several fixes do."""

from __future__ import annotations

from typing import Any

from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Fix
from pipelinekit.rules.list_edits import FIELD_ORDER
from pipelinekit.yaml.edit import CannotEditError, Edit, insert_entry, insert_item, replace_value
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence


def list_params(definition: Definition, keys: dict[str, list[str]], title: str) -> Fix | None:
    """A fix that lists keys of params files, these as they are written from the stage's folder."""
    edits = _edits(definition, keys)
    if edits is None:
        return None
    changes = (Change(definition.file, (*definition.path, "params")),)
    return Fix(title, {definition.file: tuple(edits)}, changes, frozenset({"params"}))


def _edits(definition: Definition, keys: dict[str, list[str]]) -> list[Edit] | None:
    body = definition.body
    if body is None or not body.pairs:
        return None
    plain = keys.get(PARAMS_YAML, [])
    entries: list[Any] = [*plain, *({file: list(names)} for file, names in keys.items() if file != PARAMS_YAML)]
    node = body.get("params")
    try:
        if node is None:
            return insert_entry(body, _place(body), "params", entries)
        if isinstance(node, Scalar) and node.value is None:
            return replace_value(body, "params", entries)
        if not isinstance(node, Sequence) or (node.flow and body.flow):
            return None
        if not node.items:
            return replace_value(body, "params", entries)
        edits = _inserted(node, plain)
        for file, names in keys.items():
            if file != PARAMS_YAML:
                edits += _under_file(node, file, names) or insert_item(node, len(node.items), {file: list(names)})
        return edits
    except CannotEditError:
        return None


def _place(body: Mapping) -> int:
    """Behind the last field that DVC would write before `params`."""
    rank = FIELD_ORDER.index("params")
    place = 0
    for index, (key, _) in enumerate(body.pairs):
        name = key.value if isinstance(key, Scalar) else None
        if name in FIELD_ORDER and FIELD_ORDER.index(name) < rank:
            place = index + 1
    return place


def _under_file(node: Sequence, file: str, keys: list[str]) -> list[Edit] | None:
    """Into the list that stands under the file already, if there is one."""
    for item in node.items:
        held = item.get(file) if isinstance(item, Mapping) else None
        if isinstance(held, Sequence) and held.items:
            return _inserted(held, keys)
    return None


def _inserted(node: Sequence, keys: list[str]) -> list[Edit]:
    """The keys in their places if the list is sorted, else behind the last plain one."""
    names = [item.value if isinstance(item, Scalar) else None for item in node.items]
    plain = [str(name) for name in names if name is not None]
    last = max((index for index, name in enumerate(names) if name is not None), default=-1) + 1
    is_sorted = len(plain) == len(names) > 1 and plain == sorted(plain)
    edits: list[Edit] = []
    for key in sorted(keys) if is_sorted else keys:
        place = sum(name <= key for name in plain) if is_sorted else last or len(names)
        edits += insert_item(node, place, key)
    return edits
