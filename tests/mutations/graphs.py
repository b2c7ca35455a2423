"""Breaks the graph: the order of stages, cycles, outputs that are made twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipelinekit.project.paths import ancestors, relative
from pipelinekit.resolve.stage import Definition, Out, Stage
from pipelinekit.yaml.edit import reorder_entries
from pipelinekit.yaml.tree import Mapping, Scalar
from tests.mutations.mutation import Mutation, Sound, adding, mutation


def move_before_producer(sound: Sound) -> Iterator[Mutation]:
    """A stage is moved before one on which it depends."""
    for pipeline in sound.graph.index.pipelines:
        root = pipeline.document.root
        stages = root.get("stages") if isinstance(root, Mapping) else None
        if not isinstance(stages, Mapping) or stages.flow or sound.has("PK306", pipeline.path):
            continue
        names = [key.value if isinstance(key, Scalar) else None for key, _ in stages.pairs]
        for definition in pipeline.definitions:
            if not sound.is_clean(definition, "PK306"):
                continue
            place = names.index(definition.name)
            for producer in sorted(_producers(sound, definition)):
                target = names.index(producer)
                if target < place:
                    order = list(range(len(names)))
                    order.insert(target, order.pop(place))
                    what = f"move {definition.name} before {producer}"
                    yield mutation("PK306", definition, what, partial(reorder_entries, stages, order))


def add_cycle(sound: Sound) -> Iterator[Mutation]:
    """A stage depends on something that is made from its own output."""
    graph = sound.graph
    for definition in sound.definitions("PK301"):
        below = [node for stage in definition.stages for node in graph.downstream(stage) if isinstance(node, Stage)]
        below = [stage for stage in dict.fromkeys(below) if stage.definition is not definition]
        around = {stage.definition.name for stage in below}
        for stage in sorted(below, key=lambda stage: stage.address)[:5]:
            out = next((out for out in stage.outs if out.is_local and not out.is_outside), None)
            if out is not None and not _touches_own(definition, out.path):
                edits = adding(definition, "deps", relative(out.path, definition.stages[0].wdir))
                what = f"depend on {out.path}, which '{stage.name}' makes"
                yield mutation("PK301", definition, what, edits, "nothing", around)


def depend_on_itself(sound: Sound) -> Iterator[Mutation]:
    """A stage depends on its own output."""
    for definition in sound.definitions("PK302"):
        for out in _single_outs(definition):
            what = f"depend on the own output {out.path}"
            yield mutation("PK302", definition, what, adding(definition, "deps", out.text), "nothing")


def write_the_same(sound: Sound) -> Iterator[Mutation]:
    """A second stage has the output of a first one."""
    definitions = list(sound.definitions("PK303"))
    for definition in definitions:
        for other in definitions:
            if other is definition or len(other.stages) != 1 or other.file != definition.file:
                continue
            if not (other.stages[0].outs and (other.stages[0].deps or other.stages[0].params)):
                continue  # with an output it would be another kind of stage
            for out in _single_outs(definition)[:2]:
                if _can_be_made_by(sound, other.stages[0], out):
                    edits = adding(other, "outs", relative(out.path, other.stages[0].wdir))
                    what = f"make {out.path}, which '{definition.name}' makes"
                    yield mutation("PK303", other, what, edits, "nothing", {definition.name})


def list_metric_as_output(sound: Sound) -> Iterator[Mutation]:
    """A metric or plot is listed under `outs` as well."""
    for definition in sound.definitions("PK303"):
        for out in _single_outs(definition):
            if out.kind != "out":
                what = f"list the {out.kind} {out.path} under outs, too"
                yield mutation("PK303", definition, what, adding(definition, "outs", out.text))


def write_inside(sound: Sound) -> Iterator[Mutation]:
    """An output lies in another one of the same stage."""
    for definition in sound.definitions("PK304"):
        for out in _single_outs(definition):
            if out.kind == "out" and "." not in out.path.rpartition("/")[2]:
                edits = adding(definition, "outs", f"{out.text.rstrip('/')}/part.csv")
                yield mutation("PK304", definition, f"make {out.path}/part.csv, too", edits, "nothing")


def _single_outs(definition: Definition) -> list[Out]:
    """The outputs inside of the project that a stage writes, where it is no template of many."""
    outs = definition.stages[0].outs if len(definition.stages) == 1 else []
    return [out for out in outs if out.is_local and not out.is_outside and "${" not in out.node.text]


def _producers(sound: Sound, definition: Definition) -> set[str]:
    """The other stages of the file that a stage needs, by name."""
    return {
        edge.producer.definition.name
        for stage in definition.stages
        for edge in sound.graph.edges[stage]
        if isinstance(edge.producer, Stage)
        and edge.producer.file == definition.file
        and edge.producer.definition is not definition
    }


def _touches_own(definition: Definition, path: str) -> bool:
    """Whether a path is an output of a stage, holds one or lies in one: then it needs itself."""
    return any(
        out.path == path or out.path in ancestors(path) or path in ancestors(out.path)
        for stage in definition.stages
        for out in stage.outs
    )


def _can_be_made_by(sound: Sound, stage: Stage, out: Out) -> bool:
    """Whether a stage can make an output of another without a cycle, and without standing in the wrong place."""
    if sound.graph.inside(out.path) or any(dep.path == out.path for dep in stage.deps):
        return False
    consumers = [edge.consumer for edge in sound.graph.consumers.get(out.stage, ()) if edge.out is out]
    above = {stage, *sound.graph.upstream(stage)}
    if above.intersection(consumers):
        return False
    order = sound.graph.nodes
    later = [node for node in consumers if isinstance(node, Stage) and node.file == stage.file]
    return all(order.index(stage) < order.index(node) for node in later)
