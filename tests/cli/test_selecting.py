"""`--stages`: the same selectors for every command that shows or checks stages."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.graph.graph import Graph
from pipelinekit.graph.selectors import METHODS
from pipelinekit.project.revision import RevisionError
from tests.command_line import run
from tests.small_projects import write

PIPELINE = """\
stages:
  fetch: {cmd: x, outs: [raw.csv]}
  clean: {cmd: x, deps: [raw.csv], outs: [clean.csv]}
  train: {cmd: x, deps: [clean.csv], outs: [model.pkl], meta: {tags: [gpu]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "p", {"dvc.yaml": PIPELINE})


def shown(folder: Path, *arguments: str) -> list[str]:
    result = run("stages", "--format", "json", *arguments, folder=folder)
    assert (result.status, result.stderr) == (0, "")
    return [stage["address"].removeprefix("dvc.yaml:") for stage in json.loads(result.stdout)["stages"]]


def test_stages(folder: Path) -> None:
    assert shown(folder) == ["fetch", "clean", "train"]
    assert shown(folder, "--stages", "clean+") == ["clean", "train"]
    assert shown(folder, "--stages", "train", "--stages", "fetch") == ["fetch", "train"]


def test_graph(folder: Path) -> None:
    assert run("graph", "--stages", "not clean", folder=folder).stdout == "fetch\n  train  clean.csv (via clean)\n"
    result = run("graph", "--stages", "tag:gpu", "--format", "json", folder=folder)
    assert json.loads(result.stdout) == {
        "version": 1,
        "nodes": [{"address": "dvc.yaml:train", "line": 4}],
        "edges": [],
    }


def test_what_is_wrong_is_marked(folder: Path) -> None:
    for command in ("graph", "stages", "lint"):
        result = run(command, "--stages", "fetch,trian+", folder=folder)
        assert (result.status, result.stdout) == (2, "")
        assert result.stderr == (
            "pipelinekit: --stages: no stage is called 'trian'; did you mean train?\n  fetch,trian+\n        ^^^^^\n"
        )


def test_an_empty_selection_is_said(folder: Path) -> None:
    for command in ("graph", "stages"):
        result = run(command, "--stages", "fetch and train", folder=folder)
        assert result.status == 0
        assert result.stdout in ("", "\n")
        assert result.stderr == "pipelinekit: no stage is selected by fetch and train\n"


def test_help_names_every_method() -> None:
    text = run("graph", "--help").stdout
    assert all(f"{method}:" in text for method in METHODS)
    assert max(map(len, text.splitlines())) <= 80


def test_other_rooms_are_asked_for_what_they_know(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def statuses(graph: Graph) -> dict[object, SimpleNamespace]:
        states = ("fresh", "stale", "never-run")
        return {stage: SimpleNamespace(state=state) for stage, state in zip(graph.index.stages, states, strict=True)}

    def changed_stages(graph: Graph, revision: str) -> frozenset[object]:
        if revision != "main":
            raise RevisionError(f"git knows no revision {revision}")
        return frozenset(graph.index.stages[:1])

    status, affected = ModuleType("status"), ModuleType("affected")
    status.statuses, affected.changed_stages = statuses, changed_stages  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pipelinekit.freshness.status", status)
    monkeypatch.setitem(sys.modules, "pipelinekit.impact.affected", affected)
    assert shown(folder, "--stages", "stale") == ["clean", "train"]
    assert shown(folder, "--stages", "state:never-run") == ["train"]
    assert shown(folder, "--stages", "changed:main+1") == ["fetch", "clean"]
    assert shown(folder, "--stages", "changed(main)+ and stale") == ["clean", "train"]
    result = run("stages", "--stages", "changed:mian", folder=folder)
    assert (result.status, result.stderr.splitlines()[0]) == (
        2,
        "pipelinekit: --stages: git knows no revision mian",
    )


@given(text=st.one_of(st.text(max_size=20), st.text("train+,()'\" :*notagp", max_size=25)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_text(text: str, folder: Path) -> None:
    result = run("stages", f"--stages={text}", folder=folder)
    assert result.status in (0, 2)
    assert result.status == 0 or result.stderr.startswith("pipelinekit: --stages: ")
