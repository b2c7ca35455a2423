"""`pipelinekit affected`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from pipelinekit.cli.forecasting import read_forecast
from pipelinekit.cli.options import InputError, debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph, say_unreadable_locks
from pipelinekit.cli.selecting import selected_stages

if TYPE_CHECKING:
    from pipelinekit.graph.graph import Graph
    from pipelinekit.impact.affected import Impact

_STDIN = "-"


@click.command("affected", epilog="Example: pipelinekit affected src/preprocess.py")
@click.argument("files", nargs=-1, metavar="[FILES]...")
@click.option("--since", metavar="REVISION", default=None, help="What has changed since a git revision.")
@click.option("--stdin", is_flag=True, help="Read the names of files from standard input, as '-' does.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
@click.option("--all", "everything", is_flag=True, help="Show every stage, however many there are.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whether or not something re-runs.")
@stages_option
@project_option
@debug_option
def command(
    files: tuple[str, ...],
    since: str | None,
    stdin: bool,
    output_format: str,
    everything: bool,
    exit_zero: bool,
    stages: tuple[str, ...],
    project: str | None,
) -> int:
    """Show what re-runs if some files change, and why.

    FILES are scripts, data, params files, dvc.yaml or .dvc files, or folders; '-' reads their names from standard
    input, as in 'git diff --name-only | pipelinekit affected -'. Of a params file or a dvc.yaml that has changed
    already, only the keys and stages that are different count. With --since the changes come from git: those that
    dvc.lock has a run of are left out. --stages shows only some of what re-runs.

    Code that a stage uses and does not list counts as well, and is marked: dvc repro does not see it. Exits 1 if
    something re-runs, else 0. Nothing of yours is executed.
    """
    from_stdin = stdin or _STDIN in files
    named = tuple(file for file in files if file != _STDIN)
    if since is not None and (named or from_stdin):
        raise InputError("--since takes the files from git: give no others")
    if since is None and not (named or from_stdin):
        raise InputError("name the files that change, or say --since REVISION")
    graph, status = read_graph(project)
    status = max(status, say_unreadable_locks(graph))
    impact = _since(graph, since) if since is not None else _of_files(graph, named, from_stdin)
    chosen = selected_stages(graph, stages)
    if chosen is not None:
        from pipelinekit.impact.affected import only

        impact = only(impact, chosen)
    _show(impact, graph, output_format, everything)
    return 0 if exit_zero else 1 if impact.affected else status


def _since(graph: Graph, revision: str) -> Impact:
    from pipelinekit.impact.affected import impact_since
    from pipelinekit.project.revision import RevisionError

    try:
        return impact_since(graph, revision)
    except RevisionError as error:
        raise InputError(str(error)) from None


def _of_files(graph: Graph, named: tuple[str, ...], from_stdin: bool) -> Impact:
    from pipelinekit.impact.affected import impact_of_files
    from pipelinekit.impact.named_paths import UnknownPathError, check_unused, listed_paths, named_paths

    root = graph.index.project.root
    paths = named_paths(root, os.getcwd(), named)
    if from_stdin:
        paths += listed_paths(graph, os.getcwd(), sys.stdin.buffer.read())
    impact = impact_of_files(graph, paths)
    try:
        notes = check_unused(graph, impact.unused, may_be_gone=from_stdin)
    except UnknownPathError as error:
        raise InputError(str(error)) from None
    for note in notes:
        from pipelinekit.report.escape import printable

        click.echo(f"pipelinekit: {printable(note)}", err=True)
    return impact


def _show(impact: Impact, graph: Graph, output_format: str, everything: bool) -> None:
    from pipelinekit.cli.terminal import wants_colour, width
    from pipelinekit.report.affected_list import affected_lines, json_affected, markdown_affected
    from pipelinekit.report.forecast import forecast_lines

    total = len(graph.index.stages)
    if output_format == "json":
        click.echo(json_affected(impact))
    elif output_format == "markdown":
        for line in markdown_affected(impact, total):
            click.echo(line)
    else:
        for line in affected_lines(impact, total, width=width(), colour=wants_colour(), everything=everything):
            click.echo(line, color=True)
        for line in forecast_lines(read_forecast(graph, [found.stage for found in impact.affected if found.is_seen])):
            click.echo(line)
