"""Which words of a command changed, as every report says it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.freshness.command_words import MOST_WORDS, ONLY_BLANKS, told_changes, word_changes

LONG = "python train.py " + "--an option " * 30


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("python a.py --lr 1 --n 2", "python a.py --lr 3 --n 2", "--lr 1 → 3"),
        ("python a.py", "python b.py", "python a.py → b.py"),
        ("a b", "a b c", "+ c"),
        ("a a", "a", "- a"),
        ("a", "b", "a → b"),
        ("a --value 3 --out x", "a --value 3 --output x", "--out → --output"),
        ("a --gpus", "a --gpus 2", "--gpus → --gpus 2"),
        ("a --gpus 2", "a --gpus", "--gpus 2 → --gpus"),
        ("a --slow --n 1", "a --n 2 --fast", "- --slow, --n 1 → 2 --fast"),
        (["x", "y"], ["x", "z"], "&& y → z"),
        ("a\nb", "a  b", ONLY_BLANKS),
        ("a", ["a"], ONLY_BLANKS),
        (None, "a", "+ a"),
        (f"{LONG} --epochs 1 {LONG}", f"{LONG} --epochs 2 {LONG}", "--epochs 1 → 2"),
        ("x" * 100, "y", None),
    ],
)
def test_what_is_told_of_two_commands(was: Any, now: Any, told: str | None) -> None:
    assert told_changes(was, now, 60) == told


def test_very_long_commands_are_not_compared_word_by_word() -> None:
    was, now = "a " * MOST_WORDS, "b " * MOST_WORDS
    assert [change.told() for change in word_changes(was, now)] == [f"- {was.strip()}", f"+ {now.strip()}"]


@given(st.text("ab- \n", max_size=30), st.text("ab- \n", max_size=30))
def test_nothing_is_told_only_of_the_same_words(was: str, now: str) -> None:
    changes = word_changes(was, now)
    assert bool(changes) == (was.split() != now.split())
    assert all(change.old != change.new and change.told() for change in changes)
