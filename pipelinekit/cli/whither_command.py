"""`pipelinekit whither`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option


@click.command("whither", epilog="Example: pipelinekit whither data/raw.csv")
@click.argument("data", metavar="PATH or MD5")
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@project_option
@debug_option
def command(data: str, output_format: str, project: str | None) -> int:
    """Show every version of a model that was made from a file or folder, directly or through stages.

    A path finds versions that were made from any content of it, an MD5 those that were made from just that one.
    """
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.project.project import NoProjectError, open_project
    from pipelinekit.run.lineage import is_md5, whither
    from pipelinekit.run.lineage_report import descendant_lines, json_descendants
    from pipelinekit.run.registry import open_registry
    from pipelinekit.run.store import TrackingError

    try:
        opened = open_project(project or os.getcwd())
        # a path is meant as it is written here
        meant = data if is_md5(data) else os.path.relpath(os.path.abspath(data), opened.root).replace(os.sep, "/")
        found = whither(open_registry(opened.root).store, meant)
    except (TrackingError, ConfigurationError, NoProjectError) as error:
        raise InputError(str(error)) from None
    if output_format == "json":
        click.echo(json_descendants(meant, found))
        return 0
    for line in descendant_lines(found):
        click.echo(line)
    if not found:
        from pipelinekit.report.escape import printable

        click.echo(f"No version of a model in the registry was made from {printable(meant)}.", err=True)
    return 0
