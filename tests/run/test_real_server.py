"""Whole runs with the real DVC and a real MLflow server, which may be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.run.tracking import Outcome, Tracking, log_commit, log_pending
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.command_line import run
from tests.run.mlflow_server import VARIABLE, MlflowServer, why_no_server

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
        "from pipelinekit.run.tracking import log_commit\n"
        "from pipelinekit.run.tracking_settings import tracking_settings\n"
        "first = log_commit('.', 'HEAD', tracking_settings('.'))[1]\n"
        "print(len(first.logged), log_commit('.', 'HEAD', tracking_settings('.'))[1].was_complete)\n"
    )
    assert project.call(str(python), "-c", script) == "2 True"
    assert (project.folder / ".dvc/tmp/pipelinekit/mlflow/mlflow.db").is_file()
    assert list((project.folder / ".dvc/tmp/pipelinekit/mlflow/artifacts").rglob("curve.csv"))
    assert project.call("git", "status", "--short") == ""
