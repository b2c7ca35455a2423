"""The way to the registry of a project's models: where its runs are logged."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.run.late_logging import store_opener
from pipelinekit.run.store import Store, TrackingError
from pipelinekit.run.tracking_settings import TrackingSettings, tracking_settings


class Registry(NamedTuple):
    """An MLflow that was found to be named."""

    store: Store
    settings: TrackingSettings


def open_registry(root: str) -> Registry:
    """The MLflow of the project at `root`. Raises TrackingError, ConfigurationError; asks the server nothing yet."""
    settings = tracking_settings(root)
    if settings is None:
        raise TrackingError(
            "no MLflow is named: set MLFLOW_TRACKING_URI, or tracking-uri under [tool.pipelinekit.mlflow]"
        )
    return Registry(store_opener(root)(settings.uri), settings)
