"""The table of the stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pipelinekit.draw.details import Data, Details, ParamValue, details_of
from pipelinekit.freshness.targets import target
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.durations import shared_durations
from pipelinekit.impact.metrics import Value, metrics
from pipelinekit.project.credentials import hidden, secrets_in
from pipelinekit.report.formats.markdown import escape
from pipelinekit.report.units import readable_time
from pipelinekit.resolve.stage import Stage

#: Rows of a table: nobody reads more, and browsers grow slow.
MOST_ROWS = 500
#: Lines of one cell.
_MOST_LINES = 12


def stage_lines(graph: Graph) -> Iterator[str]:
    """A row for each stage, in the order of the files. Raises ConfigurationError."""
    details = details_of(graph)
    values = _values(graph)
    times = {stage: duration.seconds for stage, duration in shared_durations(graph).items()}
    has_params = any(stage.params for stage in graph.index.stages)
    has_metrics = any(out.kind == "metric" for stage in graph.index.stages for out in stage.outs)
    heads = ["stage", "runs", "needs", "makes"]
    heads += ["parameters"] * has_params + ["metrics"] * has_metrics + ["time"] * bool(times)
    yield _row(heads)
    yield "|" + "|".join("--:" if head == "time" else "---" for head in heads) + "|"
    for stage in graph.index.stages[:MOST_ROWS]:
        about = details[stage.address]
        cells = [_name(stage, about), _lines(_commands(about)), _lines(_paths(about.deps)), _lines(_outs(about.outs))]
        if has_params:
            cells.append(_lines(map(_param, about.params)))
        if has_metrics:
            cells.append(_lines(_metrics(about, values)))
        if times:
            cells.append(readable_time(times[stage]) if stage in times else "")
        yield _row(cells)
    yield from rest(len(graph.index.stages))


def rest(count: int) -> Iterator[str]:
    """What is said below a table that is cut off."""
    if count > MOST_ROWS:
        yield ""
        yield f"… and {count - MOST_ROWS} more: `pipelinekit stages` shows them."


def name_in_table(stage: Stage) -> str:
    """The name of a stage, with its file where that is not the project's own `dvc.yaml`."""
    return escape(target(stage))


def shown(text: str) -> str:
    """A text of the project, escaped, with no credential in it."""
    return escape(hidden(text, list(secrets_in(text))))


def _name(stage: Stage, about: Details) -> str:
    marks = [word for word, is_so in (("frozen", stage.frozen), ("runs every time", stage.runs_always)) if is_so]
    lines = [f"**{name_in_table(stage)}**", shown(" ".join(about.description.split())), ", ".join(marks)]
    return "<br>".join(filter(None, lines))


def _commands(about: Details) -> Iterator[str]:
    lines = (line for command in about.commands for line in command.splitlines() if line.strip())
    yield from map(shown, lines)
    if about.wdir != ".":
        yield f"in {shown(about.wdir)}"


def _paths(deps: Iterable[Data]) -> Iterator[str]:
    return (shown(dep.path) for dep in deps)


def _outs(outs: Iterable[Data]) -> Iterator[str]:
    for out in outs:
        yield shown(out.path) + (f" ({out.kind})" if out.kind != "out" else "")


def _param(param: ParamValue) -> str:
    name = param.key or f"all of {param.file}"
    return f"{shown(name)} = {shown(param.value)}" if param.value is not None else shown(name)


def _values(graph: Graph) -> dict[str, list[tuple[str, Value]]]:
    """The values of the metrics that git keeps: those in DVC's cache are not in every clone."""
    outs = [out for stage in graph.index.stages for out in stage.outs if out.kind == "metric" and not out.cache]
    if not outs:
        return {}
    kept = {out.path for out in outs}
    return {file: sorted(values.items()) for file, values in metrics(graph).items() if file in kept}


def _metrics(about: Details, values: Mapping[str, list[tuple[str, Value]]]) -> Iterator[str]:
    for out in about.outs:
        if out.kind == "metric":
            yield from (f"{shown(key)} = {_value(value)}" for key, value in values.get(out.path, ()))


def _value(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return shown(text if len(text) <= 60 else text[:59] + "…")


def _lines(cells: Iterable[str]) -> str:
    every = list(cells)
    if len(every) > _MOST_LINES:
        every[_MOST_LINES - 1 :] = [f"and {len(every) - _MOST_LINES + 1} more"]
    return "<br>".join(every)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
