"""`pipelinekit schema`."""

from __future__ import annotations

import json
from typing import Any

import click

from pipelinekit.cli.options import InputError, debug_option


@click.command("schema", epilog="Example: pipelinekit schema > .vscode/dvc.yaml.schema.json")
@click.option("--config", is_flag=True, help="The schema of pipelinekit.toml and [tool.pipelinekit] instead.")
@debug_option
def command(config: bool) -> int:
    """Print the JSON Schema of dvc.yaml, for editors."""
    click.echo(json.dumps(_of_settings() if config else _of_dvc_yaml(), indent=2, ensure_ascii=False))
    return 0


def _of_dvc_yaml() -> dict[str, Any]:
    from pipelinekit.model.schema import load_schema

    schema: dict[str, Any] = load_schema("dvc.yaml")
    return schema


def _of_settings() -> dict[str, Any]:
    from pipelinekit.lint.selection import all_rules
    from pipelinekit.lint.settings import settings_schema
    from pipelinekit.rules.plugins import PluginError

    try:
        return settings_schema(all_rules())
    except PluginError as error:
        raise InputError(str(error)) from None
