"""What is known about each stage beside the graph: its command, data, parameters, findings, last run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from pipelinekit.freshness.records import Record, recorded_entry, records
from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Dep, Out, Stage


class Data(NamedTuple):
    """A dependency or an output."""

    path: str
    #: "dep", "out", "metric" or "plot"
    kind: str
    #: bytes at the last run, and files in it if it is a folder; None if that is not recorded
    size: int | None
    files: int | None
    #: the address of the stage that makes a dependency
    made_by: str | None = None
    cache: bool = True


class ParamValue(NamedTuple):
    """A parameter, with its value as text; None where it has none. Without a key it is the whole file."""

    file: str
    key: str | None
    value: str | None
    #: at the last run, where that was another one
    was: str | None = None


class StageFinding(NamedTuple):
    """What the linter says of a stage; `line` counts from 1, in `file`."""

    code: str
    level: str
    message: str
    file: str
    line: int


class State(NamedTuple):
    """Whether what a stage has made is still true ("fresh", "stale", "never-run", "unknown"), and why, in words."""

    state: str
    causes: tuple[str, ...] = ()


class Details(NamedTuple):
    """Everything to tell of a stage. What was not asked for is None, or empty."""

    address: str
    file: str
    line: int
    description: str
    commands: tuple[str, ...]
    wdir: str
    deps: tuple[Data, ...]
    outs: tuple[Data, ...]
    params: tuple[ParamValue, ...]
    #: whether a lock has a run of it
    has_run: bool
    #: what its outputs take, as far as that is recorded
    bytes: int | None
    frozen: bool = False
    always_changed: bool = False
    state: State | None = None
    findings: tuple[StageFinding, ...] = ()
    #: how long its last run took, and when that was (ISO 8601)
    seconds: float | None = None
    last_run: str | None = None
    #: whether it is one of the stages that no number of workers makes faster
    is_critical: bool = False


def details_of(
    graph: Graph,
    *,
    states: Mapping[Stage, State] | None = None,
    findings: Mapping[Stage, Iterable[StageFinding]] | None = None,
    seconds: Mapping[Stage, float] | None = None,
    last_runs: Mapping[Stage, str] | None = None,
    critical: Collection[Stage] = (),
) -> dict[str, Details]:
    """What is known of each stage, by address. What is not given is left out."""
    recorded = graph.derived(records)
    values = _Values(graph.index.project)
    found: dict[str, Details] = {}
    for stage in graph.index.stages:
        details = _details(stage, graph, recorded.get(stage), values)
        found[stage.address] = details._replace(
            state=(states or {}).get(stage),
            findings=tuple((findings or {}).get(stage, ())),
            seconds=(seconds or {}).get(stage),
            last_run=(last_runs or {}).get(stage),
            is_critical=stage in critical,
        )
    return found


def _details(stage: Stage, graph: Graph, record: Record | None, values: _Values) -> Details:
    makers = {id(edge.dep): edge.producer.address for edge in graph.edges[stage] if isinstance(edge.producer, Stage)}
    deps = tuple(_dep(dep, stage, record, makers.get(id(dep))) for dep in stage.deps)
    outs = tuple(_out(out, stage, record) for out in stage.outs)
    sizes = [out.size for out in outs if out.size is not None]
    text = stage.definition.body.get("desc") if stage.definition.body is not None else None
    return Details(
        stage.address,
        stage.file,
        stage.name_node.line,
        text.data if text is not None and isinstance(text.data, str) else "",
        tuple(stage.commands),
        stage.wdir,
        deps,
        outs,
        tuple(values.of(stage, record)),
        record is not None,
        sum(sizes) if sizes else None,
        stage.frozen,
        stage.always_changed,
    )


def _dep(dep: Dep, stage: Stage, record: Record | None, maker: str | None) -> Data:
    entry = recorded_entry(dep, stage, record.locked if record is not None else None)
    return Data(dep.path, "dep", entry.size if entry else None, entry.nfiles if entry else None, maker)


def _out(out: Out, stage: Stage, record: Record | None) -> Data:
    entry = recorded_entry(out, stage, record.locked if record is not None else None)
    return Data(out.path, out.kind, entry.size if entry else None, entry.nfiles if entry else None, None, out.cache)


class _Values:
    """The values of parameters, now and at the last run."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def of(self, stage: Stage, record: Record | None) -> Iterable[ParamValue]:
        before = record.locked.params if record is not None else {}
        for param in stage.params:
            if param.key is None:
                yield ParamValue(param.file, None, None)
                continue
            value = self._value(param.file, param.key)
            keys = before.get(param.file_text, {})
            old = _text(keys[param.key]) if param.key in keys else None
            yield ParamValue(param.file, param.key, value, old if old != value else None)

    def _value(self, file: str, key: str) -> str | None:
        params = self.project.params(file)
        if not isinstance(params, ParamsFile) or params.problem is not None:
            return None
        try:
            return _text(params.find(key))
        except (KeyError, ValueError):
            return None


def _text(value: Any) -> str:
    """A value as JSON has it, but a string without quotes; a long one cut off."""
    if isinstance(value, str):
        text = value
    else:
        import json

        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (TypeError, ValueError, RecursionError):
            text = str(value)
    return text if len(text) <= 200 else text[:199] + "…"
