"""`pipelinekit report`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option


@click.command("report", epilog="Example: pipelinekit report --since origin/main > report.md")
@click.option(
    "--since",
    metavar="REVISION",
    default="main",
    show_default=True,
    help="The branch that the changes are for. Compared is with where this one left it.",
)
@click.option("-o", "--output", metavar="FILE", default=None, help="Write the page to a file.")
@click.option(
    "--limit",
    type=click.IntRange(min=500),
    default=None,
    metavar="CHARACTERS",
    help="The most that the page may have; GitHub takes 65,536.  [default: 60000]",
)
@project_option
@debug_option
def command(since: str, output: str | None, limit: int | None, project: str | None) -> int:
    """Write what a branch does to the pipeline, as one page of Markdown for its pull request.

    What changed in the graph, which stages re-run and why, findings that are new, metrics and parameters compared,
    data that was added. Its first line is a comment to find it by and to write it anew in place. Both sides are read
    from git; nothing of yours is executed, and no token is needed. The exit status is 0 whatever it says.
    """
    from pipelinekit.cli.reporting import pull_request
    from pipelinekit.draw.pull_request import MOST_CHARACTERS, pull_request_page
    from pipelinekit.report.escape import encodable

    page = encodable(pull_request_page(pull_request(project, since), limit or MOST_CHARACTERS))
    if output is None:
        click.echo(page, nl=False)
        return 0
    from pipelinekit.project.writing import WriteError, replace_file

    try:
        replace_file(os.path.abspath(output), page)
    except WriteError as error:
        raise InputError(str(error)) from None
    return 0
