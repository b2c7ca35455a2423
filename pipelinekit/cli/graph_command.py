"""`pipelinekit graph`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from pipelinekit import __version__
from pipelinekit.cli.options import SELECTOR_HELP, InputError, debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph
from pipelinekit.cli.selecting import selected_stages, selected_then_and_now

if TYPE_CHECKING:
    from pipelinekit.draw.collapse import Level, UnknownContainerError
    from pipelinekit.draw.details import Details
    from pipelinekit.draw.drawing import Drawing
    from pipelinekit.graph.graph import Graph
    from pipelinekit.impact.graph_diff import GraphDiff

_FORMATS = ["text", "mermaid", "dot", "json", "svg", "html", "markdown"]
_LEVELS = ["auto", "none", "groups", "files", "folders"]


class _Chosen(NamedTuple):
    """What to draw, and how."""

    output_format: str
    collapse: str
    expand: tuple[str, ...]
    all_edges: bool
    to_file: bool
    #: where the settings of the linter are looked for
    start: str


@click.command("graph", epilog=f"Example: pipelinekit graph --format html -o graph.html\n\n{SELECTOR_HELP}")
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", default=None, help="Write the drawing to a file.")
@click.option(
    "--collapse",
    type=click.Choice(_LEVELS),
    default="auto",
    show_default=True,
    help="Draw as one: the stages of each foreach or matrix (groups), of each dvc.yaml in a folder below (files), of "
    "each folder and the main dvc.yaml (folders); auto does what it takes to be readable.",
)
@click.option(
    "--expand",
    multiple=True,
    metavar="NAME",
    help="Draw the stages of this group, file or folder all the same. A glob, can be repeated.",
)
@click.option("--all-edges", is_flag=True, help="Draw also the edges that others imply.")
@click.option(
    "--since",
    metavar="REVISION",
    default=None,
    help="Draw what differs from a git revision; of A..B what differs between the two, of A...B since B left A.",
)
@click.option("--whole", is_flag=True, help="With --since: also the stages that nothing around them changed.")
@stages_option
@project_option
@debug_option
def command(
    output_format: str,
    output: str | None,
    collapse: str,
    expand: tuple[str, ...],
    all_edges: bool,
    since: str | None,
    whole: bool,
    stages: tuple[str, ...],
    project: str | None,
) -> int:
    """Draw the graph of the stages.

    As text each stage stands below the first one that it needs, with what it gets from it. json is never collapsed
    and has all edges. html is one page that works offline; it and svg show what the linter finds. Nothing of yours
    is executed.

    With --since it is the difference: what is new (+), gone (-) and changed (~), and one step around it; as text
    also in words. Contents of files are no part of it. The exit status is 0 whatever differs, and 1 only if errors
    in files keep a part of the graph from being read.
    """
    if whole and since is None:
        raise click.UsageError("--whole goes with --since", click.get_current_context())
    chosen = _Chosen(output_format, collapse, expand, all_edges, output is not None, project or os.getcwd())
    text, status = (
        _graph(chosen, stages, project) if since is None else _difference(since, chosen, stages, project, whole=whole)
    )
    if output is None:
        click.echo(text, nl=False, color=True)
    else:
        _write(output, text)
    return status


def _graph(chosen: _Chosen, stages: tuple[str, ...], project: str | None) -> tuple[str, int]:
    from pipelinekit.draw.drawing import drawing_of

    graph, status = read_graph(project)
    selected = selected_stages(graph, stages)
    drawing = drawing_of(graph)
    if selected is not None:
        drawing = _only(drawing, {stage.address for stage in selected})
    return _drawn(graph, drawing, chosen), status


def _only(drawing: Drawing, addresses: set[str]) -> Drawing:
    from pipelinekit.draw.selected import MOST_WAYS, has_more_ways, only

    selected = only(drawing, addresses)
    if has_more_ways(selected):
        message = f"of the ways through stages that are left out, at most {MOST_WAYS} are drawn for each stage"
        click.echo(f"pipelinekit: {message}", err=True)
    return selected


def _difference(
    since: str, chosen: _Chosen, stages: tuple[str, ...], project: str | None, *, whole: bool
) -> tuple[str, int]:
    """With selectors of the stages that they mean now, or meant then and are gone."""
    from pipelinekit.cli.comparing import compared_with_revision
    from pipelinekit.draw.difference import around_changes, drawing_of_difference, limited
    from pipelinekit.impact.graph_diff import narrowed

    with compared_with_revision(project, since) as compared:
        diff = compared.diff
        drawing = drawing_of_difference(compared.old, compared.new, diff)
        selected = selected_then_and_now(compared.old, compared.new, stages)
        if selected is not None:
            drawing, diff = limited(drawing, selected), narrowed(diff, selected)
        drawing = drawing if whole else around_changes(drawing)
        words = _words(diff, since, chosen) if chosen.output_format == "text" else ""
        return words + _drawn(compared.new, drawing, chosen, diff), compared.status


def _words(diff: GraphDiff, since: str, chosen: _Chosen) -> str:
    from pipelinekit.cli.terminal import WIDTH_OF_A_FILE, is_terminal, width
    from pipelinekit.draw.difference_words import difference_lines

    arrows = is_terminal() and not chosen.to_file
    words = _text(difference_lines(diff, since, width=WIDTH_OF_A_FILE if chosen.to_file else width(), arrows=arrows))
    return words if diff.is_empty else f"{words}\n"


def _drawn(graph: Graph, drawing: Drawing, chosen: _Chosen, diff: GraphDiff | None = None) -> str:
    from pipelinekit.draw.collapse import UnknownContainerError
    from pipelinekit.draw.layout import NoLayoutError

    name, start = chosen.output_format, chosen.start
    if name == "json":
        from pipelinekit.draw.json_difference import json_difference
        from pipelinekit.draw.json_graph import json_graph

        return json_graph(drawing, json_difference(diff) if diff is not None else None) + "\n"
    title = os.path.basename(graph.index.project.root)
    try:
        if name == "html":
            from pipelinekit.draw.html import html_page

            details = _details(graph, start)
            return html_page(drawing, details, title, __version__, level=_level(chosen), expand=chosen.expand)
        drawn = _collapsed(drawing, chosen)
        if name == "svg":
            from pipelinekit.draw.svg import svg_lines

            return _text(svg_lines(drawn, _details(graph, start), title))
    except NoLayoutError as error:
        raise InputError(str(error)) from None
    except UnknownContainerError as error:
        raise _nothing_to_expand(error) from None
    if name == "mermaid":
        from pipelinekit.draw.mermaid import mermaid_lines

        return _text(mermaid_lines(drawn))
    if name == "markdown":
        from pipelinekit.draw.details import details_of
        from pipelinekit.draw.markdown import markdown_lines

        return _text(markdown_lines(drawn, details_of(graph), title))
    if name == "dot":
        from pipelinekit.draw.dot import dot_lines

        return _text(dot_lines(drawn))
    from pipelinekit.cli.terminal import WIDTH_OF_A_FILE, is_terminal, wants_colour, width
    from pipelinekit.draw.text import text_lines

    below = "" if diff is not None else _forecast(graph)
    if chosen.to_file:
        return _text(text_lines(drawn, boxes=False, width=WIDTH_OF_A_FILE)) + below
    return _text(text_lines(drawn, boxes=is_terminal(), width=width(), colour=wants_colour())) + below


def _forecast(graph: Graph) -> str:
    """What a run of all stages takes, where past runs were timed."""
    from pipelinekit.cli.forecasting import read_forecast
    from pipelinekit.report.forecast import forecast_lines

    forecast = read_forecast(graph, graph.index.stages)
    return "\n" + _text(forecast_lines(forecast)) if forecast.untimed < forecast.stages else ""


def _collapsed(drawing: Drawing, chosen: _Chosen) -> Drawing:
    """The drawing as it was asked for; what was collapsed or can't be shown is said."""
    from pipelinekit.draw.readable import readable

    drawn = readable(drawing, chosen.output_format, _level(chosen), expand=chosen.expand, all_edges=chosen.all_edges)
    for note in drawn.notes:
        click.echo(f"pipelinekit: {note}", err=True)
    return drawn.drawing


