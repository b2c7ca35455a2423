"""Breaks what is written: names of fields and flags, commands that are missing, values of the wrong kind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipelinekit.resolve.stage import Definition
from pipelinekit.yaml.edit import insert_entry, remove_entry, rename_key, replace_item, replace_value
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence
from tests.mutations.mutation import Mutation, Sound, mutation

#: Fields and flags, as a hand slips.
_FIELDS = {
    "cmd": "cmnd",
    "deps": "dep",
    "outs": "out",
    "params": "param",
    "metrics": "metric",
    "plots": "plot",
    "wdir": "wdr",
    "frozen": "forzen",
    "always_changed": "always_change",
    "matrix": "matrx",
    "foreach": "forech",
    "do": "doo",
}
_FLAGS = {"cache": "cach", "persist": "presist", "push": "psh", "desc": "descr", "x": "xx", "template": "templat"}
_TOP = {"stages": "stage", "metrics": "metric", "plots": "plot", "params": "param", "artifacts": "artifact"}


def misspell_field(sound: Sound) -> Iterator[Mutation]:
    """A field of a stage has another name."""
    for definition in sound.definitions("PK010"):
        for mapping in dict.fromkeys(filter(None, (definition.body, definition.entry))):
            for key in _keys(mapping, _FIELDS):
                edits = partial(rename_key, mapping, key, _FIELDS[key])
                yield mutation("PK010", definition, f"write {_FIELDS[key]} for {key}", edits)


def misspell_flag(sound: Sound) -> Iterator[Mutation]:
    """A flag of an output has another name."""
    for definition in sound.definitions("PK010"):
        for flags in _flags(definition):
            for key in _keys(flags, _FLAGS):
                edits = partial(rename_key, flags, key, _FLAGS[key])
                yield mutation("PK010", definition, f"write {_FLAGS[key]} for {key}", edits)


def misspell_section(sound: Sound) -> Iterator[Mutation]:
    """A section of the file has another name."""
    for pipeline in sound.graph.index.pipelines:
        root = pipeline.document.root
        if not isinstance(root, Mapping) or not pipeline.definitions:
            continue
        if not all(sound.is_clean(definition, "PK010") for definition in pipeline.definitions):
            continue
        for key in _keys(root, _TOP):
            edits = partial(rename_key, root, key, _TOP[key])
            made = mutation("PK010", pipeline.definitions[0], f"write {_TOP[key]} for {key}", edits)
            yield made._replace(stage="")


def drop_command(sound: Sound) -> Iterator[Mutation]:
    """A stage has no command."""
    for definition in sound.definitions("PK012"):
        if definition.body is not None and len(definition.body.pairs) > 1:
            yield mutation("PK012", definition, "drop cmd", partial(remove_entry, definition.body, "cmd"), "nothing")


def repeat_field(sound: Sound) -> Iterator[Mutation]:
    """A field stands twice."""
    for definition in sound.definitions("PK002"):
        if definition.body is not None and "desc" not in definition.body:
            node = definition.body.get("cmd")
            if isinstance(node, Scalar) and isinstance(node.value, str):
                edits = partial(insert_entry, definition.body, len(definition.body.pairs), "cmd", "python other.py")
                yield mutation("PK002", definition, "write cmd twice", edits, "nothing")


def unlist(sound: Sound) -> Iterator[Mutation]:
    """A list of one is written as its item."""
    for definition in sound.definitions("PK011 PK018"):
        for name in ("deps", "outs"):
            section = definition.section(name)
            item = section.items[0] if section is not None and len(section.items) == 1 else None
            if definition.body is not None and isinstance(item, Scalar) and isinstance(item.value, str):
                edits = partial(replace_value, definition.body, name, item.value)
                yield mutation("PK011 PK018", definition, f"write {name} without a dash", edits)


def cache_metric(sound: Sound) -> Iterator[Mutation]:
    """A metric loses its `cache: false`."""
    for definition in sound.definitions("PK401"):
        section = definition.section("metrics")
        for index, item in enumerate(section.items if section is not None else []):
            flags = item.pairs[0][1] if isinstance(item, Mapping) and len(item.pairs) == 1 else None
            if section is None or not isinstance(item, Mapping) or not isinstance(flags, Mapping):
                continue
            cache = flags.get("cache")
            key = item.pairs[0][0]
            if not isinstance(cache, Scalar) or cache.value is not False or not isinstance(key, Scalar):
                continue
            if any(out.node is key and out.is_outside for stage in definition.stages for out in stage.outs):
                continue  # DVC can't cache it
            edits = partial(remove_entry, flags, "cache")
            if len(flags.pairs) == 1:
                edits = partial(replace_item, section, index, key.value)
            yield mutation("PK401", definition, f"cache the metric {key.text}", edits)


def _keys(mapping: Mapping, names: dict[str, str]) -> list[str]:
    return [str(key.value) for key, _ in mapping.pairs if isinstance(key, Scalar) and key.value in names]


def _flags(definition: Definition) -> Iterator[Mapping]:
    for name in ("outs", "metrics", "plots"):
        section: Sequence | None = definition.section(name)
        items: list[Node] = list(section.items) if section is not None else []
        for item in items:
            for _, value in item.pairs if isinstance(item, Mapping) else []:
                if isinstance(value, Mapping):
                    yield value
