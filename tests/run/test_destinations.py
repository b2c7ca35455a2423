from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.run.destinations import destinations
from tests.run.projects import SmallPipeline


@pytest.fixture
def project(tmp_path: Path) -> SmallPipeline:
    return SmallPipeline(tmp_path / "p")


def told(project: SmallPipeline, name: str = "train") -> tuple[str | None, str, str | None, list[str], bool]:
    graph = project.graph()
    found = graph.derived(destinations)[project.stage(name, graph)]
    return found.experiment, found.named_by, found.run, [model.registered for model in found.models], found.logs_itself


def test_nobody_says(project: SmallPipeline) -> None:
    assert told(project) == (None, "nobody", None, ["churn"], False)
    assert told(project, "prepare") == (None, "nobody", None, [], False)


def test_the_settings_say(project: SmallPipeline) -> None:
    project.write("pipelinekit.toml", '[mlflow]\nexperiment = "e"\n')
    assert told(project) == ("e", "settings", "train", ["churn"], False)


def test_the_settings_leave_it_to_the_folder(project: SmallPipeline) -> None:
    project.write("pipelinekit.toml", "[mlflow]\n")
    assert told(project)[:3] == (None, "folder", "train")


def test_settings_that_switch_it_off(project: SmallPipeline) -> None:
    project.write("pipelinekit.toml", '[mlflow]\nexperiment = "e"\nenabled = false\n')
    assert told(project)[:3] == (None, "nobody", None)


def test_a_script_says(project: SmallPipeline) -> None:
    project.write("pipelinekit.toml", '[mlflow]\nexperiment = "e"\n')
    project.write("train.py", "import mlflow\nmlflow.set_experiment('own')\n")
    assert told(project) == ("own", "script", "train", ["churn"], True)


def test_a_script_logs_elsewhere(project: SmallPipeline) -> None:
    project.write("pipelinekit.toml", '[mlflow]\nexperiment = "e"\n')
    project.write("train.py", "import mlflow\nmlflow.set_tracking_uri('http://other')\nmlflow.log_metric('a', 1)\n")
    assert told(project) == (None, "elsewhere", None, ["churn"], True)
