"""`pipelinekit stages`."""

from __future__ import annotations

import click

from pipelinekit.cli.options import debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph
from pipelinekit.cli.selecting import selected_stages


@click.command("stages", epilog="Example: pipelinekit stages --format json")
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@stages_option
@project_option
@debug_option
def command(output_format: str, stages: tuple[str, ...], project: str | None) -> int:
    """Show the concrete stages, after vars, ${}, foreach and matrix.

    These are the stages that DVC sees, in the order of the files. Nothing of yours is executed.
    """
    from pipelinekit.cli.terminal import wants_colour, width
    from pipelinekit.report.stage_list import json_stages, stage_lines

    graph, status = read_graph(project)
    chosen = selected_stages(graph, stages)
    shown = graph.index.stages if chosen is None else chosen
    if output_format == "json":
        click.echo(json_stages(shown))
    else:
        for line in stage_lines(shown, width=width(), colour=wants_colour()):
            click.echo(line, color=True)
    return status
