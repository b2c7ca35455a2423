"""Where the runs of each stage go in MLflow, and which models it makes, as far as files tell: no server is asked."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.models import Model, models_of
from pipelinekit.run.script_claims import claim_of
from pipelinekit.run.tracking_settings import TABLE, TrackingSettings, project_configuration, tracking_settings
from pipelinekit.scripts.python.runs import all_runs

#: Who says which experiment it is.
NamedBy = Literal["script", "settings", "folder", "elsewhere", "nobody"]


class Destination(NamedTuple):
    """Where a stage's runs go."""

    #: None where no file names one
    experiment: str | None
    #: "folder": the settings name none, so it is called like the project's folder, which each clone may call otherwise
    named_by: NamedBy
    #: what its run is called
    run: str | None
    #: models of `artifacts:` that it makes
    models: tuple[Model, ...]
    #: whether its own scripts log
    logs_itself: bool


def shared_settings(root: str) -> TrackingSettings | None:
    """What the project's files say of tracking, whatever the environment here. Raises ConfigurationError."""
    return tracking_settings(root, {})


def destinations(graph: Graph) -> dict[Stage, Destination]:
    """The destination of each stage. Raises ConfigurationError. For `graph.derived`."""
    root = graph.index.project.root
    settings = shared_settings(root)
    table = project_configuration(root).table.get(TABLE)
    is_named = isinstance(table, dict) and "experiment" in table
    return {stage: _destination(stage, graph, settings, is_named=is_named) for stage in graph.index.stages}


def _destination(stage: Stage, graph: Graph, settings: TrackingSettings | None, *, is_named: bool) -> Destination:
    claim = claim_of(stage, graph, settings.uri if settings is not None else "")
    models = tuple(models_of(stage, graph))
    logs = _logs(stage, graph)
    run = stage.name if settings is not None and not claim.elsewhere else None
    if claim.elsewhere:
        return Destination(None, "elsewhere", run, models, logs)
    if claim.experiment is not None:
        return Destination(claim.experiment, "script", run, models, logs)
    if settings is None:
        return Destination(None, "nobody", run, models, logs)
    return Destination(
        settings.experiment if is_named else None, "settings" if is_named else "folder", run, models, logs
    )


def _logs(stage: Stage, graph: Graph) -> bool:
    known = graph.derived(all_runs)
    runs = known.get(stage) or known.get(stage.definition.stages[0], [])
    return any(call.name.startswith("mlflow.") for run in runs for call in run.calls)
