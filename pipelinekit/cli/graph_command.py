"""`pipelinekit graph`."""

from __future__ import annotations

import click

from pipelinekit.cli.options import debug_option, project_option
from pipelinekit.cli.reading import read_graph

_FORMATS = ["text", "mermaid", "dot", "json"]


@click.command("graph", epilog="Example: pipelinekit graph --format mermaid")
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="text", show_default=True)
@project_option
@debug_option
def command(output_format: str, project: str | None) -> int:
    """Draw the graph of the stages.

    As text each stage stands below the first one that it needs, with what it gets from it. Nothing of yours is
    executed.
    """
    from pipelinekit.draw.drawing import drawing_of

    graph, status = read_graph(project)
    drawing = drawing_of(graph)
    if output_format == "json":
        from pipelinekit.draw.json_graph import json_graph

        click.echo(json_graph(drawing))
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
    return status
