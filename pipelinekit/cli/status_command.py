"""`pipelinekit status`."""

from __future__ import annotations

import click

from pipelinekit.cli.options import InputError, debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph, unreadable_locks_in_words
from pipelinekit.cli.selecting import selected_stages


@click.command(
    "status",
    epilog="Example: pipelinekit status --format json. Exit codes: 0 nothing is stale, 1 something is or has never "
    "run, 2 there is no project, or it can't be read.",
)
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Show every stage and every cause, fresh ones as well.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing; the exit code says it.")
@click.option("--exit-zero/--no-exit-zero", help="Exit with 0 even if something is stale: a hook that only warns.")
@stages_option
@project_option
@debug_option
def command(
    output_format: str, everything: bool, quiet: bool, exit_zero: bool, stages: tuple[str, ...], project: str | None
) -> int:
    """Show which stages are stale, and why, from dvc.lock and the disk.

    Where the data is here, this is what 'dvc status' says, in a fraction of the time, and more: stages that others
    will make stale, and what a stage no longer lists. DVC need not be installed, and nothing of yours is executed.

    The data need not be here: code, parameters, commands and what dvc.lock says of the results are compared, and an
    output that was never fetched is not missed. One that is gone from the workspace while the cache or git has it was
    deleted, and that is stale, as it is for DVC. A stage is unknown only if nothing of this decides.
    """
    from pipelinekit.freshness.status import in_running_order, statuses, tracked_statuses
    from pipelinekit.report.status_report import is_stale, json_status, status_lines
    from pipelinekit.resolve.stage import Stage

    graph, status = read_graph(project)
    for sentence in unreadable_locks_in_words(graph):
        raise InputError(sentence)
    selected = selected_stages(graph, stages)
    shown = in_running_order(graph)
    if selected is not None:
        chosen = frozenset[object](selected)
        shown = [node for node in shown if node in chosen]
    of_stages, of_files = graph.derived(statuses), graph.derived(tracked_statuses)
    verdicts = [of_stages[node] if isinstance(node, Stage) else of_files[node] for node in shown]
    if not quiet and output_format == "json":
        click.echo(json_status(verdicts))
    elif not quiet:
        from pipelinekit.cli.terminal import wants_colour, width

        for line in status_lines(verdicts, width=width(), colour=wants_colour(), everything=everything):
            click.echo(line, color=True)
    return 0 if exit_zero else int(any(map(is_stale, verdicts)) or status != 0)
