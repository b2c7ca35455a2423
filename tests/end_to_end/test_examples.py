"""The examples reproduce, and the linter has nothing to say about them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.programs import call, ran_stages

EXAMPLES = Path(__file__).parents[2] / "examples"
STAGES = {"basic": 4, "matrix": 2 + 4 + 3 + 1}


@pytest.fixture(params=sorted(STAGES))
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder: Path = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns("__pycache__"))
    call("git", "init", "--quiet", folder=folder)
    return folder


def test_every_example_is_here() -> None:
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/dvc.yaml")) == sorted(STAGES)


@pytest.mark.slow
def test_example_reproduces(example: Path) -> None:
    assert len(ran_stages(call("dvc", "repro", "--all-pipelines", folder=example))) == STAGES[example.name]
    assert ran_stages(call("dvc", "repro", "--all-pipelines", folder=example)) == []
    assert "Nothing found" in call("pipelinekit", "lint", "--level", "advice", folder=example)


def test_example_is_clean(example: Path) -> None:
    assert "Nothing found" in call("pipelinekit", "lint", "--level", "advice", folder=example)
