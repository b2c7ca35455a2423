from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipelinekit.report.formats.markdown import escape
from pipelinekit.report.report import write_report
from tests.command_line import run
from tests.lint.projects import make
from tests.report.hostile import make_hostile, run_in


def test_rows_stay_rows(tmp_path: Path) -> None:
    text = write_report(run_in(make_hostile(tmp_path)).report("1"), "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for row in rows:
        assert row.replace("\\\\", "").replace("\\|", "").count("|") == 5, row
    assert len(rows) == 2 + len(run_in(tmp_path).findings)


def test_it_reads_as_it_is_meant(tmp_path: Path) -> None:
    """What rich makes of it has the names in it, and no markup of theirs."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(width=400, record=True, file=io.StringIO())
    name = "| a | `b` | <img src=x> **c** [d](e)"
    console.print(Markdown(escape(name)))
    assert console.export_text().strip() == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b*c", "a\\_b\\*c"),
        ("train@small", "train@small"),
        ("ask @everyone", "ask @\u200beveryone"),
        ("see #12", "see #\u200b12"),
        ("a\nb\x1b", "a\\\\x0ab\\\\x1b"),
    ],
)
def test_what_would_be_taken_for_something_else(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_to_a_file(tmp_path: Path) -> None:
    make(tmp_path, "stages: {}\n")
    run("lint", "--output", "markdown:lint.md", folder=tmp_path)
    assert (tmp_path / "lint.md").read_text() == "### pipelinekit: nothing found in 1 dvc.yaml file\n"
