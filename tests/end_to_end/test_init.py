"""A project that `init` starts runs at once, runs once, and is clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelinekit.cli.app import COMMANDS
from tests.end_to_end.programs import call, ran_stages

STAGES = ["fetch", "preprocess", "train", "evaluate"]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("template", ["plain", "sklearn"])
def test_new_project(template: str, tmp_path: Path) -> None:
    call("pipelinekit", "init", "demo", "--template", template, folder=tmp_path)
    demo = tmp_path / "demo"
    assert "Nothing found in 1 dvc.yaml file." in call("pipelinekit", "lint", "--level", "advice", folder=demo)
    call("pipelinekit", "compile", "--check", folder=demo)

    assert ran_stages(call("dvc", "repro", folder=demo)) == STAGES
    assert ran_stages(call("dvc", "repro", folder=demo)) == []
    assert "Nothing found" in call("pipelinekit", "lint", "--level", "advice", folder=demo)
    call("git", "add", ".", folder=demo)
    call("git", "commit", "-qm", "first", folder=demo)
    assert call("git", "status", "--short", folder=demo) == ""
    assert float(re.findall(r"[0-9.]+", call("dvc", "metrics", "show", folder=demo))[-1]) > 0.8

    params = demo / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("learning_rate: 0.", "learning_rate: 0.2"))
    assert ran_stages(call("dvc", "repro", folder=demo)) == ["train", "evaluate"]


def test_hook_of_a_new_project_stops_what_is_broken(tmp_path: Path) -> None:
    call("pipelinekit", "init", "demo", folder=tmp_path)
    demo = tmp_path / "demo"
    call("git", "add", ".", folder=demo)
    call("pre-commit", "install", folder=demo)
    call("git", "commit", "-qm", "first", folder=demo)

    pipeline = demo / "pipeline.py"
    pipeline.write_text(pipeline.read_text(encoding="utf-8").replace('name="train"', 'name="fit"'), encoding="utf-8")
    call("git", "add", ".", folder=demo)
    assert "compile --check" in call("git", "commit", "-qm", "forgot to compile", folder=demo, status=1)
    call("pipelinekit", "compile", folder=demo)
    call("git", "add", ".", folder=demo)
    call("git", "commit", "-qm", "renamed", folder=demo)

    call("git", "mv", "src/train.py", "src/fit.py", folder=demo)
    assert "PK103" in call("git", "commit", "-qm", "moved a script", folder=demo, status=1)


@pytest.mark.skipif("status" not in COMMANDS, reason="nothing says yet what is stale")
def test_what_is_stale_is_shown_and_stops_nothing(tmp_path: Path) -> None:
    call("pipelinekit", "init", "demo", "--hooks", folder=tmp_path)
    demo = tmp_path / "demo"
    call("git", "add", ".", folder=demo)
    said = call("git", "commit", "-m", "first", folder=demo)
    assert "pipelinekit status" in said
    assert "train" in said
