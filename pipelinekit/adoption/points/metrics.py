"""Metrics are declared, and in git."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question


def look(looked: Looked) -> Verdict:
    """Whether stages make metrics, which git keeps and not the cache."""
    paths = [out.path for stage in looked.graph.index.stages for out in stage.outs if out.kind == "metric"]
    paths = list(dict.fromkeys(paths))
    if not paths:
        step = "list the file under metrics:, with cache: false, in the stage that evaluates"
        return Verdict("missing", ("no stage has metrics",), step=step)
    cached = told(looked.found("PK401"))
    if cached:
        return Verdict("partly", cached, "pipelinekit lint --select PK401 --fix")
    absent = [path for path in paths if not looked.exists(path)]
    if absent:
        return Verdict("partly", (f"{listed(absent)}: not made yet",), "dvc repro")
    left = [path for path in paths if not looked.is_tracked(path) and looked.project.disk.kind(path) == "file"]
    if left and looked.project.git is not None:
        return Verdict("partly", (f"git does not have {listed(left)}",), "git add --all")
    return Verdict("done", (listed(paths),))


QUESTION = Question("metrics", "metrics in git", "pipeline", "pull requests show what a change did to them", 1, look)
