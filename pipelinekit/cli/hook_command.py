"""`pipelinekit hook`: what hooks and CI call; not for people."""

from __future__ import annotations

import os
import sys

import click

from pipelinekit.cli.options import InputError, debug_option, project_option


@click.group("hook", hidden=True)
def command() -> None:
    """What git hooks and CI call."""


@command.command("post-receive", epilog="Example: pipelinekit hook post-receive --resume project.git")
@click.option(
    "--resume", metavar="REPOSITORY", default=None, help="Run what was pushed to a bare repository and has not run."
)
@debug_option
def post_receive(resume: str | None) -> int:
    """Queue what was pushed, and have it run by a process of its own.

    git calls it in the bare repository, with 'OLD NEW REF' lines on stdin.
    """
    from pipelinekit.cli.app import COMMANDS
    from pipelinekit.project.writing import WriteError
    from pipelinekit.run.receive import ReceiveError, Repository, receive, work

    try:
        if resume is not None:
            if not os.path.isfile(os.path.join(resume, "HEAD")):
                raise InputError(f"{resume} is no bare repository")
            work(Repository(resume), can_run="run" in COMMANDS)
            return 0
        for line in receive(Repository(os.environ.get("GIT_DIR", ".")), sys.stdin):
            click.echo(f"pipelinekit: {line}")
    except (ReceiveError, WriteError) as error:
        raise InputError(str(error)) from None
    return 0


@command.command("commit", epilog="Example: pipelinekit hook commit && git push")
@project_option
@debug_option
def commit(project: str | None) -> int:
    """Commit what a run gives to git: dvc.lock, .gitignore, and outputs that are not in the cache."""
    from pipelinekit.project.project import NoProjectError
    from pipelinekit.run.results import GitError, commit_results

    try:
        made = commit_results(project or os.getcwd())
    except (GitError, NoProjectError) as error:
        raise InputError(str(error)) from None
    click.echo(made if made is not None else "nothing has changed", err=made is None)
    return 0
