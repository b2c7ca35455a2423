"""Replaces `${}` in one field of a stage, as DVC does, and keeps account of what can't be replaced."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pipelinekit.resolve.context import Context, UndefinedError, lookup
from pipelinekit.resolve.expression import Expression, is_misspelt_name, is_of_the_shell, parse_template, unescape
from pipelinekit.resolve.problems import InterpolatedType, InvalidExpression, Problem, UndefinedVariable
from pipelinekit.resolve.stage import Definition
from pipelinekit.yaml.tree import Mapping, Node, Place, Scalar, Sequence
from pipelinekit.yaml.within import source_offsets


class _Unknown:
    """Stands for a value that can't be told, because a problem was reported instead."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Any = _Unknown()


class FromContext:
    """A value of the context that is not unwrapped: DVC names stages after it differently than after a literal."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class NestedListError(Exception):
    """A mapping that can't be unpacked into options: a list inside of a list."""


def to_text(value: Any, options: dict[str, str] | None = None) -> str:
    """A value inside of a longer string: booleans in YAML's spelling, mappings as command-line options."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return as_options(value, options or {})
    return str(value)


def as_options(mapping: dict[str, Any], options: dict[str, str]) -> str:
    """`{lr: 0.1, aug: {flip: true}}` → `--lr 0.1 --aug.flip`; `parsing.bool` and `parsing.list` decide details."""
    words: list[str] = []
    for name, value in _flattened(mapping, ""):
        if isinstance(value, bool):
            if value:
                words.append(f"--{name}")
            elif options.get("bool", "store_true") == "boolean_optional":
                words.append(f"--no-{name}")
        elif isinstance(value, str):
            words += [f"--{name}", shlex.quote(value)]
        elif isinstance(value, (list, tuple)):
            if any(isinstance(item, (list, tuple, dict)) for item in value):
                raise NestedListError(name)
            items = [shlex.quote(item) if isinstance(item, str) else str(item) for item in value]
            if options.get("list", "nargs") == "append":
                words += [word for item in items for word in (f"--{name}", item)]
            elif items:
                words += [f"--{name}", *items]
        else:
            words += [f"--{name}", str(value)]
    return " ".join(words)


def _flattened(mapping: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield prefix + str(key), value


def expression_place(node: Scalar, start: int, end: int) -> Place:
    """The span of a part of a scalar's text; the whole scalar where it can't be told."""
    if node.text is node.value and not node.style and node.anchor is None and node.end - node.start == len(node.text):
        return Place(node.document, node.start + start, node.start + end)
    offsets = _offsets(node)
    if offsets is None or not offsets or end > len(offsets) or start >= end:
        return node.place
    return Place(node.document, offsets[start], offsets[end - 1] + 1)


@lru_cache(maxsize=256)
def _offsets(node: Scalar) -> list[int] | None:
    """The same for all stages of a group: they share their template."""
    return source_offsets(node)


class Interpolator:
    """Resolves the strings of one stage, or one top-level section."""

    def __init__(
        self,
        context: Context,
        variables: dict[str, Any],
        definition: Definition | None,
        options: dict[str, str],
        used: set[tuple[str, ...]],
    ) -> None:
        self.context = context
        self.variables = variables
        self.scope = {**context.data, **variables} if variables else context.data
        self.definition = definition
        self.options = options
        self.used = used
        self.problems: list[Problem] = []

    def text(self, node: Scalar, field: str | None, *, wanted: str = "a string") -> Any:
        """A scalar's value with its `${}` replaced: a string, or what an exact `${}` names; UNKNOWN if it can't be.

        `field` is the stage's key that holds it: only `cmd` may unpack mappings. None where DVC takes any type.
        """
        source = node.value
        if not isinstance(source, str) or "${" not in source:
            return source
        template = parse_template(source)
        if template.is_exact:
            return self._value(node, template.expressions[0], field, wanted)
        pieces: list[str] = []
        position = 0
        for expression in template.expressions:
            value = self._value(node, expression, field, wanted)
            if value is UNKNOWN:
                position = -1
            elif position >= 0:
                try:
                    replaced = to_text(value, self.options)
                except NestedListError as error:
                    self._wrong_type(node, expression, f"a mapping with a list of lists in '{error}'", wanted)
                    position = -1
                    continue
                pieces.append(source[position : expression.start])
                pieces.append(replaced)
                position = expression.end
        if position < 0:
            return UNKNOWN
        pieces.append(source[position:])
        return unescape("".join(pieces))

    def wrapped(self, node: Scalar) -> Any:
        """As `text`, for the items of `foreach` and `matrix`: an exact `${}` stays a `FromContext`."""
        value = self.text(node, None)
        return FromContext(value) if value is not UNKNOWN and self.is_exact(node) else value

    def is_exact(self, node: Scalar) -> bool:
        """Whether a scalar is one `${}` and nothing else."""
        return isinstance(node.value, str) and "${" in node.value and parse_template(node.value).is_exact

    def anything(self, node: Node, field: str | None) -> Any:
        """A value of any shape, with all of its strings and keys resolved; UNKNOWN if one of them can't be."""
        if isinstance(node, Scalar):
            return self.text(node, field)
        if isinstance(node, Sequence):
            items = [self.anything(item, field) for item in node.items]
            return UNKNOWN if any(item is UNKNOWN for item in items) else items
        assert isinstance(node, Mapping)
        result: dict[Any, Any] = {}
        known = True
        for key, (key_node, value_node) in node.entries.items():
            name = self.text(key_node, field) if isinstance(key_node, Scalar) else key
            value = self.anything(value_node, field)
            if name is UNKNOWN or value is UNKNOWN:
                known = False
            elif not isinstance(name, (dict, list)):
                result[name] = value
        return result if known else UNKNOWN

    def _value(self, node: Scalar, expression: Expression, field: str | None, wanted: str) -> Any:
        if expression.error is not None:
            found = expression.inner[expression.error : expression.error + 1]
            place = expression_place(node, expression.start, expression.end)
            self.problems.append(InvalidExpression(place, expression.text, found, False, self.definition))
            return UNKNOWN
        try:
            value = lookup(self.scope, expression.keys)
        except UndefinedError:
            self._undefined(node, expression)
            return UNKNOWN
        self.used.add(expression.keys)
        if field is not None and isinstance(value, (dict, list)) and not (field == "cmd" and isinstance(value, dict)):
            self._wrong_type(node, expression, "a list" if isinstance(value, list) else "a mapping", wanted)
            return UNKNOWN
        return value

    def _undefined(self, node: Scalar, expression: Expression) -> None:
        if expression.keys[0] in ("item", "key") and self.definition is not None and self.definition.unknown:
            return  # a key that DVC doesn't know may be a misspelt `matrix`
        place = expression_place(node, expression.start, expression.end)
        names = (*self.context.names(), *self._variable_names())
        name = ".".join(expression.keys)
        if is_of_the_shell(expression.text) and not is_misspelt_name(name, names):
            self.problems.append(InvalidExpression(place, expression.text, "", False, self.definition))
            return
        if self.context.incomplete and expression.keys[0] not in self.variables:
            return  # whatever should have defined it is reported
        self.problems.append(UndefinedVariable(place, name, tuple(names), self.definition))

    def _variable_names(self) -> list[str]:
        names = Context()
        names.data = self.variables
        return names.names()

    def _wrong_type(self, node: Scalar, expression: Expression, value_type: str, wanted: str) -> None:
        place = expression_place(node, expression.start, expression.end)
        defined = None if expression.keys[0] in self.variables else self.context.locate(expression.keys)
        self.problems.append(InterpolatedType(place, expression.text, value_type, wanted, defined, self.definition))

    def refuse_type(self, node: Scalar, value: Any, wanted: str) -> None:
        """Report a `${}` that stands alone and gives a type that can't be used there."""
        template = parse_template(node.value)
        self._wrong_type(node, template.expressions[0], type_in_words(value), wanted)

    def refuse_empty(self, node: Scalar, wanted: str) -> None:
        """Report a text that is empty, or becomes so."""
        self.problems.append(
            InterpolatedType(node.place, node.source or "''", "an empty string", wanted, None, self.definition)
        )


def type_in_words(value: Any) -> str:
    """What a value is, for a message."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if value is None:
        return "nothing (null)"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"a {type(value).__name__}"
