"""`dvc.lock` is complete, and in git."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked, listed, told
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.freshness.records import lock_path, records, unreadable_locks


def look(looked: Looked) -> Verdict:
    """Whether each stage is recorded in a lock that git has, or at least would take in."""
    graph = looked.graph
    stages = graph.index.stages
    if not stages:
        return Verdict("not-needed", ("there is no stage",))
    ignored = told(looked.found("PK605"))
    if ignored:
        return Verdict("missing", ignored, "pipelinekit lint --select PK605")
    broken = unreadable_locks(graph)
    if broken:
        return Verdict("missing", (f"{listed(broken)} can't be read",), "pipelinekit lint --select PK0,PK606")
    recorded = graph.derived(records)
    locks = list(dict.fromkeys(lock_path(stage.file, looked.root) for stage in stages))
    shown = f"{listed(locks)}: {len(recorded)} of {len(stages)} stages"
    left = [lock for lock in locks if looked.exists(lock) and not looked.is_tracked(lock)]
    if not recorded:
        return Verdict("missing", (shown,), "dvc repro")
    if len(recorded) < len(stages):
        return Verdict("partly", (shown,), "dvc repro")
    if left:
        command = (
            f"git add {left[0]}" if len(left) == 1 and left[0].isprintable() and " " not in left[0] else "git add --all"
        )
        return Verdict("partly", (shown, f"git does not have {listed(left)}"), command)
    return Verdict("done", (shown,))


QUESTION = Question("lock", "dvc.lock is complete, and in git", "pipeline", "it ties results to the commit", 2, look)
