"""Which experiment, run and model of MLflow each stage makes."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.docs.stages import MOST_ROWS, name_in_table, rest, shown
from pipelinekit.graph.graph import Graph
from pipelinekit.run.destinations import Destination, destinations, shared_settings
from pipelinekit.run.store import without_password


def experiment_lines(graph: Graph) -> Iterator[str]:
    """A sentence on where runs go, and a row for each stage that makes one, or a model. Raises ConfigurationError."""
    known = graph.derived(destinations)
    settings = shared_settings(graph.index.project.root)
    if settings is None:
        yield "No settings say where runs are logged (`[tool.pipelinekit.mlflow]`): `pipelinekit run` logs none."
    else:
        where = "a database of each clone's own" if settings.is_local else shown(without_password(settings.uri))
        yield f"Runs are logged to {where}: one for each commit, and below it one for each stage."
    rows = [(stage, found) for stage, found in known.items() if _has_row(found)]
    if not rows:
        return
    yield ""
    yield "| stage | experiment | run | models |"
    yield "|---|---|---|---|"
    for stage, found in rows[:MOST_ROWS]:
        models = "<br>".join(f"{shown(model.registered)} ({shown(model.path)})" for model in found.models)
        run = shown(found.run) if found.run is not None else "*its scripts name it*" if found.logs_itself else ""
        yield f"| {name_in_table(stage)} | {_experiment(found)} | {run} | {models} |"
    yield from rest(len(rows))


def _has_row(found: Destination) -> bool:
    return found.named_by != "nobody" or found.logs_itself or bool(found.models)


def _experiment(found: Destination) -> str:
    if found.experiment is not None:
        return shown(found.experiment) + (" (its scripts say so)" if found.named_by == "script" else "")
    if found.named_by == "folder":
        return "*called like the project's folder*"
    if found.named_by == "elsewhere":
        return "*known when it runs*"
    return "*no file names one*" if found.logs_itself else ""
