"""A new project on its way to an A, with the real DVC and git, and the page in a clone of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.programs import call

pytestmark = pytest.mark.slow


def grade(folder: Path) -> tuple[str, int]:
    found = json.loads(call("pipelinekit", "doctor", "--format", "json", folder=folder))["projects"][0]
    return found["grade"], found["percent"]


def commit(folder: Path, message: str) -> None:
    call("git", "add", "--all", folder=folder)
    call("git", "commit", "-qm", message, folder=folder)


def test_from_f_to_a(tmp_path: Path) -> None:
    call("pipelinekit", "init", "demo", folder=tmp_path)
    demo = tmp_path / "demo"
    commit(demo, "start")
    assert grade(demo) == ("F", 34)

    call("dvc", "repro", folder=demo)
    commit(demo, "run")
    assert grade(demo) == ("D", 47)

    call("pipelinekit", "doctor", "--fix", folder=demo)
    commit(demo, "what doctor does by itself")
    assert grade(demo) == ("B", 80)

    (tmp_path / "remote").mkdir()
    call("pipelinekit", "init", "--remote", str(tmp_path / "remote"), folder=demo)
    (demo / "pipelinekit.toml").write_text('[mlflow]\nexperiment = "links"\n', encoding="utf-8")
    call("pipelinekit", "docs", "-o", "PIPELINE.md", folder=demo)
    commit(demo, "what doctor leaves to a person")
    # the remote is a folder on one machine
    assert grade(demo) == ("A", 92)
    assert call("dvc", "status", folder=demo).strip() == "Data and pipelines are up to date."

    call("git", "clone", "-q", str(demo), "clone", folder=tmp_path)
    clone = tmp_path / "clone"
    call("pipelinekit", "docs", "-o", "PIPELINE.md", "--check", folder=clone)
    # the data need not be pulled
    assert grade(clone) == ("A", 92)
    call("pipelinekit", "doctor", "--min-grade", "A", folder=clone)
