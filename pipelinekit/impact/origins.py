"""Where the parts of a stage come from: the `${}` of its template, what each stands for, and which line says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.resolve.context import Context, UndefinedError, VarsLoader, lookup
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.interpolate import UNKNOWN, Interpolator
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition, Stage
from pipelinekit.yaml.tree import Mapping, Node, Place, Scalar, Sequence, at, walk

#: What stands in a stage and is no field that DVC runs with.
_NO_FIELDS = frozenset({"vars", "foreach", "do", "matrix"})


class Origin(NamedTuple):
    """A `${}` of a stage: what it stands for, and where that is defined."""

    #: as it is written, braces included
    text: str
    #: UNKNOWN if it stands for nothing
    value: Any
    #: where the value is defined; None if that can't be told
    place: Place | None
    #: the fields of the stage that have it: `cmd`, `deps`…
    fields: tuple[str, ...]


def origins(stage: Stage, pipeline: Pipeline) -> list[Origin]:
    """The `${}` of a stage, each once, in the order of the file; those of `foreach` and `matrix` left out."""
    body = stage.definition.body
    if body is None or "${" not in body.document.text:
        return []
    scope = _Scope(stage, pipeline)
    return [
        Origin(text, scope.value(keys), scope.place(keys), tuple(dict.fromkeys(fields)))
        for (text, keys), fields in _expressions(body).items()
    ]


def group_origins(definition: Definition, pipeline: Pipeline) -> list[Origin]:
    """The `${}` that say what a group is made of: those of its `foreach` or `matrix`."""
    node = definition.entry.get(definition.kind) if definition.kind != "plain" else None
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for scalar in walk(node) if node is not None else ():
        for text, keys in _in_scalar(scalar):
            found.setdefault((text, keys), []).append(definition.kind)
    data = pipeline.context.data
    return [
        Origin(text, _looked_up(data, keys), pipeline.context.locate(keys), (definition.kind,)) for text, keys in found
    ]


def _expressions(body: Mapping) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """The fields by `${}` and the names in it."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for field, (_, node) in body.entries.items():
        if field not in _NO_FIELDS and isinstance(field, str):
            for scalar in walk(node):
                for identity in _in_scalar(scalar):
                    found.setdefault(identity, []).append(field)
    return found


def _in_scalar(node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value:
        for expression in parse_template(node.value).expressions:
            if expression.error is None:
                yield expression.text, expression.keys


def _looked_up(data: dict[str, Any], keys: tuple[str, ...]) -> Any:
    try:
        return lookup(data, keys)
    except UndefinedError:
        return UNKNOWN


class _Scope:
    """The names that the `${}` of one stage can use."""

    def __init__(self, stage: Stage, pipeline: Pipeline) -> None:
        self._stage = stage
        self._pipeline = pipeline
        self._context = pipeline.context
        assert stage.definition.body is not None
        own = stage.definition.body.get("vars")
        if own is not None:
            self._context = pipeline.context.copy()
            VarsLoader(pipeline.project, self._context, stage.wdir, stage.definition, stage.variables).load(own)

    def value(self, keys: tuple[str, ...]) -> Any:
        return _looked_up({**self._context.data, **self._stage.variables}, keys)

    def place(self, keys: tuple[str, ...]) -> Place | None:
        """Where a name is defined: for what a list holds, the list if need be."""
        if keys[0] in self._stage.variables:
            return _place_of_variable(self._stage, keys, self._pipeline)
        return _located(self._context, keys)


def _located(context: Context, keys: tuple[str, ...]) -> Place | None:
    for length in range(len(keys), 0, -1):
        place = context.locate(keys[:length])
        if place is not None:
            return place
    return None


def _place_of_variable(stage: Stage, keys: tuple[str, ...], pipeline: Pipeline) -> Place | None:
    """Where `foreach` or `matrix`, or the list that it names, has what `item` and `key` are for this stage."""
    definition = stage.definition
    node = definition.entry.get(definition.kind)
    suffix = stage.name[len(definition.name) + 1 :]
    if definition.kind == "matrix":
        axis = node.get(keys[1]) if isinstance(node, Mapping) and keys[0] == "item" and len(keys) > 1 else None
        if axis is None:
            return node.place if node is not None else None
        return _place_of_item(axis, stage.variables["item"].get(keys[1]), None, keys[2:], pipeline)
    return _place_of_item(node, stage.variables.get("item"), suffix, keys[1:], pipeline) if node is not None else None


def _place_of_item(node: Node, value: Any, name: str | None, rest: tuple[str, ...], pipeline: Pipeline) -> Place:
    """The item of a list, or the entry of a mapping, that has a value or a name; else all of it."""
    interpolator = Interpolator(pipeline.context, {}, None, pipeline.project.parsing_options, set())
    if isinstance(node, Mapping):
        entry = next((pair for key, pair in node.entries.items() if str(key) == name), None)
        return node.place if entry is None else _inner(entry[1], rest) or entry[0].place
    if isinstance(node, Sequence):
        found = next((item for item in node.items if interpolator.anything(item, None) == value), node)
        return _inner(found, rest) or found.place
    assert isinstance(node, Scalar)
    listed = interpolator.text(node, None)
    keys = next((keys for _, keys in _in_scalar(node)), ())
    step: tuple[str, ...] = ()
    if isinstance(listed, dict) and name is not None and name in listed:
        step = (name,)
    elif isinstance(listed, list) and value in listed:
        step = (str(listed.index(value)),)
    return (_located(pipeline.context, (*keys, *step, *rest)) if keys else None) or node.place


def _inner(node: Node, keys: tuple[str, ...]) -> Place | None:
    """Where a mapping has a key, at any depth."""
    holder = at(node, keys[:-1]) if keys else None
    key = holder.key_node(keys[-1]) if isinstance(holder, Mapping) else None
    return key.place if key is not None else None
