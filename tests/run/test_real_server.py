"""Whole runs with the real DVC and a real MLflow server, which may be killed."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.run.late_logging import OpenStore, log_commit, log_pending, store_opener
from pipelinekit.run.mlflow_store import MlflowStore
from pipelinekit.run.store import Store, TrackingError
from pipelinekit.run.tracking import Outcome, Tracking
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.command_line import run
from tests.run.mlflow_server import VARIABLE, MlflowServer, why_no_server
from tests.run.test_mlflow_store import answering, connected

pytestmark = pytest.mark.slow

PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [prepare.py, raw.csv]
    outs: [clean.csv]
  train:
    cmd: python train.py
    deps: [clean.csv, train.py]
    params: [lr]
    outs: [model.pkl]
    metrics:
    - metrics.json:
        cache: false
    plots:
    - curve.csv:
        cache: false
artifacts:
  churn:
    path: model.pkl
    type: model
"""
PREPARE = "open('clean.csv', 'w').write(open('raw.csv').read().upper())\n"
#: knows nothing of pipelinekit
TRAIN = """\
import mlflow

lr = open("params.yaml").read().split()[1]
for step in range(3):
    mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
mlflow.log_text("from the script", "note.txt")
open("model.pkl", "w").write("a model with " + lr)
open("metrics.json", "w").write('{"accuracy": 0.8, "auc": {"test": 0.7}}')
open("curve.csv", "w").write("x,y\\n1,2\\n")
"""
#: the same, for a stage that logs nothing itself
SILENT = "".join(
    line for line in TRAIN.splitlines(keepends=True) if "mlflow" not in line and not line.startswith("for")
)
#: logs models: one before it has a run, one with all that a model can have; and starts a run of its own
MODELS = """\
import os

import mlflow
import mlflow.pyfunc
import pandas

class Double(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[int], params=None) -> list[int]:
        return [2 * number for number in model_input]

def log(name, **given):
    return mlflow.pyfunc.log_model(name=name, python_model=Double(), pip_requirements=[], **given)

log("early", registered_model_name=os.environ["REGISTERED"])
mlflow.log_param("depth", 3)
data = mlflow.data.from_pandas(pandas.DataFrame({"a": [1.0]}), name="the frame")
mlflow.log_input(data, context="training")
late = log("late", registered_model_name=os.environ["REGISTERED"], tags={"team": "blue"}, step=2)
for step in (1, 2):
    mlflow.log_metric("rmse", 1 / step, step=step, model_id=late.model_id, dataset=data)
mlflow.set_tag("mlflow.note.content", "what the script says")
with mlflow.start_run(nested=True, run_name="trial"):
    mlflow.log_metric("loss", 0.5)
    mlflow.log_text("of the trial", "trial.txt")
open("model.pkl", "w").write("a model")
open("metrics.json", "w").write("{}")
open("curve.csv", "w").write("x,y\\n1,2\\n")
"""
USE = """\
import sys
import mlflow.pyfunc

model = mlflow.pyfunc.load_model("models:/" + sys.argv[1])
print(model.predict([1, 2]), model.metadata.model_id, model.metadata.artifact_path)
"""
BIN = Path(sys.executable).parent


