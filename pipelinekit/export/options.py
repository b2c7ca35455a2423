"""What an export is told beside the pipeline: on the command line, or in `[tool.pipelinekit.export]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelinekit.project.configuration import (
    Problem,
    Setting,
    find_configuration,
    read_string,
    read_table,
    refuse_value,
)
from pipelinekit.project.git import repository_root

TABLE = "export"
IMAGE = "python:3.12"
#: Where the project lies in an image that `init --docker` describes.
WORKSPACE = "/project"


def _environment(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    if isinstance(value, dict) and all(isinstance(one, str) for pair in value.items() for one in pair):
        return dict(value)
    return refuse_value(value, path, problems, "a table of names and texts")


def _retries(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return refuse_value(value, path, problems, "a whole number of 0 or more")


SETTINGS: dict[str, Setting] = {
    "name": Setting("The name of the workflow; by default the folder's.", read_string, {"type": "string"}),
    "image": Setting("The image that containers run.", read_string, {"type": "string"}),
    "workspace": Setting("The folder of the project in that image.", read_string, {"type": "string"}),
    "schedule": Setting("When it runs: a cron expression, such as '0 4 * * *'.", read_string, {"type": "string"}),
    "retries": Setting("How often a step is tried again.", _retries, {"type": "integer", "minimum": 0}),
    "env": Setting("Variables of the environment of all steps.", _environment, {"type": "object"}),
}


class Options(NamedTuple):
    """How a pipeline is exported."""

    name: str
    image: str = IMAGE
    #: the project's folder where steps run
    workspace: str = WORKSPACE
    #: a cron expression; empty for workflows that somebody starts
    schedule: str = ""
    retries: int = 0
    environment: Mapping[str, str] = {}


def options_of(root: str, name: str) -> Options:
    """What the configuration of the project at `root` says. Raises ConfigurationError."""
    configuration = find_configuration(root, repository_root(root) or root)
    table = configuration.table.get(TABLE, {})
    problems: list[Problem] = []
    if not isinstance(table, dict):
        refuse_value(table, (TABLE,), problems, "a table")
        table = {}
    values = read_table(table, SETTINGS, (TABLE,), problems)
    configuration.refuse(problems)
    return Options(
        values.get("name") or name,
        values.get("image") or IMAGE,
        values.get("workspace") or WORKSPACE,
        values.get("schedule") or "",
        values.get("retries") or 0,
        values.get("env") or {},
    )
