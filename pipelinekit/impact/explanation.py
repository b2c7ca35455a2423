"""Everything that is known about a stage, or about a group of stages, gathered for a report. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.freshness.records import Record, recorded_entry, records
from pipelinekit.freshness.status import Status, statuses
from pipelinekit.graph.graph import Edge, Graph, GraphNode
from pipelinekit.impact.durations import Duration, durations
from pipelinekit.impact.origins import Origin, group_origins, origins
from pipelinekit.impact.sizes import StageSizes, sizes
from pipelinekit.impact.stage_history import StageHistory, stage_history
from pipelinekit.project.locked import LockedStage, LockEntry
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import is_covered
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition, Dep, Out, Param, Stage
from pipelinekit.scripts.programs import all_scripts, script_place
from pipelinekit.yaml.tree import Place

#: Commits of a stage's history that are looked for.
COMMITS = 10


class Neighbours(NamedTuple):
    """The stages next to one, and how many there are in that direction in all."""

    edges: tuple[Edge, ...]
    total: int


class UsedFile(NamedTuple):
    """A file that the stage runs or imports. `by` is the program that runs it, or the file that imports it."""

    path: str
    by: str
    #: whether a change of it re-runs the stage: it, or a folder that holds it, is a dependency
    declared: bool
    place: Place | None


class DepState(NamedTuple):
    """A dependency, who makes it, and what it was when the stage last ran."""

    dep: Dep
    makers: tuple[GraphNode, ...]
    entry: LockEntry | None


class OutState(NamedTuple):
    """An output, and what the stage left there when it last ran."""

    out: Out
    entry: LockEntry | None


class ParamState(NamedTuple):
    """A parameter: its value now and when the stage last ran; `ABSENT` where there is none."""

    param: Param
    value: Any
    recorded: Any
    #: where it is set
    place: Place | None


class Explanation(NamedTuple):
    """What is known about a stage."""

    stage: Stage
    origins: tuple[Origin, ...]
    upstream: Neighbours
    downstream: Neighbours
    scripts: tuple[UsedFile, ...]
    modules: tuple[UsedFile, ...]
    deps: tuple[DepState, ...]
    params: tuple[ParamState, ...]
    outs: tuple[OutState, ...]
    record: Record | None
    status: Status
    duration: Duration | None
    sizes: StageSizes
    history: StageHistory


class GroupExplanation(NamedTuple):
    """What is known about the template of several stages."""

    definition: Definition
    origins: tuple[Origin, ...]
    stages: tuple[Stage, ...]
    durations: dict[Stage, Duration]


def explain(graph: Graph, stage: Stage) -> Explanation:
    """Gather everything about a stage. Raises ConfigurationError."""
    record = graph.derived(records).get(stage)
    locked = record.locked if record is not None else None
    return Explanation(
        stage,
        tuple(origins(stage, _pipeline_of(stage.definition, graph))),
        _upstream(graph, stage),
        _downstream(graph, stage),
        tuple(_scripts(graph, stage)),
        tuple(_modules(graph, stage)),
        tuple(_deps(graph, stage, locked)),
        tuple(_params(graph, stage, record)),
        tuple(OutState(out, recorded_entry(out, stage, locked)) for out in stage.outs),
        record,
        graph.derived(statuses)[stage],
        graph.derived(durations).get(stage),
        graph.derived(sizes)[stage],
        stage_history(graph, stage, record, COMMITS),
    )


def explain_group(graph: Graph, definition: Definition) -> GroupExplanation:
    """Gather what the stages of a group have in common. Raises ConfigurationError."""
    known = graph.derived(durations)
    return GroupExplanation(
        definition,
        tuple(group_origins(definition, _pipeline_of(definition, graph))),
        tuple(definition.stages),
        {stage: known[stage] for stage in definition.stages if stage in known},
    )


def _pipeline_of(definition: Definition, graph: Graph) -> Pipeline:
    return next(pipeline for pipeline in graph.index.pipelines if pipeline.path == definition.file)


# --- neighbours ------------------------------------------------------------------------------------------------


def _upstream(graph: Graph, stage: Stage) -> Neighbours:
    return Neighbours(
        tuple(_first(graph.edges[stage], lambda edge: edge.producer)), _stages_of(graph.upstream(stage) - {stage})
    )


def _downstream(graph: Graph, stage: Stage) -> Neighbours:
    return Neighbours(
        tuple(_first(graph.consumers.get(stage, ()), lambda edge: edge.consumer)),
        _stages_of(graph.downstream(stage) - {stage}),
    )


def _first(edges: Iterable[Edge], other: Any) -> Iterator[Edge]:
    """One edge for each neighbour."""
    seen = set()
    for edge in edges:
        if other(edge) not in seen and edge.consumer is not edge.producer:
            seen.add(other(edge))
            yield edge


def _stages_of(nodes: Iterable[object]) -> int:
    return sum(isinstance(node, Stage) for node in nodes)


# --- files -----------------------------------------------------------------------------------------------------


def _scripts(graph: Graph, stage: Stage) -> Iterator[UsedFile]:
    listed = {dep.path for dep in stage.deps}
    seen: set[str] = set()
    for script in graph.derived(all_scripts)[stage]:
        if script.path not in seen and graph.index.project.disk.kind(script.path) is not None:
            seen.add(script.path)
            by = script.via[-1].path if script.via else script.program
            yield UsedFile(script.path, by, is_covered(script.path, listed), script_place(stage, script))


def _modules(graph: Graph, stage: Stage) -> Iterator[UsedFile]:
    """The files that its scripts import; an `__init__.py` in which nothing happens is none."""
    from pipelinekit.scripts.imports import all_imports

    listed = {dep.path for dep in stage.deps}
    seen: set[str] = set()
    for imports in graph.derived(all_imports)[stage]:
        for found in imports.files.values():
            if found.path not in seen and _does_something(graph, found.path):
                seen.add(found.path)
                by = found.importer or imports.script.path
                yield UsedFile(found.path, by, is_covered(found.path, listed), found.place)


def _does_something(graph: Graph, path: str) -> bool:
    if not path.endswith("__init__.py"):
        return True
    import ast

    from pipelinekit.scripts.python.runs import loader_of

    source = graph.derived(loader_of).source(path)
    if source is None or source.tree is None:
        return True
    return not all(
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) for statement in source.tree.body
    )


def _deps(graph: Graph, stage: Stage, locked: LockedStage | None) -> Iterator[DepState]:
    for dep in stage.deps:
        makers = dict.fromkeys(out.stage for out in graph.made_by(dep.path))
        yield DepState(dep, tuple(makers), recorded_entry(dep, stage, locked))


def _params(graph: Graph, stage: Stage, record: Record | None) -> Iterator[ParamState]:
    for param in stage.params:
        recorded: Any = ABSENT
        values = record.locked.params.get(param.file_text) if record is not None else None
        if values is not None:
            recorded = values if param.key is None else values.get(param.key, ABSENT)
        file = graph.index.project.params(param.file)
        if not isinstance(file, ParamsFile) or file.problem is not None:
            yield ParamState(param, ABSENT, recorded, None)
        elif param.key is None:
            yield ParamState(param, file.data, recorded, None)
        else:
            try:
                value = file.find(param.key)
            except (KeyError, ValueError):
                value = ABSENT
            span = file.locate(tuple(param.key.split(".")))
            yield ParamState(param, value, recorded, Place(file.document, *span) if span is not None else None)
