"""What a branch does to a pipeline, as one page of Markdown for its pull request.

The first line is a marker: whoever posts the page finds the comment by it, and writes it anew in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pipelinekit.draw.difference_words import difference_lines
from pipelinekit.draw.drawing import Drawing
from pipelinekit.draw.mermaid import fits_github, mermaid_lines
from pipelinekit.freshness.causes import name_of
from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.impact.added_data import AddedData
from pipelinekit.impact.affected import Impact
from pipelinekit.impact.forecast import Forecast
from pipelinekit.impact.graph_diff import GraphDiff
from pipelinekit.impact.metrics import MetricChange
from pipelinekit.impact.param_diff import ParamDiff
from pipelinekit.report.affected_list import affected_table, counts
from pipelinekit.report.forecast import forecast_lines
from pipelinekit.report.formats.markdown import escape, findings_table
from pipelinekit.report.shown import counted, summary
from pipelinekit.report.units import readable_size
from pipelinekit.rules.finding import Finding

#: GitHub refuses a comment of more than 65,536 characters, GitLab one of more than a million.
MOST_CHARACTERS = 60_000
#: Rows of a table, from as many as anybody reads to as few as say anything, and whether the picture is there.
_ROWS = ((50, True), (50, False), (15, False), (5, False))
_WIDTH = 100


class PullRequest(NamedTuple):
    """Everything that is told of a branch."""

    #: the folder of the project in the repository, `.` for its top: it tells the comments of several apart
    project: str
    since: str
    diff: GraphDiff
    #: what changed in the graph, and one step around it
    drawing: Drawing
    impact: Impact
    #: stages of the project
    stages: int
    forecast: Forecast
    #: findings that the base has not got
    findings: tuple[Finding, ...]
    metrics: tuple[MetricChange, ...]
    added: tuple[AddedData, ...]
    #: what could not be read
    notes: tuple[str, ...] = ()


def pull_request_page(about: PullRequest, limit: int = MOST_CHARACTERS) -> str:
    """The page, with as much as fits into so many characters."""
    page = ""
    for rows, has_picture in _ROWS:
        page = "".join(f"{line}\n" for line in _lines(about, rows, has_picture))
        if len(page) <= limit:
            return page
    cut = _closed(page[: max(limit - 200, 0)].rpartition("\n")[0])
    return f"{cut}\n\n… and more: `pipelinekit report --since {_code(about.since)}` shows it.\n"


def _closed(page: str) -> str:
    """The beginning of a page, with the fence that is open where it was cut off closed."""
    fence = ""
    for line in page.splitlines():
        mark = line[: len(line) - len(line.lstrip("`"))]
        if len(mark) >= 3 and (not fence or line == fence):
            fence = "" if fence else mark
    return f"{page}\n{fence}" if fence else page


def _lines(about: PullRequest, rows: int, has_picture: bool) -> Iterator[str]:
    where = "" if about.project == "." else f" {about.project.replace('--', '')}"
    yield f"<!-- pipelinekit report{where} -->"
    name = "" if about.project == "." else f" of `{_code(about.project)}`"
    yield f"## Pipeline{name} since `{_code(about.since)}`"
    yield ""
    yield _summary(about)
    for note in about.notes:
        yield ""
        yield f"> {escape(note)}"
    sections = (
        _graph(about, has_picture),
        _reruns(about, rows),
        _findings(about.findings, rows),
        _metrics(about.metrics, rows),
        _params(about.diff.params, rows),
        _added(about.added, rows),
    )
    for section in sections:
        lines = list(section)
        if lines:
            yield ""
            yield from lines


def _summary(about: PullRequest) -> str:
    changed = len({stage.address for stage in about.diff.stages})
    parts = [
        f"**{counted(changed, 'stage')}** changed" if changed else "",
        _reruns_in_short(about),
        f"**{summary(about.findings)}** new" if about.findings else "no new findings",
        f"{counted(len(about.metrics), 'metric')} changed" if about.metrics else "",
        f"{readable_size(sum(data.size or 0 for data in about.added))} more data" if about.added else "",
    ]
    return " · ".join(filter(None, parts))


def _reruns_in_short(about: PullRequest) -> str:
    seen, unseen = counts(about.impact)
    parts = [f"**{seen} of {about.stages}** {'re-runs' if seen == 1 else 're-run'}" if seen else "nothing re-runs"]
    if unseen:
        parts.append(f"**{unseen}** should, but DVC does not see it")
    return ", ".join(parts)


# --- what changed ------------------------------------------------------------------------------------------------


def _graph(about: PullRequest, has_picture: bool) -> Iterator[str]:
    if about.diff.is_empty:
        return
    yield "### What changed in the pipeline"
    yield ""
    if has_picture and about.drawing.nodes:
        if fits_github(about.drawing):
            yield "```mermaid"
            yield from mermaid_lines(about.drawing)
            yield "```"
        else:
            yield "The picture is too large for this page: `pipelinekit graph --since … --format html` draws it."
        yield ""
    words = list(difference_lines(about.diff, about.since, width=_WIDTH, arrows=True))
    # a fence of its own, longer than any that a name could hold in a row of these lines
    yield "````diff"
    yield from (line for line in words[1:] if not line.startswith("````"))
    yield "````"


def _reruns(about: PullRequest, rows: int) -> Iterator[str]:
    if not (about.impact.affected or about.impact.recorded):
        return
    yield "### What re-runs"
    yield ""
    yield from affected_table(about.impact, most=rows)
    lines = list(forecast_lines(about.forecast)) if about.forecast.untimed < about.forecast.stages else []
    if lines:
        yield ""
        yield "; ".join(escape(line) for line in lines)


def _findings(findings: Sequence[Finding], rows: int) -> Iterator[str]:
    if not findings:
        return
    yield "### New findings"
    yield ""
    yield from findings_table(findings, most=rows)


def _metrics(metrics: Sequence[MetricChange], rows: int) -> Iterator[str]:
    if not metrics:
        return
    yield "### Metrics"
    yield ""
    yield "| metric | before | now | |"
    yield "|---|--:|--:|--:|"
    for change in metrics[:rows]:
        name = f"{escape(change.file)}: {escape(change.key)}"
        yield f"| {name} | {_value(change.old)} | {_value(change.new)} | {_grown(change.difference)} |"
    yield from _rest(len(metrics), rows)


def _grown(difference: float | None) -> str:
    if difference is None:
        return ""
    return f"▲ {_number(difference)}" if difference > 0 else f"▼ {_number(-difference)}"


def _params(params: Sequence[ParamDiff], rows: int) -> Iterator[str]:
    if not params:
        return
    yield "### Parameters"
    yield ""
    yield "| parameter | before | now | used by |"
    yield "|---|--:|--:|---|"
    for param in params[:rows]:
        users = ", ".join(escape(address.removeprefix("dvc.yaml:")) for address in param.used_by[:4])
        more = f" and {len(param.used_by) - 4} more" if len(param.used_by) > 4 else ""
        name = f"{escape(param.file)}: {escape(param.key)}"
        yield f"| {name} | {_value(param.old)} | {_value(param.new)} | {users or 'no stage'}{more} |"
    yield from _rest(len(params), rows)


def _added(added: Sequence[AddedData], rows: int) -> Iterator[str]:
    if not added:
        return
    unknown = sum(data.size is None for data in added)
    total = readable_size(sum(data.size or 0 for data in added))
    yield "### Data"
    yield ""
    yield f"{total} more in the cache and the remote" + (f", and {unknown} of unknown size" if unknown else "") + ":"
    yield ""
    yield "| output | from | size |"
    yield "|---|---|--:|"
    for data in sorted(added, key=lambda data: -(data.size or 0))[:rows]:
        size = readable_size(data.size) if data.size is not None else "unknown"
        yield f"| {escape(data.path)} | {escape(name_of(data.maker))} | {size} |"
    yield from _rest(len(added), rows)


# --- values ------------------------------------------------------------------------------------------------------


def _rest(count: int, rows: int) -> Iterator[str]:
    if count > rows:
        yield ""
        yield f"… and {count - rows} more."


def _value(value: Any) -> str:
    if value is None or value is ABSENT:
        return "–"
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    return escape(text if len(text) <= 60 else text[:59] + "…")


def _number(value: float) -> str:
    """As many digits as tell two runs apart."""
    return f"{value:.6g}"


def _code(text: str) -> str:
    """A text that stands between backquotes."""
    return "".join(char if char.isprintable() and char != "`" else "�" for char in text)
