"""MLflow beside a run: what scripts get, what becomes of runs that fail, crash, or have no server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelinekit.project.project import Project
from pipelinekit.run import pending
from pipelinekit.run import tracking as module
from pipelinekit.run.commit_log import (
    COMMIT,
    COMMITTED,
    KEY,
    KIND,
    OFFLINE,
    PARENT,
    RAN_AT,
    REPEATS,
    STAGE_RUN,
)
from pipelinekit.run.late_logging import log_commit, log_missing, log_pending
from pipelinekit.run.lock_entries import record_now
from pipelinekit.run.store import Store, TrackingError
from pipelinekit.run.tracking import (
    Outcome,
    Tracking,
    start_tracking,
)
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.freshness.projects import md5
from tests.run.fake_store import FakeModel, FakeStore
from tests.run.projects import SmallPipeline

SETTINGS = TrackingSettings("http://fake", "experiment")


def waiting_count(root: str) -> int:
    """How many records wait to be logged."""
    return sum(1 for _ in pending.waiting(root))


class Servers:
    """The server, and the store that stands in for it."""

    def __init__(self) -> None:
        self.server = FakeStore("http://fake")
        self.offline = FakeStore("file:offline")
        self.elsewhere = FakeStore("http://gone", calls_left=0)
        self.warnings: list[str] = []

    def open(self, uri: str) -> Store:
        return {"http://fake": self.server, "http://gone": self.elsewhere}.get(uri, self.offline)

    def tracking(self, project: SmallPipeline) -> Tracking:
        return Tracking(project.graph(), SETTINGS, self.warnings.append, self.open)

    def runs(self, kind: str = "stage") -> list[dict[str, str]]:
        return [
            {"name": run["name"], "status": run["status"], "key": run["tags"].get(KEY, "")}
            for run in self.server.runs.values()
            if run["tags"].get(KIND) == kind and not run["deleted"]
        ]


@pytest.fixture
def servers() -> Servers:
    return Servers()


def ran(project: SmallPipeline, servers: Servers, lr: float = 0.2) -> tuple[Tracking, dict[str, dict[str, str]]]:
    """A run of all stages that has not been finished yet, with what each was given."""
    tracking = servers.tracking(project)
    graph = project.graph()
    environments = {stage.name: tracking.stage_environment(stage) for stage in graph.index.stages}
    project.run(lr=lr)
    return tracking, environments


def finish(tracking: Tracking, project: SmallPipeline) -> Outcome:
    for stage in project.graph().index.stages:
        tracking.finish_stage(stage)
    return tracking.finish(project.graph())


def test_a_script_logs_into_the_run_of_its_stage(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking, environments = ran(project, servers)
    run_id = environments["train"]["MLFLOW_RUN_ID"]
    run = servers.server.runs[run_id]
    assert environments["train"]["MLFLOW_TRACKING_URI"] == "http://fake"
    assert environments["train"]["MLFLOW_EXPERIMENT_ID"] == run["experiment"]
    assert (run["name"], run["status"]) == ("train", "RUNNING")
    servers.server.log(run_id, metrics={"loss": 0.3}, params={"lr": "0.25"})
    outcome = finish(tracking, project)
    assert outcome.logged is not None
    assert outcome.reason == ""
    assert run["status"] == "FINISHED"
    assert run["metrics"] == {"loss": 0.3}
    # the script knows of another value by the same name: both stay
    assert run["params"] == {"lr": "0.25", "params/lr": "0.2"}
    assert run["tags"][PARENT] == outcome.logged.parent
    assert not servers.warnings
    assert len(servers.runs()) == 3


def test_a_stage_that_did_not_run_leaves_nothing(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    log_commit(project.root, "HEAD", SETTINGS, servers.open)
    before = servers.runs()
    tracking = servers.tracking(project)
    for stage in project.graph().index.stages:
        tracking.stage_environment(stage)
        tracking.finish_stage(stage, ran=False)
    outcome = tracking.finish(project.graph())
    assert outcome.logged is not None
    assert outcome.logged.logged == {}
    assert servers.runs() == before
    assert len(servers.runs("commit")) == 1


def test_nothing_ran_and_nothing_is_written(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    log_commit(project.root, "HEAD", SETTINGS, servers.open)
    before = servers.server.calls
    outcome = servers.tracking(project).finish(project.graph())
    assert outcome.logged is not None
    assert outcome.logged.was_complete
    assert servers.server.calls - before == 3  # the experiment, the parent, the children


def test_a_stage_that_fails(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking = servers.tracking(project)
    graph = project.graph()
    train = project.stage("train", graph)
    run_id = tracking.stage_environment(train)["MLFLOW_RUN_ID"]
    tracking.fail_stage(train, "exit status 1")
    tracking.fail_stage(train, "exit status 1")
    assert servers.server.runs[run_id]["status"] == "FAILED"
    outcome = tracking.finish(project.graph(), "FAILED")
    assert outcome.logged is not None
    # what the lock still has is of an earlier run, and is logged as that
    assert sorted((run["name"], run["status"]) for run in servers.runs()) == [
        ("evaluate", "FINISHED"),
        ("prepare", "FINISHED"),
        ("train", "FAILED"),
        ("train", "FINISHED"),
    ]
    assert servers.runs("commit")[0]["status"] == "FAILED"


def test_a_run_that_is_stopped(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking = servers.tracking(project)
    run_id = tracking.stage_environment(project.stage("train"))["MLFLOW_RUN_ID"]
    tracking.finish(project.graph(), "KILLED")
    run = servers.server.runs[run_id]
    assert run["status"] == "KILLED"
    assert KEY not in run["tags"]


def test_a_stage_that_is_tried_again(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking = servers.tracking(project)
    train = project.stage("train")
    first = tracking.stage_environment(train)["MLFLOW_RUN_ID"]
    second = tracking.stage_environment(train)["MLFLOW_RUN_ID"]
    project.run(lr=0.5)
    tracking.finish_stage(train)
    tracking.finish(project.graph())
    assert [servers.server.runs[run_id]["status"] for run_id in (first, second)] == ["KILLED", "FINISHED"]


def test_the_record_of_one_stage_is_that_of_the_whole_lock(project: SmallPipeline) -> None:
    text = (project.folder / "dvc.lock").read_text()
    graph = project.graph()
    for changed in (text, text.replace("schema: '2.0'", 'schema: "2.0"'), text + "datasets: []\n"):
        project.write("dvc.lock", changed)
        lock = Project(project.root).lock("dvc.lock")
        assert lock is not None
        for stage in graph.index.stages:
            found = record_now(project.root, stage)
            assert found is not None
            whole = lock.stages[stage.name]
            assert found.locked._replace(name_span=(0, 0), cmd_span=(0, 0), deps={}, outs={}) == whole._replace(
                name_span=(0, 0), cmd_span=(0, 0), deps={}, outs={}
            )
            for section in ("deps", "outs"):
                mine, theirs = getattr(found.locked, section), getattr(whole, section)
                assert {path: one.md5 for path, one in mine.items()} == {path: one.md5 for path, one in theirs.items()}
    # DVC writes it anew after each stage: it may be read while it is half there
    evaluate = project.stage("evaluate", graph)
    start = text.index("  evaluate:")
    made = {md5((project.folder / name).read_text()) for name in ("curve.csv", "metrics.json")}
    for end in range(start, len(text) - 1):
        project.write("dvc.lock", text[:end])
        found = record_now(project.root, evaluate)
        if found is not None:
            assert {one.md5 for one in found.locked.outs.values()} == made, text[start:end]
    (project.folder / "dvc.lock").unlink()
    assert record_now(project.root, project.stage("evaluate", graph)) is None


# --- crashes -------------------------------------------------------------------------------------------------


def crash(project: SmallPipeline) -> None:
    """The process that left the journal behind is gone."""
    path = Path(pending.folder_of_state(project.root)) / "open.json"
    first, *changes = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), "process": 2**22 + 1}), *changes]))


def test_a_crash_after_a_stage_has_run_loses_nothing(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    _, environments = ran(project, servers)
    run_id = environments["train"]["MLFLOW_RUN_ID"]
    servers.server.log(run_id, metrics={"loss": 0.3})
    crash(project)
    outcome = servers.tracking(project).finish(project.graph())
    assert outcome.logged is not None
    assert outcome.logged.logged["dvc.yaml:train"] == run_id
    # 'prepare' made what it had made before: nobody knows whether it came to its end
    assert sorted((run["name"], run["status"]) for run in servers.runs()) == [
        ("evaluate", "FINISHED"),
        ("prepare", "FINISHED"),
        ("prepare", "KILLED"),
        ("train", "FINISHED"),
    ]
    assert len(servers.runs("commit")) == 1
    assert pending.read_journal(project.root) is None


@pytest.mark.parametrize("then", ["the same", "another commit", "something else"])
def test_a_crash_in_the_middle_of_a_stage(then: str, project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking = servers.tracking(project)
    lost = tracking.stage_environment(project.stage("train"))["MLFLOW_RUN_ID"]
    crash(project)
    if then == "another commit":
        project.commit()
    elif then == "something else":
        project.write("train.py", "print('mended')\n")
    tracking, _ = ran(project, servers)
    finish(tracking, project)
    assert servers.server.runs[lost]["status"] == "KILLED"
    assert sorted((run["name"], run["status"]) for run in servers.runs()) == [
        ("evaluate", "FINISHED"),
        ("prepare", "FINISHED"),
        ("train", "FINISHED"),
        ("train", "KILLED"),
    ]
    # of the same state there is one run, which goes on
    commits = [run["status"] for run in servers.runs("commit")]
    assert commits == (["FINISHED"] if then == "the same" else ["KILLED", "FINISHED"])


def test_the_runs_of_a_program_that_still_works_are_left_alone(project: SmallPipeline, servers: Servers) -> None:
    servers.tracking(project).stage_environment(project.stage("train"))
    path = Path(pending.folder_of_state(project.root)) / "open.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "process": os.getppid()}))
    assert pending.read_journal(project.root) is None


# --- no server -----------------------------------------------------------------------------------------------


def test_a_server_that_is_gone_costs_one_warning(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    tracking, environments = ran(project, servers)
    outcome = finish(tracking, project)
    assert servers.warnings == [
        "MLflow at http://fake: connection refused. The run goes on; 'pipelinekit run --log-only' logs it later"
    ]
    assert outcome.logged is None
    assert Path(outcome.kept).is_file()
    assert waiting_count(project.root) == 1
    # the script has logged all the same
    script_run = environments["train"]["MLFLOW_RUN_ID"]
    assert environments["train"]["MLFLOW_TRACKING_URI"].startswith("file:")
    servers.offline.log(script_run, metrics={"loss": 0.3})
    with pytest.raises(TrackingError):
        log_pending(project.root, SETTINGS, servers.open)
    servers.server.calls_left = None
    ((_, logged),) = log_pending(project.root, SETTINGS, servers.open)
    assert servers.server.runs[logged.logged["dvc.yaml:train"]]["metrics"] == {"loss": 0.3}
    assert servers.server.runs[logged.logged["dvc.yaml:evaluate"]]["metrics"] == {"accuracy": 0.8}
    assert waiting_count(project.root) == 0
    assert log_pending(project.root, SETTINGS, servers.open) == []
    assert len(servers.runs()) == 3


def test_a_server_that_is_gone_is_asked_at_the_first_stage_and_at_the_end(
    project: SmallPipeline, servers: Servers
) -> None:
    project.commit()
    servers.server.calls_left = 0
    tracking = servers.tracking(project)
    assert servers.server.calls == 0
    for stage in project.graph().index.stages:
        tracking.stage_environment(stage)
        tracking.fail_stage(stage)
        assert servers.server.calls == 1
    tracking.finish(project.graph())
    assert servers.server.calls == 2
    # now something waits: whether it can be logged is seen before anything runs, and at the end
    tracking = servers.tracking(project)
    assert servers.server.calls == 3
    for stage in project.graph().index.stages:
        tracking.stage_environment(stage)
        tracking.finish_stage(stage)
    tracking.finish(project.graph())
    assert servers.server.calls == 4
    assert waiting_count(project.root) == 2


@pytest.mark.parametrize("calls", range(0, 36, 2))
def test_a_server_that_dies_in_the_middle(calls: int, project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = calls
    tracking, _ = ran(project, servers)
    outcome = finish(tracking, project)
    if outcome.logged is None:
        assert len(servers.warnings) == 1
        # tomorrow the metrics may be others
        (project.folder / "metrics.json").write_text("{}")
        servers.server.calls_left = None
        log_pending(project.root, SETTINGS, servers.open)
    assert sorted((run["name"], run["status"]) for run in servers.runs()) == [
        ("evaluate", "FINISHED"),
        ("prepare", "FINISHED"),
        ("train", "FINISHED"),
    ]
    assert [run["status"] for run in servers.runs("commit")] == ["FINISHED"]
    (evaluate,) = (run for run in servers.server.runs.values() if run["name"] == "evaluate" and not run["deleted"])
    assert evaluate["metrics"] == {"accuracy": 0.8}
    assert len(servers.server.models) == 1


def test_a_server_that_comes_back_before_the_end(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 3
    tracking, _ = ran(project, servers)
    servers.server.calls_left = None
    assert finish(tracking, project).logged is not None
    assert waiting_count(project.root) == 0
    assert len(servers.runs()) == 3


@pytest.mark.parametrize("back", ["before", "during"])
@pytest.mark.parametrize("lr", [0.2, 0.3], ids=["with the same results", "with others"])
def test_the_next_run_logs_first_what_waits(lr: float, back: str, project: SmallPipeline, servers: Servers) -> None:
    first = project.commit()
    servers.server.calls_left = 0
    tracking, environments = ran(project, servers)
    servers.offline.log(environments["train"]["MLFLOW_RUN_ID"], metrics={"loss": 0.3})
    assert finish(tracking, project).kept
    second = project.commit()
    servers.server.calls_left = None if back == "before" else 0
    tracking = servers.tracking(project)
    servers.server.calls_left = None
    project.run(lr=lr)
    finish(tracking, project)
    assert waiting_count(project.root) == 0
    names = ["evaluate", "prepare", "train"] if lr == 0.2 else ["evaluate", "evaluate", "prepare", "train", "train"]
    assert sorted(run["name"] for run in servers.runs()) == names
    # what only the run that waited knew is there
    (train,) = (run for run in servers.server.runs.values() if run["metrics"].get("loss") == 0.3)
    assert train["name"] == "train"
    # results that were committed meanwhile are those of that commit, as if they had been logged in time
    parents = [run["tags"] for run in servers.server.runs.values() if run["tags"].get(KIND) == "commit"]
    assert [tags[COMMIT] for tags in parents] == ([second] if lr == 0.2 else [first, second])


def test_what_can_not_be_logged_is_in_nobodys_way(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    finish(ran(project, servers)[0], project)
    servers.server.calls_left = None
    (waiting,) = (Path(pending.folder_of_state(project.root)) / "pending").iterdir()
    elsewhere = json.loads(waiting.read_text())
    waiting.write_text(json.dumps({**elsewhere, "uri": "http://gone"}))
    assert finish(ran(project, servers, lr=0.3)[0], project).logged is not None
    assert servers.elsewhere.calls == 0
    assert waiting_count(project.root) == 1
    # the server takes everything but this
    waiting.write_text(json.dumps(elsewhere))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "log_pending", refused)
        assert finish(ran(project, servers, lr=0.4)[0], project).logged is not None
    assert waiting_count(project.root) == 1
    assert len(servers.warnings) == 1


def refused(*arguments: object, **options: object) -> None:
    raise TrackingError("MLflow at http://fake: INVALID_PARAMETER_VALUE")


def test_the_commit_that_took_the_results_in_is_logged_later(project: SmallPipeline, servers: Servers) -> None:
    before = project.commit()
    finish(ran(project, servers)[0], project)
    commit = project.commit()
    assert log_missing(project.root, SETTINGS, servers.open) == 1
    assert log_missing(project.root, SETTINGS, servers.open) == 0
    (parent,) = (run["tags"] for run in servers.server.runs.values() if run["tags"].get(KIND) == "commit")
    assert (parent[COMMIT], parent[RAN_AT], parent[COMMITTED]) == (commit, before, "true")
    # what is of another server, which is gone, is in nobody's way
    servers.server.calls_left = 0
    finish(ran(project, servers, lr=0.3)[0], project)
    project.commit()
    servers.server.calls_left = None
    (waiting,) = (Path(pending.folder_of_state(project.root)) / "pending").iterdir()
    waiting.write_text(json.dumps({**json.loads(waiting.read_text()), "uri": "http://gone"}))
    with pytest.raises(TrackingError, match="http://gone"):
        log_missing(project.root, SETTINGS, servers.open)
    assert len(servers.runs("commit")) == 2


def test_without_a_commit_nothing_is_missing(tmp_path: Path, servers: Servers) -> None:
    (tmp_path / ".dvc").mkdir()
    assert log_missing(str(tmp_path), SETTINGS, servers.open) == 0


def test_what_waits_and_can_not_be_read_is_passed_over(project: SmallPipeline, servers: Servers) -> None:
    folder = Path(pending.folder_of_state(project.root)) / "pending"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_text('{"record": [1, 2]}')
    assert log_pending(project.root, SETTINGS, servers.open) == []


def test_passwords_are_not_kept(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 4
    settings = TrackingSettings("http://user:secret@fake", "experiment")
    tracking = Tracking(project.graph(), settings, servers.warnings.append, lambda uri: servers.server)
    tracking.stage_environment(project.stage("train"))
    journal = Path(pending.folder_of_state(project.root)) / "open.json"
    assert "secret" not in journal.read_text()
    project.run(lr=0.2)
    outcome = tracking.finish(project.graph())
    assert "secret" not in Path(outcome.kept).read_text()
    asked: list[str] = []
    servers.server.calls_left = None
    log_pending(project.root, settings, lambda uri: (asked.append(uri), servers.server)[1])
    assert asked[0] == "http://user:secret@fake"


def test_what_a_script_logged_offline_survives_a_crash(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    _, environments = ran(project, servers)
    servers.offline.log(environments["train"]["MLFLOW_RUN_ID"], metrics={"loss": 0.3})
    crash(project)
    servers.server.calls_left = None
    outcome = servers.tracking(project).finish(project.graph())
    assert outcome.logged is not None
    assert servers.server.runs[outcome.logged.logged["dvc.yaml:train"]]["metrics"] == {"loss": 0.3}


# --- no server, and what fails meanwhile, or logs models ------------------------------------------------------


def log_as_a_script(servers: Servers, environment: dict[str, str]) -> None:
    """A script logs to the run that it is handed, a model to it, and one before it knows of the run."""
    store = servers.server if environment["MLFLOW_TRACKING_URI"] == "http://fake" else servers.offline
    run_id = environment["MLFLOW_RUN_ID"]
    store.runs[run_id]["metrics"]["loss"] = 0.3
    tags = json.loads(environment["MLFLOW_RUN_CONTEXT"])
    for owner, name in ((run_id, "net"), ("", "first")):
        model_id = f"{name} of {run_id}"
        store.models[model_id] = FakeModel(model_id, owner, name, tags, ["MLmodel"])


def run_that_fails(project: SmallPipeline, servers: Servers, *, is_killed: bool = False) -> Outcome:
    """'prepare' ends well, 'train' does not; both have logged something."""
    tracking, graph = servers.tracking(project), project.graph()
    has_lock = (project.folder / "dvc.lock").exists()
    for name in ("prepare", "train") if has_lock else ("train",):
        log_as_a_script(servers, tracking.stage_environment(project.stage(name, graph)))
    if has_lock:
        tracking.finish_stage(project.stage("prepare", graph))
    if not is_killed:
        tracking.fail_stage(project.stage("train", graph), "exit status 1")
    return tracking.finish(project.graph(), "KILLED" if is_killed else "FAILED")


def seen(servers: Servers) -> object:
    """What there is to see on the server, ids and moments aside."""
    store = servers.server
    shown = [
        (
            run["tags"][KIND],
            run["name"],
            run["status"],
            run["tags"].get(KEY),
            REPEATS in run["tags"],
            run["tags"].get("mlflow.note.content"),
            run["params"],
            run["metrics"],
            [store.runs[parent][part] for part in ("name", "status", "deleted")] if parent else None,
        )
        for run in store.runs.values()
        if not run["deleted"]
        for parent in [run["tags"].get(PARENT)]
    ]
    models = [(store.runs[model.run_id]["name"], model.name, model.files) for model in store.models.values()]
    return sorted(shown, key=str), sorted(models)


def without_a_lock(project: SmallPipeline, servers: Servers) -> None:
    """The first run of all: not even 'prepare' has come to its end."""
    (project.folder / "dvc.lock").unlink()


def logged_before(project: SmallPipeline, servers: Servers) -> None:
    """The commit is there with all of its stages, as before any change that is tried."""
    log_commit(project.root, "HEAD", SETTINGS, servers.open)


def nothing(project: SmallPipeline, servers: Servers) -> None:
    """Nothing was ever logged."""


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("before", [nothing, without_a_lock, logged_before])
def test_what_fails_without_a_server_is_logged_as_if_it_had_been_there(
    before: Callable[[SmallPipeline, Servers], None], is_killed: bool, project: SmallPipeline, servers: Servers
) -> None:
    project.commit()
    expected = Servers()
    before(project, expected)
    run_that_fails(project, expected, is_killed=is_killed)
    assert (("train", "net", ["MLmodel"])) in seen(expected)[1]  # type: ignore[index]
    before(project, servers) if before is not without_a_lock else None
    servers.server.calls_left = 0
    assert run_that_fails(project, servers, is_killed=is_killed).kept
    servers.server.calls_left = None
    for _ in range(2):
        log_pending(project.root, SETTINGS, servers.open)
        assert seen(servers) == seen(expected)
    assert waiting_count(project.root) == 0
    # nothing is left of the files that stood in for the server
    assert (servers.offline.runs, servers.offline.models) == ({}, {})


@pytest.mark.parametrize("before", [nothing, without_a_lock, logged_before])
def test_wherever_logging_it_is_interrupted_nothing_is_lost_or_there_twice(
    before: Callable[[SmallPipeline, Servers], None], project: SmallPipeline
) -> None:
    project.commit()
    expected = Servers()
    before(project, expected)
    run_that_fails(project, expected)
    for calls in range(60):
        servers = Servers()
        before(project, servers) if before is not without_a_lock else None
        servers.server.calls_left = 0
        run_that_fails(project, servers)
        servers.server.calls_left = calls
        try:
            log_pending(project.root, SETTINGS, servers.open)
        except TrackingError:
            servers.server.calls_left = None
            log_pending(project.root, SETTINGS, servers.open)
            assert seen(servers) == seen(expected), f"died after {calls} calls"
        else:
            assert calls > 5
            return
    pytest.fail("it was always interrupted")


def test_what_is_logged_later_has_the_time_at_which_it_ran(
    project: SmallPipeline, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit()
    servers.server.calls_left = 0
    seconds = iter(range(1000, 2000))
    monkeypatch.setattr("pipelinekit.run.tracking._now", lambda: next(seconds) * 1000)
    run_that_fails(project, servers)
    servers.server.calls_left = None
    log_pending(project.root, SETTINGS, servers.open)
    stages = [run for run in servers.server.runs.values() if run["tags"][KIND] == "stage" and OFFLINE in run["tags"]]
    assert [(run["name"], run["start"], run["end"]) for run in stages] == [
        ("prepare", 1000_000, 1002_000),
        ("train", 1001_000, 1003_000),
    ]


def test_a_server_that_dies_while_the_stage_runs_that_fails(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking = servers.tracking(project)
    train = project.stage("train")
    environment = tracking.stage_environment(train)
    log_as_a_script(servers, environment)
    servers.server.calls_left = 0
    tracking.fail_stage(train)
    tracking.finish(project.graph(), "FAILED")
    servers.server.calls_left = None
    log_pending(project.root, SETTINGS, servers.open)
    run = servers.server.runs[environment["MLFLOW_RUN_ID"]]
    assert run["status"] == servers.server.runs[run["tags"][PARENT]]["status"] == "FAILED"
    assert {model.run_id for model in servers.server.models.values() if model.name != "churn"} == {
        environment["MLFLOW_RUN_ID"]
    }


def test_two_runs_that_fail_in_one_outage(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    run_that_fails(project, servers)
    # now 'prepare' has nothing to do; what its script has logged must not be lost by that
    tracking = servers.tracking(project)
    train = project.stage("train")
    tracking.stage_environment(train)
    tracking.fail_stage(train, "exit status 2")
    tracking.finish(project.graph(), "FAILED")
    assert waiting_count(project.root) == 2
    servers.server.calls_left = None
    assert len(log_pending(project.root, SETTINGS, servers.open)) == 2
    failed = [run for run in servers.server.runs.values() if run["status"] == "FAILED" and run["name"] == "train"]
    assert [run["tags"]["mlflow.note.content"] for run in failed] == ["exit status 1", "exit status 2"]
    assert len({run["tags"][PARENT] for run in failed}) == 2
    (prepare,) = (run for run in servers.server.runs.values() if run["name"] == "prepare")
    assert (prepare["status"], prepare["metrics"]) == ("FINISHED", {"loss": 0.3})


def test_runs_with_nothing_to_do_in_an_outage_wait_as_one(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    for _ in range(3):
        assert servers.tracking(project).finish(project.graph()).kept
    assert waiting_count(project.root) == 1


def test_a_journal_that_was_not_written_to_its_end(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    tracking, graph = servers.tracking(project), project.graph()
    for stage in graph.index.stages:
        tracking.stage_environment(stage)
    tracking.fail_stage(project.stage("train", graph))
    tracking.finish_stage(project.stage("evaluate", graph), ran=False)
    path = Path(pending.folder_of_state(project.root)) / "open.json"
    whole = path.read_text()
    journal = pending.read_journal(project.root)
    assert journal is not None
    assert [(run.address, run.status) for run in journal.open_runs.offline] == [
        ("dvc.yaml:prepare", "KILLED"),
        ("dvc.yaml:train", "FAILED"),
    ]
    found = set()
    for end in range(len(whole)):
        path.write_text(whole[:end])
        journal = pending.read_journal(project.root)
        found.add(None if journal is None else len(journal.open_runs.offline))
    assert found == {None, 1, 2, 3}


def test_a_crash_without_a_server(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 0
    for lost in (True, True, False):
        # each finds what the one before has left
        tracking, graph = servers.tracking(project), project.graph()
        log_as_a_script(servers, tracking.stage_environment(project.stage("train", graph)))
        if lost:
            crash(project)
    tracking.fail_stage(project.stage("train", graph))
    tracking.finish(project.graph(), "FAILED")
    servers.server.calls_left = None
    log_pending(project.root, SETTINGS, servers.open)
    assert sorted((run["name"], run["status"]) for run in servers.runs()) == [
        ("evaluate", "FINISHED"),
        ("prepare", "FINISHED"),
        ("train", "FAILED"),
        ("train", "FINISHED"),
        ("train", "KILLED"),
        ("train", "KILLED"),
    ]
    assert len(servers.runs("commit")) == 1


def test_what_repeats_an_earlier_run_without_a_server(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    logged_before(project, servers)
    servers.server.calls_left = 0
    tracking, graph = servers.tracking(project), project.graph()
    environments = {stage.name: tracking.stage_environment(stage) for stage in graph.index.stages}
    log_as_a_script(servers, environments["train"])
    finish(tracking, project)
    servers.server.calls_left = None
    for _ in range(2):
        log_pending(project.root, SETTINGS, servers.open)
        repeated = [run for run in servers.server.runs.values() if REPEATS in run["tags"]]
        # only of 'train' there is something to keep
        assert [run["tags"][KIND] for run in repeated] == ["commit", "stage"]
        assert (repeated[1]["name"], repeated[1]["metrics"]) == ("train", {"loss": 0.3})
        assert repeated[1]["tags"][PARENT] in servers.server.runs
    assert len(servers.runs()) == 4


def test_a_stage_that_fails_after_its_commit_was_logged_keeps_its_parent(
    project: SmallPipeline, servers: Servers
) -> None:
    project.commit()
    logged_before(project, servers)
    tracking, train = servers.tracking(project), project.stage("train")
    run_id = tracking.stage_environment(train)["MLFLOW_RUN_ID"]
    tracking.fail_stage(train)
    tracking.finish(project.graph(), "FAILED")
    parent = servers.server.runs[servers.server.runs[run_id]["tags"][PARENT]]
    assert (parent["status"], parent["deleted"]) == ("FAILED", False)


def test_a_stage_that_fails_without_a_client_is_logged_later(project: SmallPipeline, servers: Servers) -> None:
    def none(uri: str) -> Store:
        raise TrackingError("MLflow is not installed")

    project.commit()
    tracking, train = Tracking(project.graph(), SETTINGS, servers.warnings.append, none), project.stage("train")
    tracking.stage_environment(train)
    tracking.fail_stage(train)
    tracking.finish(project.graph(), "FAILED")
    log_pending(project.root, SETTINGS, servers.open)
    assert ("train", "FAILED") in [(run["name"], run["status"]) for run in servers.runs()]


def test_a_parent_that_somebody_has_deleted_is_made_again(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    servers.server.calls_left = 4
    tracking, _ = ran(project, servers)
    finish(tracking, project)
    servers.server.calls_left = None
    for run in servers.server.runs.values():
        run["deleted"] = True
    log_pending(project.root, SETTINGS, servers.open)
    assert [run["status"] for run in servers.runs("commit")] == ["FINISHED"]
    assert len(servers.runs()) == 3


# --- what scripts say themselves -----------------------------------------------------------------------------


def environment_of(script: str, project: SmallPipeline, servers: Servers) -> dict[str, str]:
    project.write("train.py", f"import os\nimport mlflow\n{script}\nmlflow.log_metric('loss', 1)\n")
    project.run()
    return servers.tracking(project).stage_environment(project.stage("train"))


@pytest.mark.parametrize(
    ("script", "experiment"),
    [
        ("", "experiment"),
        ("mlflow.set_experiment('churn')", "churn"),
        ("mlflow.set_experiment(experiment_name='churn')", "churn"),
        ("mlflow.set_tracking_uri(os.environ['MLFLOW_TRACKING_URI'])", "experiment"),
        ("mlflow.set_tracking_uri(os.getenv('MLFLOW_TRACKING_URI', 'http://other'))", "experiment"),
        ("mlflow.set_tracking_uri('http://fake')", "experiment"),
        ("mlflow.set_experiment(open('name').read())", None),
        ("mlflow.set_experiment('a')\nmlflow.set_experiment('b')", None),
        ("mlflow.set_tracking_uri('http://other')", None),
    ],
)
def test_a_run_is_handed_only_to_scripts_that_can_take_it(
    script: str, experiment: str | None, project: SmallPipeline, servers: Servers
) -> None:
    environment = environment_of(script, project, servers)
    assert environment.get("MLFLOW_EXPERIMENT_NAME") == experiment
    assert ("MLFLOW_RUN_ID" in environment) == (experiment is not None)
    if experiment is not None:
        run = servers.server.runs[environment["MLFLOW_RUN_ID"]]
        assert run["experiment"] == servers.server.experiments[experiment]


@pytest.mark.parametrize(
    ("given", "expected"), [(None, {}), ('{"team": "blue"}', {"team": "blue"}), ("{", {}), ("[1]", {})]
)
def test_what_a_script_makes_is_known_by_a_tag(
    given: str | None,
    expected: dict[str, str],
    project: SmallPipeline,
    servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if given is not None:
        monkeypatch.setenv("MLFLOW_RUN_CONTEXT", given)
    environment = servers.tracking(project).stage_environment(project.stage("train"))
    context = json.loads(environment["MLFLOW_RUN_CONTEXT"])
    assert context == {**expected, STAGE_RUN: environment["MLFLOW_RUN_ID"]}


def test_a_model_that_is_logged_before_anything_else_is_the_stages(project: SmallPipeline, servers: Servers) -> None:
    project.commit()
    tracking, environments = ran(project, servers)
    log_as_a_script(servers, environments["train"])
    outcome = finish(tracking, project)
    assert outcome.logged is not None
    run_id = outcome.logged.run_of("dvc.yaml:train")
    assert {model.name for model in servers.server.models.values() if model.run_id == run_id} == {
        "churn",
        "first",
        "net",
    }


def test_a_registry_beside_the_server_is_left_alone_by_what_is_logged_into_files(
    project: SmallPipeline, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://registry")
    train = project.stage("train")
    assert "MLFLOW_REGISTRY_URI" not in servers.tracking(project).stage_environment(train)
    servers.server.calls_left = 0
    environment = servers.tracking(project).stage_environment(train)
    assert environment["MLFLOW_REGISTRY_URI"] == environment["MLFLOW_TRACKING_URI"]


def test_a_stage_with_an_experiment_of_its_own_is_linked_too(project: SmallPipeline, servers: Servers) -> None:
    environment_of("mlflow.set_experiment('churn')", project, servers)
    project.commit()
    first = log_commit(project.root, "HEAD", SETTINGS, servers.open)[1]
    project.write("README.md", "")
    project.commit()
    second = log_commit(project.root, "HEAD", SETTINGS, servers.open)[1]
    assert second.linked == first.logged


# --- settings ------------------------------------------------------------------------------------------------


def test_nobody_asked(project: SmallPipeline) -> None:
    assert start_tracking(project.graph(), pytest.fail) is None


def test_a_client_that_is_missing_is_a_server_that_is_gone(project: SmallPipeline) -> None:
    def none(uri: str) -> Store:
        raise TrackingError("MLflow is not installed")

    warnings: list[str] = []
    tracking = Tracking(project.graph(), SETTINGS, warnings.append, none)
    assert "MLFLOW_RUN_ID" not in tracking.stage_environment(project.stage("train"))
    assert tracking.finish(project.graph()).kept
    assert len(warnings) == 1