def _level(chosen: _Chosen) -> Level | None:
    """None for as far as it takes to be readable."""
    from pipelinekit.draw.collapse import LEVELS

    return next((level for level in LEVELS if level == chosen.collapse), None)


def _nothing_to_expand(error: UnknownContainerError) -> InputError:
    from pipelinekit.model.suggest import did_you_mean

    message = f"--expand {error.name}: no group, file or folder with several stages is called that"
    return InputError(f"{message}. {did_you_mean(error.name, error.known)}".rstrip(". "))


def _details(graph: Graph, start: str) -> dict[str, Details]:
    """What is known of the stages: what the linter says, what is stale, how long they take."""
    from pipelinekit.draw.details import StageFinding, State, details_of
    from pipelinekit.freshness.status import statuses
    from pipelinekit.impact.durations import durations
    from pipelinekit.impact.schedule import critical_path
    from pipelinekit.lint.by_stage import findings_by_stage
    from pipelinekit.lint.selection import UnknownRuleError
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.rules.plugins import PluginError

    try:
        found = findings_by_stage(graph, start)
        timed = graph.derived(durations)
    except (ConfigurationError, PluginError, UnknownRuleError) as error:
        raise InputError(str(error)) from None
    findings = {
        stage: [
            StageFinding(
                one.code, one.level or "warning", one.message, one.file, one.place.document.line_of(one.place.start)
            )
            for one in several
        ]
        for stage, several in found.items()
    }
    seconds = {stage: duration.seconds for stage, duration in timed.items()}
    states = {
        stage: State(status.state, tuple(cause.words for cause in status.because))
        for stage, status in graph.derived(statuses).items()
    }
    return details_of(
        graph,
        states=states,
        findings=findings,
        seconds=seconds,
        last_runs={stage: duration.last.isoformat() for stage, duration in timed.items() if duration.last is not None},
        critical=critical_path(graph, graph.index.stages, seconds) if seconds else (),
    )


def _text(lines: object) -> str:
    return "".join(f"{line}\n" for line in lines)  # type: ignore[attr-defined]


def _write(path: str, text: str) -> None:
    from pipelinekit.project.writing import WriteError, replace_file
    from pipelinekit.report.escape import encodable

    try:
        replace_file(path, encodable(text))
    except WriteError as error:
        raise InputError(str(error)) from None
