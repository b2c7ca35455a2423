"""`pipelinekit init`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option


@click.command("init", epilog="Example: pipelinekit init demo && cd demo && dvc repro")
@click.argument("folder", metavar="[DIR]", default=".")
@click.option(
    "--template",
    type=click.Choice(["plain", "sklearn"]),
    default="plain",
    show_default=True,
    help="plain needs nothing but DVC, sklearn needs pandas and scikit-learn.",
)
@debug_option
def command(folder: str, template: str) -> int:
    """Start a project, or adopt one that is there.

    An empty folder gets a small, real pipeline that dvc repro runs at once. A folder with files in it gets what
    it lacks to be a DVC project that is checked before each commit; nothing in it is overwritten.
    """
    from pipelinekit.generate.generate import RefusedError
    from pipelinekit.project.writing import WriteError
    from pipelinekit.scaffold.scaffold import ScaffoldError, scaffold

    try:
        done = scaffold(folder, template)  # type: ignore[arg-type]
    except (ScaffoldError, WriteError, RefusedError) as error:
        raise InputError(str(error)) from None
    for path in done.made:
        click.echo(os.path.relpath(os.path.join(done.folder, path)))
    for path in done.kept:
        click.echo(f"kept {os.path.relpath(os.path.join(done.folder, path))}: it was there already", err=True)
    if done.lacks_hook:
        click.echo(
            "\nTo lint before each commit, add the hook 'pipelinekit-lint' to .pre-commit-config.yaml.", err=True
        )
    click.echo(_next_steps(done.folder, template, is_new=done.from_template, scripts=done.scripts), err=True)
    return 0


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
