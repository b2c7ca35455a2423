"""Commits in MLflow: each once, stages linked, whatever dies in between."""

from __future__ import annotations

import json

import pytest

from pipelinekit.project.project import Project
from pipelinekit.run.commit_log import (
    COMMIT,
    DIRTY,
    KEY,
    KIND,
    LINKS,
    PARENT,
    REPEATS,
    STAGES_FILE,
    CommitLog,
    Logged,
)
from pipelinekit.run.commit_record import CommitRecord, commit_record
from pipelinekit.run.late_logging import NothingToLogError, log_commit
from pipelinekit.run.provenance import current_provenance
from pipelinekit.run.recorded_contents import RecordedContents
from pipelinekit.run.store import RunInfo, Store, TrackingError
from pipelinekit.run.tracking import Tracking
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.run.fake_store import FakeStore
from tests.run.projects import SmallPipeline


def runs(store: Store, settings: TrackingSettings, kind: str) -> list[RunInfo]:
    """The commits or stages that are there, oldest first."""
    return store.find_runs([store.experiment(settings.experiment)], {KIND: kind}, 1000)[::-1]


def log(project: SmallPipeline, store: Store, settings: TrackingSettings, revision: str = "HEAD") -> Logged:
    return log_commit(project.root, revision, settings, lambda uri: store)[1]


