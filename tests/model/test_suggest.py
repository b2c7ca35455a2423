from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.model.suggest import closest, did_you_mean

KEYS = ("cmd", "deps", "params", "outs", "metrics", "plots", "wdir", "frozen", "always_changed")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("dep", "deps"),
        ("metric", "metrics"),
        ("prams", "params"),
        ("OUTS", "outs"),
        ("always-changed", "always_changed"),
        ("alwayschanged", "always_changed"),
    ],
)
def test_a_near_miss(word: str, meant: str) -> None:
    assert closest(word, KEYS) == meant
    assert did_you_mean(word, KEYS) == f"Did you mean '{meant}'?"


@pytest.mark.parametrize("word", ["", "x", "environment", "deps", "cache"])
def test_what_is_near_nothing_or_is_right_itself(word: str) -> None:
    assert closest(word, KEYS) is None
    assert did_you_mean(word, KEYS) == ""


def test_case_alone_is_nearest() -> None:
    assert closest("LR", ["lrs", "lr", "LRx"]) == "lr"


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=5))
def test_the_order_of_the_candidates_does_not_matter(word: str, names: list[str]) -> None:
    found = closest(word, names)
    assert found is None or (found in names and found != word)
    assert closest(word, sorted(names, reverse=True)) == closest(word, sorted(names))
