"""`pipelinekit explain`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option
from pipelinekit.cli.reading import read_graph, say_unreadable_locks


@click.command("explain", epilog="Example: pipelinekit explain train")
@click.argument("word", metavar="STAGE")
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@project_option
@debug_option
def command(word: str, output_format: str, project: str | None) -> int:
    """Show everything that is known about a stage.

    STAGE is its name or address, the name of a group, an output that it makes, or a script that it runs. Shown is
    where each part of it comes from, what is around it, whether it is fresh, how long it takes, what lint finds,
    and what became of it from commit to commit. Nothing of yours is executed.
    """
    from pipelinekit.cli.terminal import path_from_here, wants_colour, width
    from pipelinekit.impact.explanation import explain, explain_group
    from pipelinekit.impact.lookup import UnknownStageError, lookup
    from pipelinekit.lint.stage_findings import stage_findings
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.rules.plugins import PluginError

    graph, status = read_graph(project)
    status = max(status, say_unreadable_locks(graph))
    root = graph.index.project.root
    here = os.path.relpath(os.getcwd(), root).replace(os.sep, "/")
    try:
        found = lookup(graph, word, here if not here.startswith("..") else ".")
        alone = found.stages[0] if len(found.stages) == 1 and found.definition is None else None
        stage = explain(graph, alone) if alone is not None else None
        findings = stage_findings(graph, stage) if stage is not None else []
        group = explain_group(graph, found.definition) if found.definition is not None else None
    except (UnknownStageError, ConfigurationError, PluginError) as error:
        raise InputError(str(error)) from None
    if output_format == "json":
        from pipelinekit.report.explanation_json import json_explanation

        click.echo(json_explanation(word, found, stage, findings, group))
        return status
    from pipelinekit.report.explanation_text import explanation_lines, found_lines, group_lines

    columns, colour, path = width(), wants_colour(), path_from_here(root)
    if stage is not None:
        lines = explanation_lines(stage, findings, width=columns, colour=colour, path_from_here=path)
    elif group is not None:
        lines = group_lines(group, width=columns, colour=colour, path_from_here=path)
    else:
        lines = found_lines(found, width=columns, colour=colour, path_from_here=path)
    for line in lines:
        click.echo(line, color=True)
    return status
