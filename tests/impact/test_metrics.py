"""Metrics of two states, compared with `dvc metrics diff`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.metrics import MetricChange, metric_changes
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.small_projects import graph, write

PIPELINE = """
stages:
  evaluate:
    cmd: python evaluate.py
    metrics:
    - plain.json:
        cache: false
    - cached.json
    - folder:
        cache: false
    - cached_folder
metrics:
- top.yaml
- sub/top.toml
"""
FIRST = {
    "plain.json": '{"acc": 0.5, "nest": {"x": 1, "l": [1, 2], "empty": {}}, "s": "t", "b": true, "gone": 1, "n": null}',
    "cached.json": '{"c": 1}',
    "folder/a.json": '{"q": 1}',
    "folder/inner/b.yaml": "q: 1\n",
    "cached_folder/a.json": '{"q": 10}',
    "top.yaml": "z: 3\nsame: 1\n",
    "sub/top.toml": "z = 3\n",
}
CHANGES: dict[str, dict[str, str]] = {
    "nothing": {},
    "values of all kinds": {
        "plain.json": '{"acc": 0.75, "nest": {"x": 2, "l": [1, 3], "empty": {"k": 1}}, "s": "u", "b": false, "new": 1}',
        "sub/top.toml": "z = 4\n",
    },
    "equal numbers": {"plain.json": FIRST["plain.json"].replace('"x": 1', '"x": 1.0').replace("true", "1")},
    "a cached file": {"cached.json": '{"c": 2}'},
    "folders": {"folder/a.json": '{"q": 2}', "folder/c.json": '{"q": 2}', "cached_folder/a.json": '{"q": 11}'},
    "a list": {"plain.json": "[1, 2]"},
    "broken": {"top.yaml": "z: [\n"},
}


def test_metrics_of_a_pipeline_that_can_not_be_read_are_not_gone(tmp_path: Path) -> None:
    whole = graph(tmp_path / "whole", {"dvc.yaml": PIPELINE, **FIRST})
    broken = graph(tmp_path / "broken", {"dvc.yaml": PIPELINE + "}", **FIRST})
    assert metric_changes(whole, broken) == metric_changes(broken, whole) == []


def dvc(folder: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / "dvc"), *arguments]
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=folder, check=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metrics")
    git(folder, "init", "-q")
    dvc(folder, "init", "-q")
    (folder / "dvc.yaml").write_text(PIPELINE)
    write(folder, FIRST)
    dvc(folder, "commit", "-f", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def changes(folder: Path) -> list[MetricChange]:
    project = Project(str(folder))
    past = project.at_revision("HEAD")
    try:
        return metric_changes(Graph(Index(past)), Graph(Index(project)))
    finally:
        past.disk.close()


def by_dvc(folder: Path) -> set[tuple[str, str, Any, Any]]:
    shown = json.loads(dvc(folder, "metrics", "diff", "--json", "HEAD"))
    return {
        (file, key, values.get("old"), values.get("new"))
        for file, keys in shown.items()
        for key, values in keys.items()
    }


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_changes_as_dvc(name: str, committed: Path) -> None:
    write(committed, CHANGES[name])
    try:
        found = changes(committed)
        assert {(change.file, change.key, change.old, change.new) for change in found} == by_dvc(committed)
        assert bool(found) == (name not in ("nothing", "equal numbers"))
    finally:
        for path in CHANGES[name]:
            (committed / path).unlink()
        write(committed, FIRST)


def test_the_difference_of_numbers() -> None:
    assert MetricChange("m.json", "acc", 0.5, 0.75).difference == 0.25
    assert MetricChange("m.json", "acc", 0.5, None).difference is None
    assert MetricChange("m.json", "name", "a", "b").difference is None
