"""`pipelinekit docs`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option
from pipelinekit.cli.reading import read_graph


@click.command("docs", epilog="Example: pipelinekit docs -o PIPELINE.md && pipelinekit docs -o PIPELINE.md --check")
@click.option("-o", "--output", metavar="FILE", default=None, help="Write the page to a file, such as PIPELINE.md.")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 and show a diff if the file is not what it would be."
)
@click.option("--force", is_flag=True, help="Replace a file that somebody wrote.")
@project_option
@debug_option
def command(output: str | None, check: bool, force: bool, project: str | None) -> int:
    """Write a page of Markdown about the pipeline.

    The graph, a table of the stages, and which MLflow experiment, run and model each makes. It says only what git
    shares, so that every clone gives the same page: commit it, and let CI --check it. Nothing of yours is executed,
    and no server is asked.
    """
    from pipelinekit.docs.page import docs_page, is_generated
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.project.disk import UnreadableError, read_text
    from pipelinekit.project.writing import WriteError, replace_file

    if check and output is None:
        raise click.UsageError("--check compares a file: -o FILE says which", click.get_current_context())
    graph, status = read_graph(project)
    try:
        page = docs_page(graph)
    except ConfigurationError as error:
        raise InputError(str(error)) from None
    if output is None:
        click.echo(page, nl=False)
        return status
    try:
        before: str | None = read_text(output)
    except FileNotFoundError:
        before = None
    except UnreadableError as error:
        raise InputError(f"{output} can't be read: {error}") from None
    if check:
        return max(status, _show_difference(output, before, page))
    if before is not None and not is_generated(before) and before.strip() and not force:
        raise InputError(f"{output} was not written by 'pipelinekit docs': give another name, or --force to replace it")
    if before != page:
        try:
            replace_file(output, page)
        except WriteError as error:
            raise InputError(str(error)) from None
    click.echo(f"{'Unchanged:' if before == page else 'Wrote'} {os.path.relpath(output)}", err=True)
    return status


def _show_difference(path: str, before: str | None, after: str) -> int:
    """1 and a diff if they differ; a checkout may have other line endings."""
    from difflib import unified_diff

    from pipelinekit.report.escape import printable_with_tabs

    old = (before or "").replace("\r\n", "\n")
    if before is not None and old == after:
        return 0
    name = os.path.relpath(path).replace(os.sep, "/")
    lines = unified_diff(
        old.split("\n"), after.split("\n"), name if before is not None else "/dev/null", name, lineterm=""
    )
    for line in lines:
        click.echo(printable_with_tabs(line))
    return 1
