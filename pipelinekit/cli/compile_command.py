"""`pipelinekit compile`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option


@click.command("compile", epilog="Example: pipelinekit compile --check")
@click.argument("path", metavar="[pipeline.py]", default="pipeline.py")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 and show a diff if a file is not what the model says."
)
@click.option("--diff", is_flag=True, help="The same: show what would change, and write nothing.")
@click.option("--force", is_flag=True, help="Replace a dvc.yaml that has stages of its own.")
@project_option
@debug_option
def command(path: str, check: bool, diff: bool, force: bool, project: str | None) -> int:
    """Write dvc.yaml from the model in pipeline.py.

    This runs pipeline.py. What is written is read back first, and compared with the model; a graph that DVC
    would refuse is not written.
    """
    from pipelinekit.generate.generate import RefusedError, diff_lines, generate_files
    from pipelinekit.model.compile import CompileError
    from pipelinekit.model.load import LoadError
    from pipelinekit.project.writing import WriteError
    from pipelinekit.report.escape import printable_with_tabs
    from pipelinekit.report.shown import counted

    source = os.path.join(project, path) if project is not None else path
    try:
        files = generate_files(source, write=not (check or diff), force=force)
    except (LoadError, CompileError, RefusedError, WriteError) as error:
        raise InputError(str(error)) from None
    if check or diff:
        for line in diff_lines(files):
            click.echo(printable_with_tabs(line))
        return 1 if any(file.differs for file in files) else 0
    for file in files:
        done = "Wrote" if file.differs else "Unchanged:"
        click.echo(f"{done} {os.path.relpath(file.path)} ({counted(file.stages, 'stage')})", err=True)
    return 0
