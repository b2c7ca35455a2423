"""`pipelinekit schema`."""

from __future__ import annotations

import json

import click

from pipelinekit.cli.options import debug_option


@click.command("schema", epilog="Example: pipelinekit schema > .vscode/dvc.yaml.schema.json")
@debug_option
def command() -> int:
    """Print the JSON Schema of dvc.yaml, for editors."""
    from pipelinekit.model.schema import load_schema

    click.echo(json.dumps(load_schema("dvc.yaml"), indent=2, ensure_ascii=False))
    return 0
