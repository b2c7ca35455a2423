"""A run that is followed for MLflow, with a program in the place of `dvc` and a store in the place of the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.run.reproduce import Options, reproduce
from pipelinekit.run.tracked_run import TrackedRun, tracked_run
from pipelinekit.run.work import Work
from tests.run.pipelines import replacement
from tests.run.projects import SmallPipeline
from tests.run.test_reproduce import RUN, Seen
from tests.run.test_tracking import Servers


def run(project: SmallPipeline, servers: Servers, script: str) -> tuple[list[str], list[str]]:
    """What the commands were given as their run, and what was said."""
    said: list[str] = []
    graph = project.graph()
    followed = TrackedRun(servers.tracking(project), graph.index.project.root, said.append)
    dvc = replacement(Path(graph.index.project.root), RUN + 'echo "id $MLFLOW_RUN_ID"; ' + script)
    seen = Seen()
    reproduce(Work(graph, None, force=True), Options(dvc), seen, [followed])
    return [line for line in seen.lines if line.startswith("id ")], said


def test_each_stage_gets_a_run_of_its_own(project: SmallPipeline) -> None:
    servers = Servers()
    ids, said = run(project, servers, "true")
    assert len(set(ids)) == len(ids) == len(project.graph().index.stages)
    assert all(line != "id " for line in ids)
    assert {one["status"] for one in servers.runs()} == {"FINISHED"}
    assert said == ["MLflow has the run of 3 stages"]


def test_one_that_fails_is_a_failed_run(project: SmallPipeline) -> None:
    servers = Servers()
    ids, _ = run(project, servers, "exit 1")
    assert len(ids) == 1
    assert "FAILED" in {one["status"] for one in servers.runs()}


def test_without_a_server_the_run_goes_on_and_is_kept(project: SmallPipeline) -> None:
    servers = Servers()
    servers.server.calls_left = 0
    ids, said = run(project, servers, "true")
    assert len(ids) == len(project.graph().index.stages)
    assert said == ["what MLflow did not get is kept: 'pipelinekit run --log-only' logs it"]
    assert "the run goes on" in servers.warnings[0].lower()


def test_nobody_asked_for_it(project: SmallPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert tracked_run(project.graph(), print) is None
