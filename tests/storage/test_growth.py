"""Months, pace, and what commits brought."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipelinekit.storage.growth import additions, months, pace
from tests.storage.histories import commit, start
from tests.storage.test_count import PIPELINE, counted, model


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start(tmp_path)
    for day, text in (("2025-01-31", "a"), ("2025-02-01", "bb"), ("2025-02-28", "cccc"), ("2025-04-10", "d" * 8)):
        commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model(text)}, f"on {day}", at(f"{day}T12:00"))
    return tmp_path


def test_months_without_anything_are_there(folder: Path) -> None:
    found = months(counted(folder), at("2025-05-02T00:00"))
    assert [(month.name, month.added, month.total) for month in found] == [
        ("2025-01", 1, 1),
        ("2025-02", 6, 7),
        ("2025-03", 0, 7),
        ("2025-04", 8, 15),
        ("2025-05", 0, 15),
    ]


def test_the_pace_is_that_of_a_year_or_of_what_there_is(folder: Path) -> None:
    found = counted(folder)
    soon = pace(found, at("2025-04-30T12:00"))
    assert soon.months == pytest.approx(2.92, abs=0.01)
    assert soon.a_month == pytest.approx(15 / 2.92, abs=0.02)
    later = pace(found, at("2026-02-10T12:00"))
    assert (later.months, later.a_month) == (12, 12 / 12)
    assert later.in_a_year(15) == pytest.approx(27)
    assert pace(found, at("2028-01-01T00:00")).a_month == 0
    assert pace(found, at("2025-01-31T13:00")).months == 1


def test_the_largest_commit_is_first(folder: Path) -> None:
    assert [(each.content.subject, each.size, each.objects) for each in additions(counted(folder))] == [
        ("on 2025-04-10", 8, 1),
        ("on 2025-02-28", 4, 1),
        ("on 2025-02-01", 2, 1),
        ("on 2025-01-31", 1, 1),
    ]
