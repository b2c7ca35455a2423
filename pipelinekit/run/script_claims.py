"""What a stage's own scripts say to MLflow about where they log: a run that is handed to them must fit that."""

from __future__ import annotations

import ast
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.python.literals import typed_text
from pipelinekit.scripts.python.observed import Call
from pipelinekit.scripts.python.runs import all_runs


class Claim(NamedTuple):
    """Where a stage's scripts log."""

    #: the experiment that they name; None if they name none
    experiment: str | None = None
    #: they log somewhere that can't be told, or elsewhere: MLflow would refuse a run that is handed to them
    elsewhere: bool = False


def claim_of(stage: Stage, graph: Graph, uri: str = "") -> Claim:
    """What the Python files that a stage runs say. `uri` is where the runs are logged."""
    known = graph.derived(all_runs)
    # of a large group only the first stages are looked at
    runs = known.get(stage) or known.get(stage.definition.stages[0], [])
    names: set[str | None] = set()
    for run in runs:
        for call in run.calls:
            if call.name == "mlflow.set_experiment":
                names.add(_text(call, "experiment_name"))
            elif call.name == "mlflow.set_tracking_uri" and not _is_ours(call, uri):
                return Claim(elsewhere=True)
    if not names:
        return Claim()
    return Claim(names.pop()) if len(names) == 1 and None not in names else Claim(elsewhere=True)


def _is_ours(call: Call, uri: str) -> bool:
    """Whether an address is what the environment says, or the one that is used."""
    argument = _argument(call, "uri")
    if argument is None:
        return False
    if _text(call, "uri") == uri:
        return True
    texts = (node.value for node in ast.walk(argument) if isinstance(node, ast.Constant))
    return "MLFLOW_TRACKING_URI" in texts


def _text(call: Call, name: str) -> str | None:
    argument = _argument(call, name)
    return typed_text(argument, call.source) if argument is not None else None


def _argument(call: Call, name: str) -> ast.expr | None:
    given = [*call.node.args, *(keyword.value for keyword in call.node.keywords if keyword.arg == name)]
    return given[0] if given else None
