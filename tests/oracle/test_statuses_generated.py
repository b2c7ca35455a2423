"""The same on pipelines that nobody wrote, after changes that nobody chose."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.oracle.changes import some
from tests.oracle.small_pipelines import make
from tests.oracle.statuses import assert_equal, copy_of, theirs

pytestmark = pytest.mark.filterwarnings("ignore")  # those of DVC's own libraries


def _compare(seeds: range, cases: int, tmp_path: Path) -> Counter[str]:
    """Compare on pipelines, each after several changes; how many cases there were, and of what kind."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        made = tmp_path / f"made{seed}"
        make(made, seed)
        for case in range(cases):
            folder = copy_of(made, tmp_path / f"{seed}-{case}")
            changes = some(folder, random.Random(seed * 1000 + case))
            try:
                theirs(copy_of(folder, tmp_path / "theirs"))
            except Exception as error:
                seen[f"refused by DVC: {type(error).__name__}"] += 1
            else:
                try:
                    said = assert_equal(folder)
                except AssertionError as error:
                    raise AssertionError(f"pipeline {seed}, case {case}, {changes}: {error}") from error
                seen["stale" if said else "fresh"] += 1
            shutil.rmtree(tmp_path / "theirs")
            shutil.rmtree(folder)
        shutil.rmtree(made)
    return seen


def test_on_some_pipelines(tmp_path: Path) -> None:
    seen = _compare(range(3), 8, tmp_path)
    assert seen["stale"] >= 10


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 120, 10))
def test_on_many_pipelines(first: int, tmp_path: Path) -> None:
    seen = _compare(range(first, first + 10), 10, tmp_path)
    assert seen["stale"] >= 60
    assert sum(count for kind, count in seen.items() if kind.startswith("refused")) <= 10
