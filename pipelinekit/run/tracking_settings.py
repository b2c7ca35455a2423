"""Where runs are logged: `[tool.pipelinekit.mlflow]`, and the variables that MLflow itself looks at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelinekit.project.configuration import Configuration, Problem, Setting, find_configuration, read_table
from pipelinekit.project.git import linked_repository, repository_root
from pipelinekit.run import readers

TABLE = "mlflow"
#: What belongs to this machine alone: DVC keeps its own temporary files there, out of git.
FOLDER = ".dvc/tmp/pipelinekit/mlflow"
#: The name of the store in the project, as a setting.
LOCAL = "local"

SETTINGS: dict[str, Setting] = {
    "tracking-uri": Setting(
        f"The MLflow server or database; '{LOCAL}' is a database in the project. MLFLOW_TRACKING_URI overrules it.",
        readers.text,
        {"type": "string"},
    ),
    "experiment": Setting(
        "The experiment of the runs; by default the name of the project's folder, or of the repository whose further "
        "work tree it is. MLFLOW_EXPERIMENT_NAME overrules it.",
        readers.text,
        {"type": "string"},
    ),
    "enabled": Setting("Whether runs are logged at all.", readers.flag, {"type": "boolean"}, True),
    "upload-models": Setting(
        "Whether models are uploaded, and not only named with their MD5.", readers.flag, {"type": "boolean"}, True
    ),
}


class TrackingSettings(NamedTuple):
    """Where runs go."""

    uri: str
    experiment: str
    upload_models: bool = True
    #: the store is a database in the project
    is_local: bool = False


def project_configuration(root: str) -> Configuration:
    """The settings of the project at `root`. Raises ConfigurationError."""
    return find_configuration(root, repository_root(root) or root)


def tracking_settings(root: str, environment: Mapping[str, str] | None = None) -> TrackingSettings | None:
    """Where the runs of the project at `root` go; None if nobody asked for them to be logged.

    They are logged if `MLFLOW_TRACKING_URI` is set, or if there is a table `[tool.pipelinekit.mlflow]`.
    Raises ConfigurationError.
    """
    environment = os.environ if environment is None else environment
    configuration = project_configuration(root)
    problems: list[Problem] = []
    table = configuration.table.get(TABLE)
    values: dict[str, Any] = {}
    if table is not None:
        given = readers.table(table, (TABLE,), problems)
        values = read_table(given, SETTINGS, (TABLE,), problems) if given is not None else {}
    configuration.refuse(problems)
    uri = environment.get("MLFLOW_TRACKING_URI") or values.get("tracking-uri")
    if not values.get("enabled", True) or (uri is None and table is None):
        return None
    experiment = environment.get("MLFLOW_EXPERIMENT_NAME") or values.get("experiment")
    is_local = uri is None or uri == LOCAL
    return TrackingSettings(
        uri=local_uri(root) if is_local or uri is None else uri,
        experiment=experiment or _name_of(os.path.abspath(root)) or "pipelinekit",
        upload_models=values.get("upload-models", True),
        is_local=is_local,
    )


def _name_of(root: str) -> str:
    """The name of a folder; that of the repository where it is one more work tree, so that all log to one place."""
    repository = linked_repository(root)
    if repository is None:
        return os.path.basename(root)
    place, name = os.path.split(repository)
    return os.path.basename(place) if name == ".git" else name.removesuffix(".git")


def local_uri(root: str) -> str:
    """The database in the project."""
    return "sqlite:///" + os.path.join(os.path.abspath(root), FOLDER, "mlflow.db").replace(os.sep, "/")
