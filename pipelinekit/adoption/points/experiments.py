"""Which stage logs to which MLflow experiment."""

from __future__ import annotations

import os

from pipelinekit.adoption.looked import Looked, listed, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.project.configuration import PYPROJECT
from pipelinekit.run.destinations import destinations, shared_settings
from pipelinekit.run.tracking_settings import TABLE, project_configuration

_NAME = 'name one: experiment = "…" under [tool.pipelinekit.mlflow] in pyproject.toml'


def look(looked: Looked) -> Verdict:
    """Whether the experiment of every stage that logs, or of all by the settings, stands in a file."""
    known = looked.graph.derived(destinations)
    if not known:
        return Verdict("not-needed", ("there is no stage",))
    unmapped = looked.found("PK706")
    logging = [stage for stage, destination in known.items() if destination.logs_itself]
    settings = shared_settings(looked.root)
    if settings is None:
        if not logging:
            return Verdict("missing", ("no script logs to MLflow, and no settings say where to",), step=_NAME)
        if unmapped:
            state = "partly" if len({finding.stage for finding in unmapped}) < len(logging) else "missing"
            return Verdict(state, told(unmapped), step=_NAME)  # type: ignore[arg-type]
        names = sorted({known[stage].experiment or "one that it is told" for stage in logging})
        return Verdict("done", (f"{listed(stage.name for stage in logging)} log to {listed(names)}",))
    place = _place(looked)
    lost = [stage for stage, destination in known.items() if destination.named_by == "elsewhere"]
    if lost:
        shown = f"{listed(stage.name for stage in lost)}: the scripts log where no file says"
        return Verdict("partly", (shown,), step="let their scripts take MLFLOW_TRACKING_URI and one experiment")
    if any(destination.named_by == "folder" for destination in known.values()):
        shown = f"{place}: the experiment is called like the folder, which each clone may call otherwise"
        return Verdict("partly", (shown,), step=_NAME)
    names = sorted({destination.experiment for destination in known.values() if destination.experiment})
    return Verdict("done", (f"{place}: all stages log to {listed(names)}",))


def _place(looked: Looked) -> str:
    configuration = project_configuration(looked.root)
    start, _ = configuration.span((TABLE,), at_key=True)
    line = configuration.text.count("\n", 0, start) + 1
    name = os.path.relpath(configuration.path, looked.root).replace(os.sep, "/") if configuration.path else PYPROJECT
    return f"{name}:{line}"


QUESTION = Question(
    "experiments", "each stage has its MLflow experiment", "adoption", "runs are found again, and compared", 3, look
)
