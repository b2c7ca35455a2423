"""A run that MLflow is told of, as it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.report.shown import counted
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.late_logging import OpenStore
from pipelinekit.run.outcome import Outcome, RunResult
from pipelinekit.run.store import RunStatus
from pipelinekit.run.tracking import LATER, Tracking, start_tracking
from pipelinekit.run.work import Work


def tracked_run(graph: Graph, say: Callable[[str], None], opener: OpenStore | None = None) -> TrackedRun | None:
    """What follows a run for MLflow; None if nobody asked for that. Raises ConfigurationError."""
    tracking = start_tracking(graph, say, opener)
    return TrackedRun(tracking, graph.index.project.root, say) if tracking is not None else None


class TrackedRun:
    """Passes what happens in a run on to its `Tracking`."""

    def __init__(self, tracking: Tracking, root: str, say: Callable[[str], None]) -> None:
        self._tracking = tracking
        self._root = root
        self._say = say

    def run_started(self, work: Work) -> None:
        pass

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        return self._tracking.stage_environment(stage)

    def stage_finished(self, stage: Stage, outcome: Outcome, seconds: float) -> None:
        if outcome == "failed":
            self._tracking.fail_stage(stage)
        elif outcome != "interrupted":
            self._tracking.finish_stage(stage, ran=outcome == "ran")

    def run_finished(self, result: RunResult) -> None:
        status: RunStatus = "KILLED" if result.is_interrupted else "FAILED" if result.failed else "FINISHED"
        # the locks are others than before
        outcome = self._tracking.finish(Graph(Index(Project(self._root))), status)
        if outcome.kept:
            self._say(f"what MLflow did not get is kept: '{LATER}' logs it")
        elif outcome.logged is not None and not outcome.logged.was_complete:
            # most of them as soon as they had ended, or by an earlier run
            stages = len(outcome.logged.logged) + len(outcome.logged.linked)
            self._say(f"MLflow has the run of {counted(stages, 'stage')}")
