"""It is known how long stages take."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.impact.durations import durations


def look(looked: Looked) -> Verdict:
    """Whether runs were timed: here, or in a file that the project shares."""
    stages = looked.graph.index.stages
    if not stages:
        return Verdict("not-needed", ("there is no stage",))
    known = len(looked.graph.derived(durations))
    if not known:
        return Verdict("missing", ("no run was timed",), "pipelinekit run")
    shown = f"{known} of {len(stages)} stages were timed"
    return Verdict("done", (shown,)) if known == len(stages) else Verdict("partly", (shown,), "pipelinekit run")


QUESTION = Question("durations", "how long stages take is known", "team", "a change is told what it costs", 1, look)
