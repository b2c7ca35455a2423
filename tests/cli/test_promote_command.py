"""`pipelinekit promote`, `whence` and `whither`, with a store in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelinekit.run import registry
from pipelinekit.run.late_logging import log_commit
from pipelinekit.run.tracking_settings import TrackingSettings
from tests.command_line import run
from tests.run.fake_store import FakeStore
from tests.run.projects import SmallPipeline


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    store = FakeStore()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://fake")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    monkeypatch.setattr(registry, "store_opener", lambda root: lambda uri: store)
    return store


@pytest.fixture
def project(tmp_path: Path) -> SmallPipeline:
    project = SmallPipeline(tmp_path / "project")
    project.write("pipelinekit.toml", '[promote]\nmetric = "accuracy"\n')
    project.commit()
    return project


def test_promote_and_undo(store: FakeStore, project: SmallPipeline) -> None:
    planned = run("promote", "--dry-run", folder=project.folder)
    assert (planned.status, planned.stderr) == (0, "")
    assert planned.stdout.splitlines() == [
        "ok       clean-tree  everything is committed",
        "ok       fresh       nothing behind the model is stale",
        "ok       no-errors   lint finds none",
        "ok       metric      accuracy is 0.8; no version is 'champion' yet",
        "churn would become 'champion'; nothing was changed",
    ]
    assert store.runs == {}
    done = run("promote", "churn", "--alias", "staging", folder=project.folder)
    assert done.stdout.splitlines()[-1] == "churn version 1 is 'staging' now"
    assert run("promote", "--alias", "staging", folder=project.folder).stdout.splitlines()[-1] == (
        "churn version 1 is 'staging' already"
    )
    undone = run("promote", "--undo", "--alias", "staging", folder=project.folder)
    assert undone.stdout == "no version of churn is 'staging', and version 1 no more\n"
    assert store.aliases == {}


def test_a_refusal(store: FakeStore, project: SmallPipeline) -> None:
    project.write(
        "dvc.yaml", (project.folder / "dvc.yaml").read_text().replace("deps: [prepare.py,", "deps: [nowhere.csv,")
    )
    result = run("promote", folder=project.folder)
    assert result.status == 1
    lines = result.stdout.splitlines()
    assert "refused  clean-tree  not committed: dvc.yaml" in lines
    assert any(line.startswith("refused  no-errors   1 found, the first: dvc.yaml:4:12: PK106") for line in lines)
    assert lines[-1] == "churn is not promoted: 3 of 4 rules refuse it"
    assert store.runs == {}


def test_whence_and_whither(store: FakeStore, project: SmallPipeline) -> None:
    assert run("promote", folder=project.folder).status == 0
    text = run("whence", "models:/churn@champion", folder=project.folder).stdout
    commit = project.git("rev-parse", "HEAD")
    assert text.splitlines()[:2] == ["churn version 1 (champion)", f"  commit   {commit[:12]} on main"]
    assert "    lr = 0.1" in text.splitlines()
    assert max(map(len, text.splitlines())) <= 80
    found = run("whither", "raw.csv", folder=project.folder / "data").stdout
    assert found.startswith(f"churn version 1 (champion)  commit {commit[:12]}  data/raw.csv ")
    nothing = run("whither", "nowhere.csv", folder=project.folder)
    assert (nothing.status, nothing.stdout) == (0, "")
    assert nothing.stderr == "No version of a model in the registry was made from nowhere.csv.\n"
    data = json.loads(run("whither", "0" * 32, "--format", "json", folder=project.folder).stdout)
    assert data == {"version": 1, "data": "0" * 32, "versions": []}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("promote", "chrun"), "no artifact of type model is called 'chrun'. Did you mean 'churn'?"),
        (("promote", "--alias", "v1"), "'v1' can't be an alias"),
        (("promote", "--undo"), "no version of 'churn' is 'champion': there is nothing to undo"),
        (("whence", "churn"), "'churn' names no version of a model; write models:/NAME@ALIAS"),
        (("whence", "models:/churn@champion"), "the registry has no model 'churn' with alias 'champion'"),
    ],
)
def test_what_can_not_be(arguments: tuple[str, ...], message: str, store: FakeStore, project: SmallPipeline) -> None:
    result = run(*arguments, folder=project.folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith(f"pipelinekit: {message}")


def test_no_server(project: SmallPipeline, store: FakeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.calls_left = 0
    for arguments in (("promote",), ("whence", "models:/a@b"), ("whither", "x")):
        result = run(*arguments, folder=project.folder)
        assert (result.status, result.stderr) == (2, "pipelinekit: MLflow at http://fake: connection refused\n")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    result = run("whither", "x", folder=project.folder)
    assert result.status == 2
    assert "no MLflow is named: set MLFLOW_TRACKING_URI" in result.stderr


def test_settings_that_can_not_be(project: SmallPipeline, store: FakeStore) -> None:
    project.write("pipelinekit.toml", "[promote]\nmetrics = 1\n")
    result = run("promote", folder=project.folder)
    assert (result.status, result.stderr) == (
        2,
        "pipelinekit: pipelinekit.toml:2:1: unknown setting 'metrics'; did you mean 'metric'?\n",
    )


def test_what_the_registry_says_can_not_harm_a_terminal(project: SmallPipeline, store: FakeStore) -> None:
    log_commit(project.root, "HEAD", TrackingSettings("http://fake", "e"), lambda uri: store)
    store.create_version("m", "x", "", None, {"dvc.input.x": "\x1b[2J"})
    assert "\x1b" not in run("whither", "x", folder=project.folder).stdout
