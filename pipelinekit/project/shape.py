"""Checks a located tree against the shape of DVC's files, all of it, and says where each thing is wrong.

DVC validates the file as it is written, before `${}` is replaced: so does this.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple

from pipelinekit.model.schema import SchemaName, load_schema
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence

ProblemKind = Literal["unknown-key", "wrong-type", "missing-key", "retired-key"]
Path = tuple[Any, ...]


class ShapeProblem(NamedTuple):
    """A place where a file is not what DVC's schema asks for."""

    kind: ProblemKind
    #: the key that is unknown or retired, the value of the wrong type, the mapping or its key that lacks one
    node: Node
    #: where in the data: keys and indexes from the root to the value
    path: Path
    #: the key that is unknown, retired or missing; empty for a wrong type
    key: str
    #: what is allowed there: keys, or types in words
    allowed: tuple[str, ...]
    #: the mapping or list that holds the node
    parent: Node | None


class Shape(NamedTuple):
    """One schema, compiled: per type of node, what may be inside."""

    text: bool
    boolean: bool
    number: bool
    null: bool
    anything: bool
    items: Any  # Shape or a reference, for lists
    objects: tuple[Any, ...]  # ObjectShape or references, for mappings
    constant: Any
    retired: bool


class ObjectShape(NamedTuple):
    """What a mapping may hold."""

    properties: dict[str, Any]
    required: tuple[str, ...]
    values: Any  # Shape of the values under free keys, None where keys are fixed
    any_key: bool
    may_be_empty: bool


@cache
def _compiled(name: SchemaName) -> Shape:
    return _Compiler(load_schema(name)).root()


class _Compiler:
    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self.definitions: dict[str, Shape] = {}

    def root(self) -> Shape:
        return self.compile(self.schema)

    def compile(self, schema: Any) -> Shape:
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if reference is not None:
            name = reference.rsplit("/", 1)[1]
            if name not in self.definitions:
                self.definitions[name] = self.compile(self.schema["$defs"][name])
            return self.definitions[name]
        choices = [self._one(choice) for choice in schema.get("anyOf", [schema])]
        lists = [choice.items for choice in choices if choice.items is not None]
        return Shape(
            text=any(choice.text for choice in choices),
            boolean=any(choice.boolean for choice in choices),
            number=any(choice.number for choice in choices),
            null=any(choice.null for choice in choices),
            anything=any(choice.anything for choice in choices),
            items=lists[0] if lists else None,
            objects=tuple(shape for choice in choices for shape in choice.objects),
            constant=schema.get("const"),
            retired=bool(schema.get("deprecated")),
        )

    def _one(self, schema: dict[str, Any]) -> Shape:
        if "$ref" in schema:
            return self.compile(schema)
        kind = schema.get("type")
        return Shape(
            text=kind == "string",
            boolean=kind == "boolean",
            number=kind in ("integer", "number"),
            null=kind == "null",
            anything=kind is None and "const" not in schema,
            items=self.compile(schema["items"]) if kind == "array" else None,
            objects=(self._object(schema),) if kind == "object" else (),
            constant=schema.get("const"),
            retired=False,
        )

    def _object(self, schema: dict[str, Any]) -> ObjectShape:
        free = schema.get("additionalProperties", True)
        return ObjectShape(
            properties={name: self.compile(value) for name, value in schema.get("properties", {}).items()},
            required=tuple(schema.get("required", ())),
            values=self.compile(free) if isinstance(free, dict) else None,
            any_key=free is True,
            may_be_empty=not schema.get("minProperties"),
        )


def check_shape(root: Node, name: SchemaName) -> list[ShapeProblem]:
    """Everything in a file that DVC's schema refuses, and what it only tolerates, in the order of the text."""
    problems: list[ShapeProblem] = []
    if not _is_empty(root):
        _check(root, _compiled(name), (), None, problems)
    elif name == "dvc.lock":
        problems.append(ShapeProblem("missing-key", root, (), "schema", (), None))
    return problems


