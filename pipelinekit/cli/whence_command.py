"""`pipelinekit whence`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option


@click.command("whence", epilog="Example: pipelinekit whence models:/churn@champion")
@click.argument("model", metavar="models:/NAME@ALIAS")
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@project_option
@debug_option
def command(model: str, output_format: str, project: str | None) -> int:
    """Show what a version of a model was made from: commit, stages, data with hashes, parameters.

    The version is named by an alias (models:/churn@champion) or by its number (models:/churn/3).
    """
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.project.project import NoProjectError, open_project
    from pipelinekit.run.lineage import LineageError, whence
    from pipelinekit.run.lineage_report import json_origin, origin_lines
    from pipelinekit.run.registry import open_registry
    from pipelinekit.run.store import TrackingError

    try:
        opened = open_project(project or os.getcwd())
        origin = whence(open_registry(opened.root).store, model, opened)
    except (LineageError, TrackingError, ConfigurationError, NoProjectError) as error:
        raise InputError(str(error)) from None
    click.echo(json_origin(origin) if output_format == "json" else "\n".join(origin_lines(origin)))
    return 0
