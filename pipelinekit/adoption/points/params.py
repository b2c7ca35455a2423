"""Hyperparameters live in params files."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question


def look(looked: Looked) -> Verdict:
    """Whether stages name their parameters, and none is typed into a command or a script."""
    stages = looked.graph.index.stages
    files = sorted({param.file for stage in stages for param in stage.params})
    count = sum(bool(stage.params) for stage in stages)
    typed = looked.found("PK201", "PK202")
    if typed:
        return Verdict("partly" if files else "missing", told(typed), "pipelinekit lint --select PK201,PK202")
    if not files:
        return Verdict("not-needed", ("no stage has a parameter, and none is typed into a command or a script",))
    return Verdict("done", (f"{count} of {len(stages)} stages name parameters of {listed(files)}",))


QUESTION = Question(
    "params", "parameters in params files", "pipeline", "a changed value re-runs what it changes", 1, look
)