def test_a_commit_twice_is_logged_once(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    commit = project.commit()
    first = log(project, store, settings)
    second = log(project, store, settings)
    assert sorted(first.logged) == ["dvc.yaml:evaluate", "dvc.yaml:prepare", "dvc.yaml:train"]
    assert first.linked == {}
    assert (second.logged, second.linked, second.was_complete) == ({}, first.logged, True)
    (parent,) = runs(store, settings, "commit")
    assert parent.name == f"main@{commit[:7]}"
    assert parent.status == "FINISHED"
    assert (parent.tags[COMMIT], parent.tags[DIRTY]) == (commit, "false")
    assert store.read_artifact(parent.run_id, "dvc.lock") == (project.folder / "dvc.lock").read_text()
    children = runs(store, settings, "stage")
    assert sorted(child.name for child in children) == ["evaluate", "prepare", "train"]
    assert {child.tags[PARENT] for child in children} == {parent.run_id}
    assert {child.status for child in children} == {"FINISHED"}


def test_what_a_stage_used_and_made(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    project.commit()
    log(project, store, settings)
    children = {child.name: child for child in runs(store, settings, "stage")}
    assert children["train"].params == {"lr": "0.1"}
    assert children["evaluate"].metrics == {"accuracy": 0.8}
    assert store.read_artifact(children["evaluate"].run_id, "plots/curve.csv") == "x,y\n1,2\n"
    assert store.find_model(children["train"], "churn") is not None
    assert store.find_model(children["prepare"], "churn") is None


def test_a_model_is_made_once_and_the_output_of_its_run_once(store: Store, settings: TrackingSettings) -> None:
    experiment = store.experiment(settings.experiment)
    run = RunInfo(store.create_run(experiment, "train", {}), experiment, "train", "RUNNING", {}, {}, {})
    made = store.log_model(run, "net", {"dvc.md5": "0"}, None)
    # a try before was interrupted, nobody knows where
    assert store.log_model(run, "net", {"dvc.md5": "0"}, None, again=True) == made
    found = store.run(run.run_id)
    assert found is not None
    assert list(found.models) == [made]


def test_another_param_is_one_more_child(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    project.commit()
    first = log(project, store, settings)
    project.run(lr=0.2)
    project.commit()
    second = log(project, store, settings)
    # the metrics are the same, but the model that they are of is not
    assert sorted(second.logged) == ["dvc.yaml:evaluate", "dvc.yaml:train"]
    assert second.linked == {"dvc.yaml:prepare": first.logged["dvc.yaml:prepare"]}
    assert len(runs(store, settings, "stage")) == 5
    (newest,) = [run for run in runs(store, settings, "commit") if run.run_id == second.parent]
    assert json.loads(newest.tags[LINKS]) == second.linked
    listed = json.loads(store.read_artifact(newest.run_id, STAGES_FILE) or "")
    assert {stage["address"]: stage["state"] for stage in listed["stages"]} == {
        "dvc.yaml:prepare": "linked",
        "dvc.yaml:train": "logged",
        "dvc.yaml:evaluate": "logged",
    }


def test_a_commit_of_something_else_links_all(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    project.commit()
    first = log(project, store, settings)
    project.write("README.md", "Read me.")
    project.commit()
    second = log(project, store, settings)
    assert (second.logged, second.linked) == ({}, first.logged)
    (newest,) = [run.name for run in runs(store, settings, "commit") if run.run_id == second.parent]
    assert newest == f"main@{project.git('rev-parse', 'HEAD')[:7]}"


def test_an_older_commit_can_be_logged_later(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    older = project.commit()
    project.run(lr=0.2, accuracy=0.9)
    project.commit()
    log(project, store, settings)
    log(project, store, settings, older)
    by_accuracy = [run.metrics for run in runs(store, settings, "stage") if run.name == "evaluate"]
    # git has the metrics of then
    assert sorted(metrics["accuracy"] for metrics in by_accuracy) == [0.8, 0.9]


def test_a_run_before_its_commit_becomes_that_of_the_commit(
    project: SmallPipeline, store: Store, settings: TrackingSettings
) -> None:
    before = project.commit()
    project.run(lr=0.3)
    outcome = Tracking(project.graph(), settings, pytest.fail, lambda uri: store).finish(project.graph())
    assert outcome.logged is not None
    (parent,) = runs(store, settings, "commit")
    assert (parent.tags[COMMIT], parent.tags[DIRTY]) == (before, "true")
    commit = project.commit()
    later = log(project, store, settings)
    assert later.parent == parent.run_id
    assert later.logged == {}
    (parent,) = runs(store, settings, "commit")
    assert (parent.name, parent.tags[COMMIT], parent.tags[DIRTY]) == (f"main@{commit[:7]}", commit, "false")
    assert {run.tags[COMMIT] for run in runs(store, settings, "stage")} == {commit}
    assert log(project, store, settings).was_complete


def test_params_of_other_files_and_lists(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    text = (project.folder / "dvc.lock").read_text()
    other = "      other.yaml:\n        sizes:\n        - 1\n        - 2\n        odd name?: x\n"
    project.write("dvc.lock", text.replace("        lr: 0.1\n", "        lr: 0.1\n" + other))
    project.commit()
    log(project, store, settings)
    params = next(run.params for run in runs(store, settings, "stage") if run.name == "train")
    assert params["other.yaml:sizes"] == "[1, 2]"
    assert set(params) in (
        {"lr", "other.yaml:sizes", "other.yaml:odd name?"},
        {"lr", "other.yaml:sizes", "other.yaml:odd name_"},
    )


def test_nothing_to_log(project: SmallPipeline, store: Store, settings: TrackingSettings) -> None:
    (project.folder / "dvc.lock").unlink()
    project.commit()
    with pytest.raises(NothingToLogError, match="no stage has run in HEAD"):
        log(project, store, settings)
    with pytest.raises(NothingToLogError, match="git knows no commit nonsense"):
        log(project, store, settings, "nonsense")


def snapshot(store: FakeStore) -> object:
    """What there is to see, ids aside."""
    names = {run_id: run["name"] for run_id, run in store.runs.items()}
    shown = [
        (
            run["name"],
            run["status"],
            names.get(run["tags"].get(PARENT, "")),
            run["tags"][KEY],
            run["params"],
            run["metrics"],
            sorted(run["inputs"].items()),
            sorted(run["files"]),
        )
        for run in store.runs.values()
        if not run["deleted"]
    ]
    models = [(names[model.run_id], model.name, model.files) for model in store.models.values()]
    return sorted(shown, key=str), sorted(models)


def record(project: SmallPipeline) -> CommitRecord:
    graph = project.graph()
    return commit_record(graph, current_provenance(graph))


def write(store: Store, record: CommitRecord, project: SmallPipeline) -> Logged:
    return CommitLog(store, record, "experiment", RecordedContents(Project(project.root))).write()


def test_whenever_the_server_dies_nothing_is_lost_and_nothing_is_there_twice(project: SmallPipeline) -> None:
    project.commit()
    made, whole = record(project), FakeStore()
    write(whole, made, project)
    assert whole.calls > 15
    for calls in range(whole.calls):
        store = FakeStore(calls_left=calls)
        with pytest.raises(TrackingError, match="refused"):
            write(store, made, project)
        store.calls_left = None
        write(store, made, project)
        assert snapshot(store) == snapshot(whole), f"died after {calls} calls"


def test_taking_a_parent_over_survives_it_too(project: SmallPipeline) -> None:
    project.commit()
    project.run(lr=0.3)
    before = record(project)
    commit = project.commit()
    after = record(project)
    deaths = 0
    for calls in range(20):
        store = FakeStore()
        write(store, before, project)
        store.calls_left = calls
        try:
            write(store, after, project)
        except TrackingError:
            deaths += 1
        store.calls_left = None
        write(store, after, project)
        assert len(store.runs) == 4
        assert {run["tags"][COMMIT] for run in store.runs.values()} == {commit}, f"died after {calls} calls"
    assert 5 < deaths < 20


def test_thousands_of_earlier_runs_are_not_all_read(project: SmallPipeline) -> None:
    project.commit()
    settings, store = TrackingSettings("http://fake", "experiment"), FakeStore()
    first = log(project, store, settings)
    experiment = store.experiment(settings.experiment)
    for number in range(2000):
        store.create_run(experiment, "other", {KIND: "stage", KEY: str(number)})
    project.write("README.md", "")
    project.commit()
    before = store.calls
    assert log(project, store, settings).linked == first.logged
    assert store.calls - before < 12


def test_repeats_are_kept_only_if_the_script_logged_something(project: SmallPipeline) -> None:
    project.commit()
    settings, store = TrackingSettings("http://fake", "experiment"), FakeStore()
    first = log(project, store, settings)
    graph = project.graph()
    tracking = Tracking(graph, settings, pytest.fail, lambda uri: store)
    environments = {stage.name: tracking.stage_environment(stage) for stage in graph.index.stages}
    store.log(environments["train"]["MLFLOW_RUN_ID"], metrics={"loss": 1.0})
    for stage in graph.index.stages:
        tracking.finish_stage(stage)
        tracking.finish_stage(stage)
    outcome = tracking.finish(project.graph())
    assert outcome.logged is not None
    assert outcome.logged.linked == first.logged
    kept = [run for run in store.runs.values() if REPEATS in run["tags"] and not run["deleted"]]
    assert {run["name"] for run in kept} == {"train"} | {kept[0]["name"]}
    assert sum(run["deleted"] for run in store.runs.values()) >= 2
    assert all(run["status"] == "FINISHED" for run in store.runs.values() if not run["deleted"])
