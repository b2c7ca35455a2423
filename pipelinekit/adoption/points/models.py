"""Models are declared as artifacts."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed, told, where
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.run.models import models


def look(looked: Looked) -> Verdict:
    """Whether every model that a script saves has a name under `artifacts`."""
    declared = looked.graph.derived(models)
    unnamed = told(looked.found("PK708"))
    if unnamed:
        step = "name it under artifacts: in dvc.yaml, with its path and type: model"
        return Verdict("partly" if declared else "missing", unnamed, step=step)
    if not declared:
        return Verdict("not-needed", ("no script saves a model that could be told",))
    return Verdict("done", (f"{where(declared[0].place)}: {listed(model.name for model in declared)}",))


QUESTION = Question("models", "models are artifacts", "team", "registries find a model by its name", 1, look)
