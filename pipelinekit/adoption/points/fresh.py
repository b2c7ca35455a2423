"""Nothing is stale."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.freshness.records import unreadable_locks
from pipelinekit.freshness.status import statuses


def look(looked: Looked) -> Verdict:
    """Whether results are those of the code, parameters and data that are here."""
    graph = looked.graph
    if not graph.index.stages:
        return Verdict("not-needed", ("there is no stage",))
    if unreadable_locks(graph):
        return Verdict("missing", ("a dvc.lock can't be read, so nothing is known of it",), "pipelinekit lint")
    verdicts = graph.derived(statuses).values()
    stale = [verdict.stage.name for verdict in verdicts if verdict.state in ("stale", "never-run")]
    unknown = [verdict.stage.name for verdict in verdicts if verdict.state == "unknown"]
    if stale:
        shown = f"{len(stale)} of {len(verdicts)} stages are stale or have never run: {listed(stale)}"
        return Verdict("missing" if len(stale) * 2 > len(verdicts) else "partly", (shown,), "dvc repro")
    if unknown:
        shown = f"{len(unknown)} of {len(verdicts)} stages can't be told without their data: {listed(unknown)}"
        return Verdict("partly", (shown,), "dvc pull")
    return Verdict("done", (f"all of {len(verdicts)} stages are fresh",))


QUESTION = Question("fresh", "nothing is stale", "pipeline", "results are those of this code and data", 2, look)
