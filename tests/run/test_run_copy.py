"""What scripts have logged into files, copied into another store: here that lies in files, too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, LoggedModelOutput, LoggedModelStatus, Metric

from pipelinekit.run import mlflow_store
from pipelinekit.run.commit_log import PARENT, STAGE_RUN
from pipelinekit.run.mlflow_store import MlflowStore, open_store
from pipelinekit.run.store import TrackingError
from tests.run.fake_store import FakeStore


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """The client is told by variables; they must not stay."""
    before, known = dict(os.environ), dict(mlflow_store._before)
    mlflow_store._before.clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    mlflow_store._before.clear()
    mlflow_store._before.update(known)


class Stores(NamedTuple):
    """What a script has logged to, and what gets the copy; with the run of a stage in each."""

    source: MlflowStore
    source_run: str
    target: MlflowStore
    run_id: str
    #: of the run that the script had
    experiment: str

    @property
    def there(self) -> MlflowClient:
        return self.source.client

    @property
    def here(self) -> MlflowClient:
        return self.target.client

    def folder(self) -> Path:
        """Of the run that the script had."""
        return Path(self.source.uri.removeprefix("file://")) / self.experiment / self.source_run

    def log(self, run_id: str, *metrics: Metric) -> None:
        self.there.log_batch(run_id, metrics=metrics)

    def model(self, name: str, run_id: str | None, step: int = 0) -> str:
        """A model as `log_model` leaves it; of no run, if the script had none yet."""
        made = self.there.create_logged_model(
            self.experiment, name, run_id, {STAGE_RUN: self.source_run, "team": "blue"}, {"depth": "3"}
        )
        place = Path(made.artifact_location.removeprefix("file://"))
        place.mkdir(parents=True)
        text = f"artifact_path: {made.artifact_location}\nmodel_id: {made.model_id}\nrun_id: {run_id}\n"
        (place / "MLmodel").write_text(text)
        (place / "weights").write_bytes(b"\0\1")
        if run_id is not None:
            self.there.log_outputs(run_id, [LoggedModelOutput(made.model_id, step)])
        self.there.finalize_logged_model(made.model_id, LoggedModelStatus.READY)
        return str(made.model_id)

    def copy(self) -> None:
        self.target.copy_run(self.source, self.source_run, self.run_id)


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    source, target = (open_store((tmp_path / name).as_uri()) for name in ("source", "target"))
    assert isinstance(source, MlflowStore)
    assert isinstance(target, MlflowStore)
    runs = [store.create_run(store.experiment("e"), "train", {}) for store in (source, target)]
    return Stores(source, runs[0], target, runs[1], source.experiment("e"))


def history(client: MlflowClient, run_id: str, key: str) -> list[tuple[int, int, float]]:
    return [(point.timestamp, point.step, point.value) for point in client.get_metric_history(run_id, key)]


def test_a_run_with_all_that_a_script_logs(stores: Stores) -> None:
    stores.there.log_param(stores.source_run, "lr", "0.1")
    stores.there.set_tag(stores.source_run, "mlflow.note.content", "a note")
    stores.there.set_tag(stores.source_run, "mlflow.source.name", "train.py")
    stores.log(stores.source_run, *(Metric("loss/test", 1 / step, 100 + step, step) for step in (1, 2, 3)))
    stores.log(stores.source_run, Metric("nan", float("nan"), 100, 0), Metric("much", float("inf"), 100, 0))
    dataset = Dataset("the frame", "abc", "code", "{}")
    stores.there.log_inputs(stores.source_run, [DatasetInput(dataset)])
    stores.there.log_text(stores.source_run, "text", "folder/note.txt")
    for _ in range(2):
        stores.copy()
    run = stores.here.get_run(stores.run_id)
    assert run.data.params == {"lr": "0.1"}
    assert (run.data.tags["mlflow.note.content"], "mlflow.source.name" in run.data.tags) == ("a note", False)
    assert set(history(stores.here, stores.run_id, "loss/test")) == {(101, 1, 1.0), (102, 2, 0.5), (103, 3, 1 / 3)}
    assert str(run.data.metrics["nan"]) == "nan"
    assert run.data.metrics["much"] > 1e300
    assert [one.dataset.name for one in run.inputs.dataset_inputs] == ["the frame"]
    assert stores.target.read_artifact(stores.run_id, "folder/note.txt") == "text"


def test_a_model_knows_where_it_is(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    late, early = stores.model("late", stores.source_run, step=7), stores.model("early", None)
    # a registry in files asks for models where the environment says
    monkeypatch.setenv("MLFLOW_TRACKING_URI", stores.source.uri)
    stores.there.create_registered_model("churn")
    stores.there.create_model_version("churn", f"models:/{late}", stores.source_run, {"a": "b"}, model_id=late)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", stores.target.uri)
    for _ in range(2):
        stores.copy()
    experiment = stores.here.get_run(stores.run_id).info.experiment_id
    models = {model.name: model for model in stores.here.search_logged_models([experiment])}
    assert sorted(models) == ["early", "late"]
    for model in models.values():
        assert model.source_run_id == stores.run_id
        assert (model.status, model.params, model.tags["team"]) == (LoggedModelStatus.READY, {"depth": "3"}, "blue")
        place = Path(model.artifact_location.removeprefix("file://"))
        first, second, _ = (place / "MLmodel").read_text().splitlines()
        assert first == f"artifact_path: {model.artifact_location}"
        assert second == f"model_id: {model.model_id}"
        assert (place / "weights").read_bytes() == b"\0\1"
        assert not (place / "weights").is_symlink()
    outputs = stores.here.get_run(stores.run_id).outputs.model_outputs
    assert {one.model_id: one.step for one in outputs} == {models["late"].model_id: 7, models["early"].model_id: 0}
    (version,) = stores.here.search_model_versions("name='churn'")
    assert (version.source, version.run_id) == (f"models:/{models['late'].model_id}", stores.run_id)
    assert version.tags["a"] == "b"
    assert early != models["early"].model_id


def test_a_model_that_another_stage_measures(stores: Stores) -> None:
    model_id = stores.model("net", stores.source_run)
    other = stores.source.create_run(stores.experiment, "evaluate", {})
    metric = Metric("accuracy", 0.8, 100, 3, model_id, "test set", "abc")
    stores.there.log_inputs(other, [DatasetInput(Dataset("test set", "abc", "code", "{}"))])
    stores.log(other, metric)
    stores.copy()
    measured = stores.target.create_run(stores.target.experiment("e"), "evaluate", {})
    stores.target.copy_run(stores.source, other, measured)
    # MLflow can't read the names of datasets with spaces that it writes here; a server has no trouble with them
    folder = Path(stores.target.uri.removeprefix("file://"))
    (line,) = {path.read_text() for path in folder.rglob("models/*/metrics/accuracy")}
    assert line == f"100 0.8 3 {measured} test set abc\n"
    lines = (folder / stores.target.experiment("e") / measured / "metrics/accuracy").read_text().splitlines()
    assert {line.split(" ")[2] for line in lines} == {"3"}


def test_runs_that_the_script_has_started_itself(stores: Stores) -> None:
    tags = {STAGE_RUN: stores.source_run}
    trial = stores.source.create_run(stores.experiment, "trial", {**tags, PARENT: stores.source_run, "mine": "1"})
    inner = stores.source.create_run(stores.experiment, "inner", {**tags, PARENT: trial})
    apart = stores.source.create_run(stores.experiment, "apart", tags)
    stores.log(inner, Metric("loss", 0.5, 100, 0))
    stores.source.end_run(trial, "FINISHED")
    stores.source.end_run(inner, "FAILED")
    other = stores.source.create_run(stores.experiment, "of another stage", {STAGE_RUN: "another"})
    for _ in range(2):
        stores.copy()
    experiment = stores.here.get_run(stores.run_id).info.experiment_id
    runs = {run.info.run_name: run for run in stores.here.search_runs([experiment])}
    assert {name: run.info.status for name, run in runs.items()} == {
        "train": "RUNNING",
        "trial": "FINISHED",
        "inner": "FAILED",
        "apart": "KILLED",  # by whatever ended the script
    }
    assert runs["trial"].data.tags[PARENT] == stores.run_id
    assert runs["trial"].data.tags["mine"] == "1"
    assert runs["inner"].data.tags[PARENT] == runs["trial"].info.run_id
    assert runs["inner"].data.metrics == {"loss": 0.5}
    assert PARENT not in runs["apart"].data.tags
    stores.source.forget_run(stores.source_run)
    assert [stores.source.run(run_id) for run_id in (stores.source_run, trial, inner, apart)] == [None] * 4
    assert stores.source.run(other) is not None


def test_what_older_clients_leave(stores: Stores) -> None:
    """Before MLflow 3 a model is a folder of its run."""
    text = f"artifact_path: net\nrun_id: {stores.source_run}\n"
    stores.there.log_text(stores.source_run, text, "net/MLmodel")
    stores.there.set_tag(stores.source_run, "mlflow.log-model.history", f'[{{"run_id": "{stores.source_run}"}}]')
    stores.there.create_registered_model("old")
    uri = stores.there.get_run(stores.source_run).info.artifact_uri
    stores.there.create_model_version("old", f"{uri}/net", stores.source_run)
    stores.copy()
    assert stores.target.read_artifact(stores.run_id, "net/MLmodel") == f"artifact_path: net\nrun_id: {stores.run_id}\n"
    tags = stores.here.get_run(stores.run_id).data.tags
    assert tags["mlflow.log-model.history"] == f'[{{"run_id": "{stores.run_id}"}}]'
    (version,) = stores.here.search_model_versions("name='old'")
    assert version.source == f"runs:/{stores.run_id}/net"


def test_files_that_mlflow_can_not_read_itself(stores: Stores) -> None:
    stores.there.log_text(stores.source_run, "1 2 3 4 5 6 7", "metrics/mine")
    stores.log(stores.source_run, Metric("loss", 0.5, 100, 3, None, "train set", "abc"))
    stores.log(stores.source_run, Metric("loss", 0.25, 101, 4), Metric("lost", 1, 100, 0))
    metrics = stores.folder() / "metrics"
    with (metrics / "loss").open("a") as file:
        file.write("102 0.12")  # killed as it wrote
    (metrics / "lost").write_text("")
    stores.copy()
    assert history(stores.here, stores.run_id, "loss") == [(100, 3, 0.5), (101, 4, 0.25)]
    assert set(stores.here.get_run(stores.run_id).data.metrics) == {"loss"}
    assert stores.target.read_artifact(stores.run_id, "metrics/mine") == "1 2 3 4 5 6 7"


def test_a_run_that_is_not_there_has_nothing_to_copy(stores: Stores) -> None:
    stores.target.copy_run(stores.source, "0" * 32, stores.run_id)
    stores.source.forget_run("0" * 32)
    assert stores.here.get_run(stores.run_id).data.metrics == {}


def test_only_files_are_copied(stores: Stores) -> None:
    with pytest.raises(TrackingError, match="can't be copied"):
        stores.target.copy_run(FakeStore("http://fake"), stores.source_run, stores.run_id)