def _is_empty(root: Node) -> bool:
    """Whether DVC reads a file as an empty mapping: it does so with `null`, `[]`, `false` and `0`."""
    return not root.value if isinstance(root, Scalar) else not len(root)  # type: ignore[arg-type]


def _check(node: Node, shape: Shape, path: Path, parent: Node | None, problems: list[ShapeProblem]) -> None:
    if shape.anything:
        return
    kind = type(node)
    if kind is Scalar:
        value = node.value  # type: ignore[attr-defined]
        if shape.constant is not None:
            fits = value == shape.constant
        elif value is None:
            fits = shape.null
        elif value is True or value is False:
            fits = shape.boolean or shape.number
        elif isinstance(value, str):
            fits = shape.text
        else:
            fits = shape.number and isinstance(value, int)
        if not fits:
            problems.append(ShapeProblem("wrong-type", node, path, "", _expected(shape), parent))
    elif kind is Sequence:
        if shape.items is None:
            problems.append(ShapeProblem("wrong-type", node, path, "", _expected(shape), parent))
        elif not shape.items.anything:
            text = shape.items.text and shape.items.constant is None
            for index, item in enumerate(node.items):  # type: ignore[attr-defined]
                if text and type(item) is Scalar and type(item.value) is str:
                    continue
                _check(item, shape.items, (*path, index), node, problems)
    elif not shape.objects:
        problems.append(ShapeProblem("wrong-type", node, path, "", _expected(shape), parent))
    else:
        assert isinstance(node, Mapping)
        chosen = _choose(node, shape.objects)
        if not (node.entries or chosen.may_be_empty):
            problems.append(ShapeProblem("wrong-type", node, path, "", _expected(shape), parent))
        _check_mapping(node, chosen, path, problems, parent)


def _choose(node: Mapping, objects: tuple[ObjectShape, ...]) -> ObjectShape:
    """Of several kinds of mapping, the first one that has one of its required keys here; else the last."""
    for candidate in objects[:-1]:
        if any(key in node.entries for key in candidate.required):
            return candidate
    return objects[-1]


def _check_mapping(
    node: Mapping, shape: ObjectShape, path: Path, problems: list[ShapeProblem], parent: Node | None
) -> None:
    if shape.any_key:
        return
    properties = shape.properties
    for key, (key_node, value) in node.entries.items():
        inner = properties.get(key) if isinstance(key, str) else None
        if inner is None and isinstance(key, str):
            inner = shape.values
        if inner is None:
            if shape.values is not None:
                problems.append(ShapeProblem("wrong-type", key_node, (*path, key), "", ("a string",), node))
            else:
                problems.append(
                    ShapeProblem("unknown-key", key_node, (*path, key), _name(key), tuple(properties), node)
                )
            continue
        if inner.retired:
            problems.append(ShapeProblem("retired-key", key_node, (*path, key), _name(key), (), node))
        plain = type(value) is Scalar and type(value.value) is str and inner.text and inner.constant is None
        if not (inner.anything or plain):
            _check(value, inner, (*path, key), node, problems)
    missing = [key for key in shape.required if key not in node.entries]
    problems += [ShapeProblem("missing-key", node, path, key, (), parent) for key in missing]


def _name(key: Any) -> str:
    return key if isinstance(key, str) else str(key).lower() if isinstance(key, bool) else str(key)


def _expected(shape: Shape) -> tuple[str, ...]:
    """The types a shape allows, in words."""
    words = []
    if shape.constant is not None:
        words.append(f"'{shape.constant}'")
    if shape.text:
        words.append("a string")
    if shape.boolean:
        words.append("true or false")
    if shape.number:
        words.append("a whole number")
    if shape.items is not None:
        words.append("a list")
    if shape.objects:
        words.append("a mapping" if shape.objects[-1].may_be_empty else "a mapping that is not empty")
    if shape.null:
        words.append("nothing")
    return tuple(words)
