"""`pipelinekit graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipelinekit.cli.options import SELECTOR_HELP, debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph
from pipelinekit.cli.selecting import selected_stages, selected_then_and_now

if TYPE_CHECKING:
    from pipelinekit.draw.drawing import Drawing
    from pipelinekit.impact.graph_diff import GraphDiff

_FORMATS = ["text", "mermaid", "dot", "json"]


@click.command("graph", epilog=f"Example: pipelinekit graph --since main --format mermaid\n\n{SELECTOR_HELP}")
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="text", show_default=True)
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
def command(output_format: str, since: str | None, whole: bool, stages: tuple[str, ...], project: str | None) -> int:
    """Draw the graph of the stages.

    As text each stage stands below the first one that it needs, with what it gets from it. Nothing of yours is
    executed.

    With --since it is the difference: what is new (+), gone (-) and changed (~), and one step around it; as text
    also in words. Contents of files are no part of it. The exit status is 0 whatever differs, and 1 only if errors
    in files keep a part of the graph from being read.
    """
    if since is not None:
        return _draw_difference(since, stages, project, output_format, whole=whole)
    if whole:
        raise click.UsageError("--whole goes with --since", click.get_current_context())
    from pipelinekit.draw.drawing import drawing_of

    graph, status = read_graph(project)
    chosen = selected_stages(graph, stages)
    drawing = drawing_of(graph)
    _echo(drawing if chosen is None else _only(drawing, {stage.address for stage in chosen}), output_format)
    return status


def _only(drawing: Drawing, addresses: set[str]) -> Drawing:
    from pipelinekit.draw.selected import MOST_WAYS, has_more_ways, only

    selected = only(drawing, addresses)
    if has_more_ways(selected):
        message = f"of the ways through stages that are left out, at most {MOST_WAYS} are drawn for each stage"
        click.echo(f"pipelinekit: {message}", err=True)
    return selected


def _draw_difference(
    since: str, stages: tuple[str, ...], project: str | None, output_format: str, *, whole: bool
) -> int:
    """With selectors of the stages that they mean now, or meant then and are gone."""
    from pipelinekit.cli.comparing import compared_with_revision
    from pipelinekit.draw.difference import around_changes, drawing_of_difference, limited
    from pipelinekit.impact.graph_diff import narrowed

    with compared_with_revision(project, since) as compared:
        diff = compared.diff
        drawing = drawing_of_difference(compared.old, compared.new, diff)
        chosen = selected_then_and_now(compared.old, compared.new, stages)
        if chosen is not None:
            drawing, diff = limited(drawing, chosen), narrowed(diff, chosen)
        drawing = drawing if whole else around_changes(drawing)
        if output_format == "text":
            _echo_words(diff, since)
        _echo(drawing, output_format, diff)
    return compared.status


def _echo_words(diff: GraphDiff, since: str) -> None:
    from pipelinekit.cli.terminal import is_terminal, width
    from pipelinekit.draw.difference_words import difference_lines

    for line in difference_lines(diff, since, width=width(), arrows=is_terminal()):
        click.echo(line)
    if not diff.is_empty:
        click.echo()


def _echo(drawing: Drawing, output_format: str, diff: GraphDiff | None = None) -> None:
    if output_format == "json":
        from pipelinekit.draw.json_difference import json_difference
        from pipelinekit.draw.json_graph import json_graph

        click.echo(json_graph(drawing, json_difference(diff) if diff is not None else None))
    elif output_format == "mermaid":
        from pipelinekit.draw.mermaid import mermaid_lines

        click.echo("\n".join(mermaid_lines(drawing)))
    elif output_format == "dot":
        from pipelinekit.draw.dot import dot_lines

        click.echo("\n".join(dot_lines(drawing)))
    else:
        from pipelinekit.cli.terminal import is_terminal, width
        from pipelinekit.draw.text import text_lines

        for line in text_lines(drawing, boxes=is_terminal(), width=width()):
            click.echo(line)
