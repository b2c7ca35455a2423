"""`foreach` and `matrix` → the stages they stand for, with the names that DVC gives them."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, NamedTuple

from pipelinekit.resolve.context import UnsupportedTypeError, as_variable
from pipelinekit.resolve.interpolate import UNKNOWN, FromContext, Interpolator, to_text, type_in_words
from pipelinekit.resolve.problems import InterpolatedType, NameCollision, Problem
from pipelinekit.resolve.stage import Definition
from pipelinekit.yaml.tree import Mapping, Node, Place, Scalar, Sequence, walk

#: A slip of a matrix (ten values on seven axes) must not stop the run.
MAX_INSTANCES = 100_000


class Instance(NamedTuple):
    """One stage of a group: the part of its name behind the `@`, and its variables."""

    key: str
    variables: dict[str, Any]


class _Item(NamedTuple):
    key: str
    value: Any
    place: Place


class Expansion:
    """The instances of a group, and what is wrong with their names."""

    def __init__(self, definition: Definition, interpolator: Interpolator) -> None:
        self.definition = definition
        self.interpolator = interpolator
        self.instances: list[Instance] = []
        self.problems: list[Problem] = []

    def foreach(self, node: Node) -> None:
        """A list gives `item`, a mapping `item` and `key`."""
        items = self._foreach_items(node) if self._has_usable_keys(node) else None
        if items is None:
            return
        is_mapping = isinstance(node, Mapping) or (
            isinstance(node, Scalar) and isinstance(self.interpolator.text(node, None), dict)
        )
        kept = self._unique(items, node)
        for item in kept:
            variables = {"item": item.value, **({"key": item.key} if is_mapping else {})}
            self._add(item, variables)

    def matrix(self, node: Mapping) -> None:
        """Every combination of the values; `item` is the combination, `key` its name."""
        if not self._has_usable_keys(node):
            return
        axes: dict[str, list[_Item]] = {}
        for key_node, value_node in node.entries.values():
            name = self.interpolator.anything(key_node, None)
            axis = self._axis(str(name), value_node) if name is not UNKNOWN else None
            if axis is None:
                return
            axes[str(name)] = axis
        count = prod(len(axis) for axis in axes.values())
        if count > MAX_INSTANCES:
            reason = f"would make {count:,} stages, more than DVC could load in a day's work"
            self._collision(node.place, "", reason, None)
            return
        items: list[_Item] = []
        for combination in product(*axes.values()):
            fragments = [item.key for item in combination]
            values = {name: item.value for name, item in zip(axes, combination, strict=True)}
            places = [item.place for item in combination]
            items.append(_Item("-".join(fragments), values, places[-1] if places else node.place))
        if not axes:
            self._collision(node.place, "", "is a matrix without values, on which DVC crashes", None)
            return
        for item in self._unique(items, node):
            self._add(item, {"item": item.value, "key": item.key})

    def _has_usable_keys(self, node: Node) -> bool:
        """Whether no key is a `${}` and nothing else: DVC puts a value of its own there, and crashes on it."""
        if isinstance(node, Scalar) or not ("${" in node.source or node.document.aliases):
            return True
        usable = True
        for mapping in walk(node):
            for key, _ in mapping.entries.values() if isinstance(mapping, Mapping) else ():
                if isinstance(key, Scalar) and self.interpolator.is_exact(key):
                    usable = False
                    problem = InterpolatedType(key.place, key.value, "a variable alone", "a key", None, self.definition)
                    self.problems.append(problem)
        return usable

    def _add(self, item: _Item, variables: dict[str, Any]) -> None:
        try:
            converted = as_variable(variables)
        except UnsupportedTypeError as error:
            self.problems.append(
                InterpolatedType(item.place, item.key, f"a {error.type_name}", "a value", None, self.definition)
            )
            return
        self.instances.append(Instance(item.key, converted))

    # --- items ----------------------------------------------------------------------------------------------

    def _foreach_items(self, node: Node) -> list[_Item] | None:
        if isinstance(node, Scalar):
            value = self.interpolator.text(node, None)
            if value is UNKNOWN:
                return None
            if not isinstance(value, (dict, list)):
                words = type_in_words(value) if not isinstance(value, str) else "a string"
                self.problems.append(
                    InterpolatedType(node.place, str(node.value), words, "a list or a mapping", None, self.definition)
                )
                return None
            if isinstance(value, dict):
                return [_Item(key, item, node.place) for key, item in value.items()]
            return self._list_items([(FromContext(item), node.place) for item in value])
        if isinstance(node, Sequence):
            return self._list_items([(self._inline(item), item.place) for item in node.items])
        assert isinstance(node, Mapping)
        items = []
        for key, (key_node, value_node) in node.entries.items():
            name = self.interpolator.text(key_node, None) if isinstance(key_node, Scalar) else key
            value = self._inline(value_node)
            if name is not UNKNOWN and value is not UNKNOWN:
                items.append(_Item(to_text(name), _unwrapped(value), key_node.place))
        return items

    def _list_items(self, values: list[tuple[Any, Place]]) -> list[_Item]:
        values = [(value, place) for value, place in values if value is not UNKNOWN]
        composite = any(isinstance(_unwrapped(value), (dict, list)) for value, _ in values)
        return [
            _Item(str(index) if composite else _name_of(value), _unwrapped(value), place)
            for index, (value, place) in enumerate(values)
        ]

    def _inline(self, node: Node) -> Any:
        """An item as it is written: `${}` resolved at any depth."""
        if isinstance(node, Scalar):
            return self.interpolator.wrapped(node)
        return self.interpolator.anything(node, None)

    def _axis(self, name: str, node: Node) -> list[_Item] | None:
        if isinstance(node, Sequence):
            values: list[tuple[Any, Place]] = [(self._inline(item), item.place) for item in node.items]
        else:
            assert isinstance(node, Scalar)
            value = self.interpolator.text(node, None)
            if value is UNKNOWN:
                return None
            if isinstance(value, list):
                values = [(FromContext(item), node.place) for item in value]
            elif isinstance(value, dict) or (isinstance(value, str) and not self.interpolator.is_exact(node)):
                values = [(item, node.place) for item in value]  # DVC takes a mapping's keys, a string's characters
            else:
                words = type_in_words(value)
                self.problems.append(
                    InterpolatedType(node.place, str(node.value), words, "a list", None, self.definition)
                )
                return None
        items = []
        for index, (value, place) in enumerate(values):
            if value is UNKNOWN:
                return None
            plain = _unwrapped(value)
            key = f"{name}{index}" if isinstance(plain, (dict, list)) else _name_of(value)
            items.append(_Item(key, plain, place))
        return items

    # --- names ----------------------------------------------------------------------------------------------

    def _unique(self, items: list[_Item], node: Node) -> list[_Item]:
        """The items that make a stage, as DVC keeps them: a later one replaces an earlier one of its name."""
        if not items:
            self._collision(node.place, "", "has nothing to iterate over, so it makes no stage at all", None)
        kept: dict[str, _Item] = {}
        reported: set[str] = set()
        for item in items:
            if item.key in kept and item.key not in reported:
                reported.add(item.key)
                first = kept[item.key].place
                self._collision(
                    item.place, item.key, "is the name of two stages, and DVC drops one without a word", first
                )
            kept[item.key] = item
        usable = []
        for item in kept.values():
            if item.key == "":
                self._collision(item.place, "", "makes a stage without a name, on which DVC crashes", None)
            elif "@" in item.key:
                self._collision(item.place, item.key, "has an '@' in it, so DVC can't find the stage", None)
            else:
                usable.append(item)
        return usable

    def _collision(self, place: Place, key: str, reason: str, first: Place | None) -> None:
        name = f"{self.definition.name}@{key}" if key else self.definition.name
        if first == place:
            first = None
        self.problems.append(NameCollision(place, name, reason, first, self.definition))


def _unwrapped(value: Any) -> Any:
    return value.value if isinstance(value, FromContext) else value


def _name_of(value: Any) -> str:
    """A scalar as part of a stage name: `true` from the file itself, but `True` from a variable."""
    return str(value.value) if isinstance(value, FromContext) else to_text(value)
