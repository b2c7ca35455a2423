"""Made-up projects that use all that DVC knows, as DVC sees them and as pipelinekit does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.dvc_view import dvc_view
from tests.oracle.judge import disagreements
from tests.oracle.projects import Files, projects, random_project

_SHARED_FOLDER = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(suppress_health_check=_SHARED_FOLDER)
@given(files=projects())
def test_sound_projects(tmp_path: Path, files: Files) -> None:
    assert disagreements(str(files.write(tmp_path / "case")), git=files.git) == [], files


@settings(suppress_health_check=_SHARED_FOLDER)
@given(files=projects(wild=10, defects=1))
def test_damaged_projects(tmp_path: Path, files: Files) -> None:
    assert disagreements(str(files.write(tmp_path / "case")), git=files.git) == [], files


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
def test_many_projects(tmp_path: Path, block: int) -> None:
    """Without Hypothesis, which takes longer than both tools together."""
    wrong: list[str] = []
    for seed in range(block * 150, (block + 1) * 150):
        files = random_project(seed, wild=2 + seed % 9, defects=seed % 2)
        found = disagreements(str(files.write(tmp_path / "case")), git=files.git)
        if found:
            wrong.append(f"seed {seed}: {found}\n{files}")
    assert wrong == []


def test_generated_projects_are_worth_it(tmp_path: Path) -> None:
    """Most of the sound ones load, and the damaged ones are refused for many reasons."""
    loaded = 0
    stages = edges = 0
    reasons: Counter[str] = Counter()
    for seed in range(40):
        view = dvc_view(str(random_project(seed).write(tmp_path / "case")))
        loaded += view.refusal is None
        stages += len(view.stages)
        edges += len(view.edges)
        damaged = dvc_view(str(random_project(seed, wild=10, defects=1).write(tmp_path / "case")))
        if damaged.refusal is not None:
            reasons[damaged.refusal.error] += 1
    assert loaded >= 20
    assert stages >= 60
    assert edges >= 5
    assert len(reasons) >= 3, reasons
