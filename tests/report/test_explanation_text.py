"""The screen of a stage: what stands on it, that it stays a screen, and that nothing on it is taken for a command."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.freshness.causes import Cause
from pipelinekit.freshness.status import State, Status
from pipelinekit.report.escape import printable
from pipelinekit.report.explanation_text import _fitted, _Page, _state
from tests.small_projects import graph


def page(width: int = 80) -> _Page:
    return _Page(width, colour=False, path_from_here=lambda path: path)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=6), st.integers(28, 120))
def test_columns_fit_and_none_is_wider_than_it_was(widths: list[int], room: int) -> None:
    fitted = _fitted(widths, room)
    assert all(now <= was for now, was in zip(fitted, widths, strict=True))
    used = sum(fitted) + 2 * (sum(width > 0 for width in fitted) - 1)
    assert used <= room or max(fitted) <= 8
    # nothing is cut that had room
    assert fitted == widths or used >= room - len(widths)


@given(st.lists(st.lists(st.text(max_size=60), min_size=1, max_size=4), max_size=30))
def test_no_line_of_a_table_is_wider_than_the_screen(rows: list[list[str]]) -> None:
    lines = page().table(rows)
    assert all(len(line) <= 68 for line in lines)
    assert len(lines) <= 14
    assert all(line == printable(line) for line in lines)


def test_long_lists_and_texts_are_cut_with_a_count() -> None:
    assert page().table([[str(number)] for number in range(40)], noun="stage")[-1] == "… 28 more stages"
    assert len(page().table([[str(number)] for number in range(13)])) == 13
    assert page().text("\n".join("x" * 40)) == [*"x" * 12, "… 28 more lines"]


def test_paths_lose_their_beginning_and_all_else_its_end() -> None:
    (line,) = page(50).table([["a/long/path/to/plots.csv", "cache: false, x: epoch, y: loss"]])
    assert line == "…path/to/plots.csv  cache: false, x: …"


def test_why_a_stage_is_stale(tmp_path: Path) -> None:
    (stage,) = graph(tmp_path, "stages:\n  a: {cmd: x}\n").index.stages

    def shown(state: State, *words: str) -> list[str]:
        causes = tuple(Cause("dep", "a.py", None, None, "modified", each) for each in words)
        return list(_state(Status(stage, state, causes), page()))

    assert shown("stale", "lr: 0.1 → 0.2", "'prepare', which makes data, is stale\x1b") == [
        "stale",
        "lr: 0.1 → 0.2",
        "'prepare', which makes data, is stale\\x1b",
    ]
    assert shown("stale", *(f"{number} changed" for number in range(40)))[-1] == "… 28 more lines"
    assert shown("fresh") == ["fresh"]
    assert shown("never-run", "it has never run") == ["never run: no lock has a record of it"]
