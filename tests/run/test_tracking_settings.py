"""Where runs are logged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.run.promote_settings import PromoteSettings, promote_settings
from pipelinekit.run.tracking_settings import TrackingSettings, local_uri, tracking_settings
from tests.end_to_end.programs import call

SERVER = {"MLFLOW_TRACKING_URI": "http://server:5000"}


def configured(folder: Path, text: str) -> str:
    (folder / "pipelinekit.toml").write_text(text)
    return str(folder)


def test_only_if_somebody_asks(tmp_path: Path) -> None:
    assert tracking_settings(str(tmp_path), {}) is None
    assert tracking_settings(str(tmp_path), SERVER) == TrackingSettings("http://server:5000", tmp_path.name)


def test_the_environment_overrules_the_settings(tmp_path: Path) -> None:
    root = configured(tmp_path, '[mlflow]\ntracking-uri = "http://a"\nexperiment = "e"\nupload-models = false\n')
    assert tracking_settings(root, {}) == TrackingSettings("http://a", "e", upload_models=False)
    environment = {**SERVER, "MLFLOW_EXPERIMENT_NAME": "other"}
    assert tracking_settings(root, environment) == TrackingSettings("http://server:5000", "other", upload_models=False)


@pytest.mark.parametrize(("repository", "name"), [("clone", "clone"), ("churn.git", "churn")])
def test_all_work_trees_of_a_repository_log_to_one_experiment(repository: str, name: str, tmp_path: Path) -> None:
    call("git", "init", "--quiet", *(["--bare"] if name == "churn" else []), repository, folder=tmp_path)
    at = tmp_path / repository
    tree = call("git", "hash-object", "-w", "-t", "tree", os.devnull, folder=at).strip()
    commit = call("git", "commit-tree", "-m", "first", tree, folder=at).strip()
    call("git", "worktree", "add", "--quiet", "--detach", "../further/tree", commit, folder=at)
    settings = tracking_settings(str(tmp_path / "further/tree"), SERVER)
    assert settings is not None
    assert settings.experiment == name
    # a project inside is called like its folder, wherever it lies
    inner = tmp_path / "further/tree/inner"
    inner.mkdir()
    assert tracking_settings(str(inner), SERVER) == TrackingSettings("http://server:5000", "inner")


def test_a_submodule_is_called_like_its_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: ../.git/modules/other\n")
    assert tracking_settings(str(tmp_path), SERVER) == TrackingSettings("http://server:5000", tmp_path.name)


def test_a_database_in_the_project(tmp_path: Path) -> None:
    for text in ('[mlflow]\nexperiment = "e"\n', '[mlflow]\nexperiment = "e"\ntracking-uri = "local"\n'):
        root = configured(tmp_path, text)
        assert tracking_settings(root, {}) == TrackingSettings(local_uri(root), "e", is_local=True)
    assert local_uri(root) == f"sqlite:///{tmp_path}/.dvc/tmp/pipelinekit/mlflow/mlflow.db"


def test_switched_off(tmp_path: Path) -> None:
    assert tracking_settings(configured(tmp_path, "[mlflow]\nenabled = false\n"), SERVER) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[mlflow]\ntracking_uri = "x"\n', "2:1: unknown setting 'tracking_uri'; did you mean 'tracking-uri'?"),
        ("[mlflow]\nexperiment = 3\n", "2:14: 'experiment' is the number 3, not a string"),
        ("[mlflow]\nenabled = 'yes'\n", "2:11: 'enabled' is the string 'yes', not true or false"),
        ("mlflow = 1\n", "1:10: 'mlflow' is the number 1, not a table"),
    ],
)
def test_what_can_not_be_is_said_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        tracking_settings(configured(tmp_path, text), {})
    assert str(raised.value).endswith(message)


def test_rules_of_a_model_overrule_those_of_all(tmp_path: Path) -> None:
    root = configured(
        tmp_path,
        '[promote]\nmetric = "accuracy"\ntolerance = 0.1\n'
        '[promote.models.cost]\nmetric = "eur"\ndirection = "minimize"\nfresh = false\n',
    )
    assert promote_settings(root, "churn") == PromoteSettings(metric="accuracy", tolerance=0.1)
    assert promote_settings(root, "cost") == PromoteSettings(metric="eur", maximize=False, tolerance=0.1, fresh=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[promote]\ntolerance = -1\n", "2:13: 'tolerance' is the number -1, not a number from 0 upward"),
        ('[promote]\ndirection = "maximise"\n', "2:13: unknown value 'maximise'; did you mean 'maximize'?"),
        ("[promote.models]\nchurn = 1\n", "2:9: 'churn' is the number 1, not a table"),
        ("[promote.models.churn]\nmetrics = 1\n", "2:1: unknown setting 'metrics'; did you mean 'metric'?"),
    ],
)
def test_rules_that_can_not_be(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        promote_settings(configured(tmp_path, text), "churn")
    assert str(raised.value).endswith(message)
