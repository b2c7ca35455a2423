"""The pipeline that this project began with: as its author wrote it, it does not load."""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path

import pytest

from tests.command_line import run
from tests.end_to_end.programs import call

BRIEF = Path(__file__).parent / "brief"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BRIEF, tmp_path / "project")
    call("git", "init", "-q", folder=tmp_path / "project")
    (tmp_path / "project/.dvc").mkdir()
    return tmp_path / "project"


def findings(folder: Path, *arguments: str) -> list[str]:
    output = run("lint", "--output-format", "concise", *arguments, folder=folder).stdout
    return [f"{line.split(':')[1]} {found[0]}" for line in output.splitlines() if (found := re.search(r"PK\d+", line))]


def test_what_is_wrong_is_found_at_its_line(folder: Path) -> None:
    assert findings(folder, "--ignore", "PK103") == ["9 PK303", "46 PK205", "47 PK205"]
    assert findings(folder, "--select", "PK103") == ["3 PK103", "13 PK103", "24 PK103", "37 PK103"]


@pytest.mark.parametrize(
    "annotated",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: re.sub(r"(?m)^(.*)$", r"\1  # kept", text).replace(":  # kept\n", ": # kept\n"),
        lambda text: "# head\n" + text.replace("    outs:\n", "    # before\n    outs:\n") + "# tail",
    ],
    ids=["as it is", "CRLF", "a comment in every line", "comments between"],
)
def test_the_fix_takes_out_two_lines_and_touches_nothing_else(folder: Path, annotated: object) -> None:
    text = annotated((BRIEF / "dvc.yaml").read_text(encoding="utf-8"))  # type: ignore[operator]
    (folder / "dvc.yaml").write_bytes(text.encode())
    before = findings(folder)
    run("lint", "--fix", folder=folder)
    after = (folder / "dvc.yaml").read_bytes().decode()
    changes = [line for line in difflib.ndiff(text.splitlines(True), after.splitlines(True)) if line[0] in "+-"]
    assert [line.split("#")[0].rstrip() for line in changes] == ["-     outs:", "-     - data/raw/dataset.csv"]
    assert len(findings(folder)) == len(before) - 1
    assert "PK303" not in " ".join(findings(folder))


@pytest.mark.slow
def test_dvc_refuses_it_before_and_draws_it_after_the_fix(folder: Path) -> None:
    (folder / ".dvc").rmdir()
    call("dvc", "init", "-q", folder=folder)
    assert "ERROR" in call("dvc", "dag", folder=folder, status=255)
    run("lint", "--fix", folder=folder)
    drawn = call("dvc", "dag", "--dot", folder=folder)
    assert drawn.count("->") == 4
    assert call("dvc", "stage", "list", "--name-only", folder=folder).split() == [
        *("fetch_data", "preprocess", "train", "evaluate")
    ]