class RealProject:
    """A project that DVC runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.root = str(folder)
        self.call("git", "init", "-q", "-b", "main")
        self.call("dvc", "init", "-q")
        for path, text in {
            "dvc.yaml": PIPELINE,
            "params.yaml": "lr: 0.1\n",
            "raw.csv": "a\n1\n",
            "prepare.py": PREPARE,
            "train.py": TRAIN,
            "pipelinekit.toml": '[promote]\nmetric = "accuracy"\n',
        }.items():
            (folder / path).write_text(text)
        self.commit()

    def call(self, *command: str, environment: dict[str, str] | None = None) -> str:
        full = {
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **(environment or {}),
        }
        result = subprocess.run(command, cwd=self.folder, env=full, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.strip()

    def commit(self) -> str:
        self.call("git", "add", "-A")
        self.call("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "c")
        return self.call("git", "rev-parse", "HEAD")

    def graph(self) -> Graph:
        return Graph(Index(Project(self.root)))

    def reproduce(self, settings: TrackingSettings, warnings: list[str]) -> Outcome:
        """As a run does it: each stage with `dvc repro`, in its own environment."""
        graph = self.graph()
        tracking = Tracking(graph, settings, warnings.append)
        for stage in graph.index.stages:
            output = self.call("dvc", "repro", "-s", stage.name, environment=tracking.stage_environment(stage))
            tracking.finish_stage(stage, ran="Running stage" in output)
        return tracking.finish(self.graph())


@pytest.fixture
def project(tmp_path: Path) -> RealProject:  # type: ignore[override]
    return RealProject(tmp_path / "project")


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[MlflowServer]:
    """A server that a test may kill."""
    reason = why_no_server()
    if reason is not None:
        pytest.skip(reason)
    server = MlflowServer(tmp_path / "server")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_a_script_logs_into_its_stage_and_all_of_it_is_there(project: RealProject, server: MlflowServer) -> None:
    settings = TrackingSettings(server.uri, "a script")
    outcome = project.reproduce(settings, [])
    assert outcome.logged is not None
    commit = project.commit()
    assert log_commit(project.root, "HEAD", settings)[1].logged == {}
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("a script")
    assert experiment is not None
    assert len(client.search_runs([experiment.experiment_id])) == 3
    train = client.get_run(outcome.logged.run_of("dvc.yaml:train") or "")
    assert train.info.status == "FINISHED"
    assert train.data.tags["mlflow.source.git.commit"] == commit
    assert train.data.params == {"lr": "0.1"}
    assert train.data.metrics == {"loss": pytest.approx(1 / 3), "accuracy": 0.8, "auc.test": 0.7}
    assert [point.step for point in client.get_metric_history(train.info.run_id, "loss")] == [0, 1, 2]
    lock = Project(project.root).lock("dvc.lock")
    assert lock is not None
    inputs = {(one.dataset.name, one.dataset.digest, one.tags[0].value) for one in train.inputs.dataset_inputs}
    locked = lock.stages["train"]
    assert inputs == {(entry.path, entry.md5, "dvc.dep") for entry in locked.deps.values()} | {
        (entry.path, entry.md5, "dvc.out") for entry in locked.outs.values()
    }
    (output,) = train.outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert (model.name, model.tags["dvc.md5"]) == ("churn", locked.outs["model.pkl"].md5)
    assert [file.path for file in client.list_logged_model_artifacts(output.model_id)] == ["model.pkl"]
    assert {file.path for file in client.list_artifacts(train.info.run_id)} == {"note.txt", "plots"}
    assert {file.path for file in client.list_artifacts(outcome.logged.parent)} == {"dvc.lock", "stages.json"}


def test_a_script_with_an_experiment_of_its_own(project: RealProject, server: MlflowServer) -> None:
    (project.folder / "train.py").write_text(
        TRAIN.replace("import mlflow\n", "import mlflow\nmlflow.set_experiment('own experiment')\n")
    )
    settings = TrackingSettings(server.uri, "of the project")
    outcome = project.reproduce(settings, [])
    assert outcome.logged is not None
    client = MlflowClient(server.uri)
    train = client.get_run(outcome.logged.run_of("dvc.yaml:train") or "")
    own = client.get_experiment_by_name("own experiment")
    assert own is not None
    assert train.info.experiment_id == own.experiment_id
    assert train.data.metrics["loss"] == pytest.approx(1 / 3)
    assert len(client.search_runs([own.experiment_id])) == 1


def test_a_server_that_is_killed_loses_nothing(project: RealProject, mortal: MlflowServer) -> None:
    settings, warnings = TrackingSettings(mortal.uri, "killed"), list[str]()
    graph = project.graph()
    tracking = Tracking(graph, settings, warnings.append)
    prepare, train = graph.index.stages
    project.call("dvc", "repro", "-s", "prepare", environment=tracking.stage_environment(prepare))
    mortal.stop()
    started = time.monotonic()
    tracking.finish_stage(prepare)
    environment = tracking.stage_environment(train)
    project.call("dvc", "repro", "-s", "train", environment=environment)
    tracking.finish_stage(train)
    outcome = tracking.finish(project.graph())
    assert outcome.kept
    assert len(warnings) == 1
    assert time.monotonic() - started < 60
    mortal.start()
    for _ in range(2):
        log_pending(project.root, settings)
        log_commit(project.root, project.commit(), settings)
    client = MlflowClient(mortal.uri)
    experiment = client.get_experiment_by_name("killed")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    stages = [one for one in runs if one.data.tags["pipelinekit.kind"] == "stage"]
    assert sorted((one.info.run_name, one.info.status) for one in stages) == [
        ("prepare", "FINISHED"),
        ("train", "FINISHED"),
    ]
    by_name = {one.info.run_name: one for one in stages}
    # what the script logged while there was no server
    assert by_name["train"].data.metrics["loss"] == pytest.approx(1 / 3)
    assert len(client.get_metric_history(by_name["train"].info.run_id, "loss")) == 3
    assert "note.txt" in {file.path for file in client.list_artifacts(by_name["train"].info.run_id)}
    assert {one.info.status for one in runs} == {"FINISHED"}


def command(project: RealProject, uri: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`pipelinekit` as a program of its own."""
    environment = {**os.environ, "MLFLOW_TRACKING_URI": uri, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, "-m", "pipelinekit", *arguments],
        cwd=project.folder,
        env={**environment, "MLFLOW_EXPERIMENT_NAME": "by command", "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stage_that_fails_while_the_server_is_gone(project: RealProject, mortal: MlflowServer) -> None:
    failing = TRAIN + 'raise SystemExit("it can not be trained")\n'
    (project.folder / "train.py").write_text(failing)
    commit = project.commit()
    mortal.stop()
    for _ in range(2):
        done = command(project, mortal.uri, "run")
        assert done.returncode == 1
        assert f"MLflow at {mortal.uri}: connection refused. The run goes on" in done.stderr
    (project.folder / "train.py").write_text(TRAIN)
    assert command(project, mortal.uri, "run").returncode == 0
    mortal.start()
    assert command(project, mortal.uri, "run", "--log-only").stdout == "3 runs logged to MLflow\n"
    assert command(project, mortal.uri, "run", "--log-only").stdout == "MLflow lacks nothing\n"
    client = MlflowClient(mortal.uri)
    experiment = client.get_experiment_by_name("by command")
    assert experiment is not None
    runs = {one.info.run_id: one for one in client.search_runs([experiment.experiment_id])}
    stages = [one for one in runs.values() if one.data.tags["pipelinekit.kind"] == "stage"]
    assert sorted((one.info.run_name, one.info.status) for one in stages) == [
        ("prepare", "FINISHED"),
        ("train", "FAILED"),
        ("train", "FAILED"),
        ("train", "FINISHED"),
    ]
    for one in stages:
        assert one.data.tags["mlflow.source.git.commit"] == commit
        # a run that failed is one that failed, also as a whole
        parent = runs[one.data.tags["mlflow.parentRunId"]]
        if one.info.run_name == "train":
            assert parent.info.status == one.info.status
            assert len(client.get_metric_history(one.info.run_id, "loss")) == 3
            assert "note.txt" in {file.path for file in client.list_artifacts(one.info.run_id)}
        assert one.info.start_time <= one.info.end_time


@contextlib.contextmanager
def closed() -> Iterator[tuple[str, list[object]]]:
    """The address of nobody."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield f"http://127.0.0.1:{port}", []


@pytest.mark.parametrize(
    ("gone", "cause"),
    [
        (closed, "connection refused"),
        (connected, "no answer in time"),
        (functools.partial(answering, status=503, headers_sent={"Retry-After": "3600"}), "status 5xx"),
    ],
)
def test_commands_without_a_server(gone: Any, cause: str, project: RealProject) -> None:
    (project.folder / "train.py").write_text(SILENT)
    project.commit()
    with gone() as (uri, asked):
        ran = command(project, uri, "run")
        assert ran.returncode == 0
        assert [line for line in ran.stderr.splitlines() if cause in line] == [
            line for line in ran.stderr.splitlines() if "The run goes on" in line
        ]
        # before the first stage, and at the end; what fails at once is asked for twice
        assert len(asked) <= 4
        project.commit()
        for arguments in (
            ["run", "--log-only"],
            ["promote"],
            ["whence", "models:/churn@champion"],
            ["whither", "raw.csv"],
        ):
            before = len(asked)
            done = command(project, uri, *arguments)
            assert done.returncode == (1 if "run" in arguments else 2)
            assert cause in done.stderr
            assert len(done.stderr.splitlines()) == 1
            assert len(asked) - before <= 2


class Dying:
    """A client that can be cut off after some calls."""

    def __init__(self, client: Any, calls_left: int) -> None:
        self.client = client
        self.calls_left = calls_left

    def __getattr__(self, name: str) -> Any:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise OSError("Connection refused")
        return getattr(self.client, name)


def logged_models(client: MlflowClient, experiment: str, registered: str) -> object:
    """What there is of models, and of runs that the script started: ids as names, and moments aside."""
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    runs = {one.info.run_id: one for one in client.search_runs([found.experiment_id])}
    models = {one.model_id: one for one in client.search_logged_models([found.experiment_id])}
    names = {run_id: f"run {run.info.run_name}" for run_id, run in runs.items()}
    names |= {model_id: f"model {model.name}" for model_id, model in models.items()}
    names[f":/{found.experiment_id}/"] = ":/experiment/"

    def shown(text: str) -> str:
        for known, name in sorted(names.items(), key=lambda one: -len(one[0])):
            text = text.replace(known, name)
        return text

    shown_runs = [
        (
            run.info.run_name,
            run.info.status,
            dict(run.data.params),
            {key: [(p.step, p.value) for p in client.get_metric_history(run_id, key)] for key in run.data.metrics},
            {
                key: shown(value)
                for key, value in run.data.tags.items()
                if key not in ("pipelinekit.offline", "mlflow.source.name")
            },
            sorted(one.dataset.name for one in run.inputs.dataset_inputs),
            sorted(names[one.model_id] for one in run.inputs.model_inputs),
            sorted((names[one.model_id], one.step) for one in run.outputs.model_outputs),
            sorted(file.path for file in client.list_artifacts(run_id)),
        )
        for run_id, run in runs.items()
        if run.data.tags.get("pipelinekit.kind") != "commit"
    ]
    shown_models = [
        (
            model.name,
            str(model.status),
            dict(model.params),
            sorted((m.key, m.value, m.step, m.dataset_name, names[m.run_id]) for m in model.metrics or ()),
            model.tags.get("team"),
            shown(str(model.artifact_location)),
            sorted(file.path for file in client.list_logged_model_artifacts(model_id)),
        )
        for model_id, model in models.items()
        if model.model_type != "dvc"
    ]
    versions = client.search_model_versions(f"name='{registered}'")
    shown_versions = sorted((int(one.version), shown(str(one.source)), dict(one.tags).get("team")) for one in versions)
    return sorted(shown_runs, key=str), sorted(shown_models, key=str), shown_versions


def models_without_a_server(project: RealProject, settings: TrackingSettings) -> None:
    """A run whose scripts log models, while the server is gone."""
    outcome = project.reproduce(settings._replace(uri="http://127.0.0.1:1"), [])
    assert outcome.kept
    kept = Path(outcome.kept)
    kept.write_text(kept.read_text().replace("http://127.0.0.1:1", settings.uri))


def test_models_that_were_logged_without_a_server(
    project: RealProject, server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = MlflowClient(server.uri)
    (project.folder / "train.py").write_text(MODELS)
    monkeypatch.setenv("REGISTERED", "there")
    project.commit()
    with_server = TrackingSettings(server.uri, "models there")
    assert project.reproduce(with_server, []).logged is not None
    expected = logged_models(client, with_server.experiment, "there")
    project.call("git", "clean", "-qfdx")
    monkeypatch.setenv("REGISTERED", "gone")
    without = TrackingSettings(server.uri, "models gone")
    models_without_a_server(project, without)
    for _ in range(2):
        log_pending(project.root, without)
        assert logged_models(client, without.experiment, "gone") == expected
    # they can be used, and know who they are
    experiment = client.get_experiment_by_name(without.experiment)
    assert experiment is not None
    models = [one for one in client.search_logged_models([experiment.experiment_id]) if one.model_type != "dvc"]
    for model in models:
        printed = project.call(
            sys.executable, "-W", "ignore", "-c", USE, model.model_id, environment={"MLFLOW_TRACKING_URI": server.uri}
        )
        assert printed.splitlines()[-1] == f"[2, 4] {model.model_id} {model.artifact_location}"
    # and nothing of it lies about
    files = project.folder / ".dvc/tmp/pipelinekit/mlflow/offline"
    assert [path.name for path in files.rglob("*") if path.name in ("MLmodel", "metrics", "python_model.pkl")] == []


def test_models_are_there_once_wherever_copying_them_is_interrupted(
    project: RealProject, server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = MlflowClient(server.uri)
    (project.folder / "train.py").write_text(MODELS)
    monkeypatch.setenv("REGISTERED", "interrupted")
    project.commit()
    settings = TrackingSettings(server.uri, "interrupted")
    models_without_a_server(project, settings)
    state = project.folder / ".dvc/tmp/pipelinekit"
    for calls in range(0, 200, 3):
        experiment = f"interrupted {calls}"
        saved = project.folder.parent / "saved"
        shutil.copytree(state, saved)
        (kept,) = (state / "mlflow/pending").iterdir()
        kept.write_text(kept.read_text().replace('"experiment": "interrupted"', f'"experiment": "{experiment}"'))
        opener = store_opener(project.root)

        def dying(uri: str, opener: OpenStore = opener, calls: int = calls) -> Store:
            store = opener(uri)
            if isinstance(store, MlflowStore) and uri == settings.uri:
                store.client = Dying(store.client, calls)  # type: ignore[assignment]
            return store

        try:
            log_pending(project.root, settings, dying)
        except TrackingError:
            was_interrupted = True
            log_pending(project.root, settings)
        else:
            was_interrupted = False
        found = logged_models(client, experiment, "interrupted")
        if calls == 0:
            expected = found
        assert found == expected, f"died after {calls} calls"
        client.delete_registered_model("interrupted")
        if not was_interrupted:
            return
        shutil.rmtree(state)
        shutil.move(saved, state)
    pytest.fail("it was always interrupted")


def test_a_commit_is_logged_fast(project: RealProject, server: MlflowServer) -> None:
    (project.folder / "train.py").write_text(SILENT)
    project.call("dvc", "repro")
    project.commit()
    log_commit(project.root, "HEAD", TrackingSettings(server.uri, "warm"))
    seconds = []
    for number in range(5):
        started = time.monotonic()
        assert len(log_commit(project.root, "HEAD", TrackingSettings(server.uri, f"fast {number}"))[1].logged) == 2
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 1.5, seconds


def test_promote_whence_and_whither(
    project: RealProject, server: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "commands")
    (project.folder / "dvc.yaml").write_text(PIPELINE.replace("  churn:", "  commands:"))
    project.call("dvc", "repro")
    refused = run("promote", "--format", "json", folder=project.folder)
    assert refused.status == 1
    assert [check["rule"] for check in json.loads(refused.stdout)["checks"] if not check["passed"]] == ["clean-tree"]
    commit = project.commit()
    assert run("promote", "--dry-run", folder=project.folder).status == 0
    done = run("promote", "--format", "json", folder=project.folder)
    assert (done.status, done.stderr) == (0, "")
    assert json.loads(done.stdout)["model_version"] == "1"
    client = MlflowClient(server.uri)
    assert str(client.get_model_version_by_alias("commands", "champion").version) == "1"
    origin = json.loads(run("whence", "models:/commands@champion", "--format", "json", folder=project.folder).stdout)
    assert origin["commit"] == commit
    assert [stage["address"] for stage in origin["stages"]] == ["dvc.yaml:prepare", "dvc.yaml:train"]
    assert {source["path"] for source in origin["sources"]} == {"raw.csv", "prepare.py", "train.py"}
    there = json.loads(run("whither", "raw.csv", "--format", "json", folder=project.folder).stdout)
    assert [(one["model"], one["version"], one["aliases"]) for one in there["versions"]] == [
        ("commands", "1", ["champion"])
    ]
    assert run("promote", "--undo", folder=project.folder).status == 0
    assert run("promote", "--undo", folder=project.folder).status == 2


def test_a_database_in_the_project(project: RealProject) -> None:
    reason = why_no_server()
    if reason is not None:
        pytest.skip(reason)
    python = Path(os.environ[VARIABLE]).parent / "python"
    (project.folder / "train.py").write_text(SILENT)
    project.call("dvc", "repro")
    (project.folder / "pipelinekit.toml").write_text('[mlflow]\ntracking-uri = "local"\n')
    project.commit()
    script = (
        "from pipelinekit.run.late_logging import log_commit\n"
        "from pipelinekit.run.tracking_settings import tracking_settings\n"
        "first = log_commit('.', 'HEAD', tracking_settings('.'))[1]\n"
        "print(len(first.logged), log_commit('.', 'HEAD', tracking_settings('.'))[1].was_complete)\n"
    )
    assert project.call(str(python), "-c", script) == "2 True"
    assert (project.folder / ".dvc/tmp/pipelinekit/mlflow/mlflow.db").is_file()
    assert list((project.folder / ".dvc/tmp/pipelinekit/mlflow/artifacts").rglob("curve.csv"))
    assert project.call("git", "status", "--short") == ""
