"""`pipelinekit init`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pipelinekit.cli.options import InputError, debug_option

if TYPE_CHECKING:
    from pipelinekit.scaffold.additions import Additions


@click.command("init", epilog="Example: pipelinekit init demo && cd demo && dvc repro")
@click.argument("folder", metavar="[DIR]", default=".")
@click.option(
    "--template",
    type=click.Choice(["plain", "sklearn"]),
    default="plain",
    show_default=True,
    help="plain needs nothing but DVC, sklearn needs pandas and scikit-learn.",
)
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab"]),
    multiple=True,
    help="A workflow: lint and report on pull requests, run and push on the main branch.",
)
@click.option("--hooks", is_flag=True, help="Hooks for pre-commit: lint, compile --check, and what is stale.")
@click.option(
    "--post-receive",
    metavar="REPOSITORY",
    default=None,
    help="A hook in a bare repository on this machine: a push runs what it made outdated.",
)
@click.option("--docker", is_flag=True, help="A Dockerfile; with --ci github the workflow runs in it.")
@click.option("--remote", "address", metavar="URL", default=None, help="The default remote: s3://…, ssh://…, a folder.")
@click.option("--name", default="storage", show_default=True, help="What the remote is called.")
@click.option("--endpoint", metavar="URL", default=None, help="Where an S3 that is not Amazon's is.")
@click.option("--no-check", is_flag=True, help="Do not try whether the remote can be written, read and deleted from.")
@debug_option
def command(
    folder: str,
    template: str,
    ci: tuple[str, ...],
    hooks: bool,
    post_receive: str | None,
    docker: bool,
    address: str | None,
    name: str,
    endpoint: str | None,
    no_check: bool,
) -> int:
    """Start a project, or adopt one that is there.

    An empty folder gets a small, real pipeline that dvc repro runs at once. A folder with files in it gets what
    it lacks to be a DVC project that is checked before each commit; nothing in it is overwritten. The options add
    what stands around a project, to a new one or to one that is there.
    """
    from pipelinekit.generate.generate import RefusedError
    from pipelinekit.project.writing import WriteError
    from pipelinekit.scaffold.additions import ScaffoldError
    from pipelinekit.scaffold.remote import read_remote
    from pipelinekit.scaffold.scaffold import Around, scaffold, surround

    if address is None and (endpoint is not None or no_check):
        raise click.UsageError(f"{'--endpoint' if endpoint is not None else '--no-check'} says how to use --remote")
    try:
        remote = read_remote(address, name, endpoint) if address is not None else None
        around = Around(tuple(dict.fromkeys(ci)), hooks, post_receive, docker, remote, check=not no_check)
        done = scaffold(folder, template, with_hooks=not hooks)  # type: ignore[arg-type]
    except (ScaffoldError, WriteError, RefusedError) as error:
        raise InputError(str(error)) from None
    for path in done.made:
        click.echo(os.path.relpath(os.path.join(done.folder, path)))
    for path in done.kept if around == Around() else ():  # who asks for one thing need not hear of all others
        click.echo(f"kept {os.path.relpath(os.path.join(done.folder, path))}: it was there already", err=True)
    if around != Around():
        try:
            added = surround(done.folder, around)
        except (ScaffoldError, WriteError) as error:
            raise InputError(str(error)) from None
        _show(added)
    if done.lacks_hook:
        click.echo(
            "\nTo lint before each commit, add the hook 'pipelinekit-lint' to .pre-commit-config.yaml.", err=True
        )
    click.echo(_next_steps(done.folder, template, is_new=done.from_template, scripts=done.scripts), err=True)
    return 0


def _show(added: Additions) -> None:
    from pipelinekit.report.escape import printable, printable_with_tabs

    for path in [*added.made, *added.changed]:
        click.echo(os.path.relpath(path))
    for path in added.same:
        click.echo(f"kept {os.path.relpath(path)}: it has all that it should", err=True)
    for path, lines in added.differing.items():
        click.echo(f"kept {os.path.relpath(path)}: it was there already, and differs from what init writes:", err=True)
        for line in lines:
            click.echo(f"  {printable_with_tabs(line)}".rstrip(), err=True)
    if added.notes:
        click.echo(err=True)
    for note in added.notes:
        click.echo(printable(note), err=True)


def _next_steps(folder: str, template: str, *, is_new: bool, scripts: list[str]) -> str:
    here = os.path.relpath(folder)
    enter = f"cd {here} && " if here != "." else ""
    if is_new:
        install = "pip install -r requirements.txt && " if template == "sklearn" else ""
        return f"\nNext: {enter}{install}dvc repro"
    if scripts:
        what = f"{scripts[0]} does" if len(scripts) == 1 else f"{scripts[0]} and the others do"
        model = os.path.join(here, "pipeline.py") if enter else "pipeline.py"
        return f"\nNext: describe in {model} what {what}, then run 'pipelinekit compile'{' there' if enter else ''}"
    return f"\nNext: {enter}pipelinekit lint"
