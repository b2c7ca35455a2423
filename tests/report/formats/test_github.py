from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.report.formats.github import escape_message, escape_property
from pipelinekit.report.report import write_report
from tests.command_line import run
from tests.lint.projects import FLAWED, git, make
from tests.report.hostile import make_hostile, run_in

REPORT = """\
::error title=PK106 missing-dependency,file=dvc.yaml,line=5,endLine=5,col=7,endColumn=18::\
nowhere.csv does not exist, and no stage makes it%0A\
why: dvc repro stops at this stage, after everything before it has run%0A\
fix: Correct the path, add a stage that makes it, or track the file with 'dvc add'.
::warning title=PK101 script-not-in-deps,file=dvc.yaml,line=10,endLine=10,col=17,endColumn=25::\
'train' runs train.py, which is not among its deps%0A\
why: editing it re-runs nothing: dvc repro keeps the results of the old code%0A\
fix: Add 'train.py' to deps.
"""
SUMMARY = """\
### pipelinekit: 1 error, 1 warning

| | where | what is wrong | what to do |
|---|---|---|---|
| 🛑 error | dvc.yaml:5 | **PK106** missing-dependency<br>nowhere.csv does not exist, and no stage makes it<br>\
dvc repro stops at this stage, after everything before it has run | \
Correct the path, add a stage that makes it, or track the file with 'dvc add'. |
| ⚠️ warning | dvc.yaml:10 | **PK101** script-not-in-deps<br>'train' runs train.py, which is not among its deps<br>\
editing it re-runs nothing: dvc repro keeps the results of the old code | Add 'train.py' to deps. |

`pipelinekit lint --fix` mends 1 of 2.

"""


@pytest.fixture
def actions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The environment of GitHub Actions, and the file of the step's summary."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_in_github_actions_it_is_chosen_by_itself(actions: Path, tmp_path: Path) -> None:
    actions.write_text("before\n")
    make(tmp_path / "p")
    result = run("lint", "--ignore", "PK4", folder=tmp_path / "p")
    assert result.stdout == REPORT
    assert result.stderr == "Found 1 error, 1 warning; 1 can be fixed with --fix.\n"
    assert result.status == 1
    assert actions.read_text(encoding="utf-8") == "before\n" + SUMMARY


def test_what_is_asked_for_comes_first(actions: Path, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    make(folder)
    assert run("lint", "--output-format", "text", folder=folder).stdout.startswith("error: PK106")
    run("lint", "--output", "report.txt", folder=folder)
    assert (folder / "report.txt").read_text().startswith("error: PK106")
    (folder / "pipelinekit.toml").write_text('output-format = "concise"\n')
    assert run("lint", folder=folder).stdout.startswith("dvc.yaml:5:7: PK106")
    assert not actions.exists()


def test_a_clean_project_has_a_summary(actions: Path, tmp_path: Path) -> None:
    make(tmp_path / "p", "stages: {}\n")
    assert run("lint", folder=tmp_path / "p").stdout == ""
    assert actions.read_text() == "### pipelinekit: nothing found in 1 dvc.yaml file\n\n"


def test_a_summary_that_can_not_be_written_stops_nothing(
    actions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "summary.md"))
    make(tmp_path / "p")
    result = run("lint", folder=tmp_path / "p")
    assert result.status == 1
    assert "could not write the step summary" in result.stderr


def test_a_summary_is_cut_before_it_is_refused(actions: Path, tmp_path: Path) -> None:
    name = "x" * 20_000
    text = "stages:\n" + "".join(f"  s{n}:\n    cmd: x\n    deps: [{name}{n}]\n    outs: [o{n}]\n" for n in range(60))
    make(tmp_path / "p", text)
    run("lint", folder=tmp_path / "p")
    assert 500_000 < actions.stat().st_size <= 1_048_576
    assert actions.read_text().endswith("And more: see the log.\n\n")


def test_the_most_severe_come_first(tmp_path: Path) -> None:
    many = "".join(f"    - m{n}.json\n" for n in range(12))
    make(
        tmp_path,
        FLAWED.replace("    - metrics.json\n", many) + "  last:\n    cmd: x\n    deps: [gone]\n    outs: [y]\n",
    )
    lines = write_report(run_in(tmp_path).report("1"), "github").splitlines()
    levels = [line[2:].partition(" ")[0] for line in lines]
    assert levels == sorted(levels)
    assert levels[:2] == ["error", "error"]
    assert levels.count("warning") > 10


def test_files_are_named_from_the_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path / "sub" / "project")
    assert "file=sub/project/dvc.yaml," in write_report(run_in(tmp_path / "sub" / "project").report("1"), "github")


#: as GitHub's runner reads a line
COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::([^\n]*)\Z")


def test_nothing_from_a_file_forges_a_command(tmp_path: Path) -> None:
    for line in write_report(run_in(make_hostile(tmp_path)).report("1"), "github").splitlines():
        command = COMMAND.match(line)
        assert command is not None, line
        properties = dict(part.split("=", 1) for part in command[2].split(","))
        assert set(properties) == {"title", "file", "line", "endLine", "col", "endColumn"}
        assert properties["line"].isdigit()


@given(st.text())
def test_escaped_text_is_read_back(text: str) -> None:
    for escaped in (escape_message(text), escape_property(text)):
        assert not {"\n", "\r"} & set(escaped)
        unescaped = escaped.replace("%3A", ":").replace("%2C", ",")
        assert unescaped.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%") == text
    assert not {":", ","} & set(escape_property(text))
