"""What is exported: the stages as steps of a workflow, with what passes between them.

Frozen stages are no steps, as DVC never runs them; what they have made is an input like data that a `.dvc` file
tracks, and so is what stages make that were not chosen.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from pipelinekit.export.meta import StageMeta, meta_of
from pipelinekit.export.options import Options
from pipelinekit.freshness.records import Record, recorded_entry, records
from pipelinekit.freshness.targets import target
from pipelinekit.freshness.tracked import is_cached, is_pushed, tracked_entry
from pipelinekit.graph.graph import Edge, Graph, GraphNode
from pipelinekit.project.locked import LockEntry
from pipelinekit.resolve.stage import Dep, Out, OutKind, Stage, TrackedFile


class Input(NamedTuple):
    """Something that a step reads and that is no file of the repository. Paths are relative to the project."""

    #: the output that it is, or lies in
    path: str
    #: the part of that output that is read; the same as `path` for all of it
    part: str
    #: the address of the step that makes it; empty for what is there before
    producer: str = ""
    #: of what is there before: the MD5 of its contents, that of a folder with `.dir` at the end; empty if nobody knows
    md5: str = ""
    #: whether that MD5 is one of DVC 2, whose objects lie elsewhere in a remote
    is_legacy: bool = False
    #: whether DVC keeps it; else it is a file of the repository, or passes from step to step
    is_cached: bool = True
    #: whether the default remote may have it by that MD5: not what another remote has, what is never pushed, and what
    #: is imported from another repository
    is_in_remote: bool = True


class Output(NamedTuple):
    """Something that a step makes."""

    path: str
    kind: OutKind
    is_cached: bool
    #: whether it may be kept in a remote
    is_pushed: bool
    #: whether it is there when the step begins, as it was left
    is_persistent: bool


class Step(NamedTuple):
    """A stage."""

    #: as `dvc stage list --all` has it
    address: str
    #: as `dvc repro` takes it
    target: str
    #: each is run by a shell of its own, as DVC does
    commands: tuple[str, ...]
    #: relative to the project
    wdir: str
    #: addresses of the steps that must end before, in the order of the dependencies
    needs: tuple[str, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    meta: StageMeta


class Plan(NamedTuple):
    """A workflow."""

    #: in the order in which DVC would run them
    steps: tuple[Step, ...]
    options: Options
    #: addresses of stages that are left out because they are frozen
    frozen: tuple[str, ...]


class ExportError(Exception):
    """A pipeline that can't be exported so."""


def plan_of(graph: Graph, options: Options, chosen: Collection[Stage] | None = None) -> Plan:
    """The steps of all stages, or of some.

    Raises ExportError where stages need each other in a circle, and for a `meta` that says nothing.
    """
    if graph.order is None:
        raise ExportError(
            "some stages need each other in a circle ('pipelinekit lint' shows it): no orchestrator runs that"
        )
    wanted = [node for node in graph.order if isinstance(node, Stage) and (chosen is None or node in chosen)]
    kept = [stage for stage in wanted if not stage.frozen]
    taking_part = frozenset(kept)
    made = {stage: _step(graph, stage, taking_part, options) for stage in kept}
    frozen = tuple(stage.address for stage in wanted if stage.frozen)
    return Plan(tuple(made.values()), options, frozen)


def _step(graph: Graph, stage: Stage, taking_part: Collection[GraphNode], options: Options) -> Step:
    edges = [edge for edge in graph.edges[stage] if edge.producer is not stage]
    needs = [edge.producer.address for edge in edges if edge.producer in taking_part]
    inputs = [_input(graph, edge, taking_part) for edge in edges]
    return Step(
        stage.address,
        target(stage),
        tuple(commands_of(stage)),
        stage.wdir,
        tuple(dict.fromkeys(needs)),
        tuple(dict.fromkeys(inputs)),
        tuple(_output(out) for out in stage.outs if out.is_local),
        meta_of(stage, options),
    )


def commands_of(stage: Stage) -> list[str]:
    """The commands as DVC runs them: it takes each line of a text for one, but not those of the entries of a list."""
    if isinstance(stage.cmd, str):
        return [line for line in stage.cmd.splitlines() if line.strip()]
    return [command for command in stage.commands if command.strip()]


def _input(graph: Graph, edge: Edge, taking_part: Collection[GraphNode]) -> Input:
    out, producer = edge.out, edge.producer
    dep = edge.dep.path if isinstance(edge.dep, Dep) else edge.dep.file
    part = dep if dep.startswith(f"{out.path}/") else out.path
    if producer in taking_part:
        return Input(out.path, part, producer.address, is_cached=out.cache)
    entry = _recorded(graph, out, producer)
    cached = is_cached(producer, out) if isinstance(producer, TrackedFile) else out.cache
    if entry is None or entry.md5 is None:
        return Input(out.path, part, is_cached=cached)
    pushed = is_pushed(producer, out) if isinstance(producer, TrackedFile) else _is_in_default_remote(out)
    return Input(out.path, part, "", entry.md5, entry.legacy, cached, pushed)


def _is_in_default_remote(out: Out) -> bool:
    return out.flags.get("push", True) is not False and not out.flags.get("remote")


def _recorded(graph: Graph, out: Out, producer: GraphNode) -> LockEntry | None:
    if isinstance(producer, TrackedFile):
        return tracked_entry(producer, out)
    record: Record | None = graph.derived(records).get(producer)
    return recorded_entry(out, producer, record.locked) if record is not None else None


def _output(out: Out) -> Output:
    return Output(out.path, out.kind, out.cache, out.flags.get("push", True) is not False, out.persist)
