"""Where reports go, what goes in beside files, and how a run ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.projects import CLEAN, FLAWED, make
from tests.command_line import Result, run


def test_several_reports_at_once(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    outputs = ("--output", "sarif:lint.sarif", "--output", "junit:lint.xml", "--output", "text:lint.txt")
    result = run("lint", *outputs, folder=folder)
    assert result.stdout.startswith("error: PK106")
    assert json.loads((folder / "lint.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert (folder / "lint.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert (folder / "lint.txt").read_text(encoding="utf-8") == result.stdout
    assert result.status == 1


def test_all_reports_to_files(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    result = run("lint", "--output-format", "json", "--output", "a.json", "--output", "concise:b.txt", folder=folder)
    assert result.stdout == ""
    assert len(json.loads((folder / "a.json").read_text(encoding="utf-8"))["findings"]) == 2
    assert (folder / "b.txt").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (["a", "b"], "--output names two files for the report: a and b"),
        (["sarif:a", "sarif:b"], "--output names two files for sarif: a and b"),
        (["sarif:"], "--output sarif: names no file"),
        (["gone/a"], "could not write gone/a"),
    ],
)
def test_outputs_that_make_no_sense(outputs: list[str], message: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    (folder / "gone").write_text("a file, and no folder")
    result = run("lint", *(word for output in outputs for word in ("--output", output)), folder=folder)
    assert result.status == 2
    assert message in result.stderr


def test_a_word_that_is_no_format_belongs_to_the_name(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    run("lint", "--output", "c:report.txt", folder=folder)
    assert (folder / "c:report.txt").read_text().startswith("error: PK106")


def test_diff_goes_to_a_file_and_to_no_other_format(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    assert run("lint", "--diff", "--output", "a.diff", folder=folder).stdout == ""
    assert (folder / "a.diff").read_text().startswith("--- dvc.yaml\n+++ dvc.yaml\n")
    result = run("lint", "--diff", "--output", "sarif:a.sarif", folder=folder)
    assert result.status == 2
    assert "has nothing to write with --diff" in result.stderr


def test_exit_zero(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    assert run("lint", "--exit-zero", folder=folder).status == 0
    assert run("lint", "--exit-zero", "--diff", folder=folder).status == 0
    assert run("lint", "--exit-zero", "--select", "PK999", folder=folder).status == 2


STATISTICS = """\
3 PK106 error       missing-dependency
2 PK401 warning [*] cached-metric
1 PK403 warning     throwaway-output-cached
"""


def test_statistics(tmp_path: Path) -> None:
    text = FLAWED.replace("- nowhere.csv", "- gone/a\n    - gone/b\n    - gone/c").replace(
        "- model.pkl", "- model.pkl\n    - logs"
    )
    folder = make(tmp_path / "p", text.replace("[metrics.json]", "[metrics.json, more.json]"))
    result = run("lint", "--statistics", folder=folder)
    assert result.stdout == STATISTICS
    assert result.stderr.startswith("Found 3 errors, 3 warnings; 2 can be fixed with --fix")
    assert result.status == 1
    as_json = json.loads(run("lint", "--statistics", "--output-format", "json", folder=folder).stdout)
    assert as_json["version"] == 1
    assert as_json["statistics"][1] == {
        "code": "PK401",
        "name": "cached-metric",
        "level": "warning",
        "found": 2,
        "fixable": 2,
    }
    assert run("lint", "--statistics", folder=make(tmp_path / "q")).stdout == ""


def with_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes, *arguments: str, folder: Path) -> Result:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return run("lint", "-", *arguments, folder=folder)


def test_a_file_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "p", CLEAN)
    result = with_stdin(monkeypatch, FLAWED.encode(), "--stdin-filename", "dvc.yaml", folder=folder)
    assert "nowhere.csv does not exist" in result.stdout
    assert result.status == 1
    assert (folder / "dvc.yaml").read_text() == CLEAN
    (folder / "sub").mkdir()
    result = with_stdin(
        monkeypatch, FLAWED.encode(), "--stdin-filename", "sub/dvc.yaml", "--select", "PK106", folder=folder
    )
    assert result.stdout.startswith("error: PK106 missing-dependency at sub/dvc.yaml:5:7")


def test_it_is_mended_to_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make(tmp_path / "p", CLEAN)
    result = with_stdin(monkeypatch, FLAWED.encode(), "--stdin-filename", "dvc.yaml", "--fix", folder=folder)
    assert result.stdout == FLAWED.replace("[metrics.json]", "[{metrics.json: {cache: false}}]")
    assert "nowhere.csv does not exist" in result.stderr
    assert (folder / "dvc.yaml").read_text() == CLEAN
    unchanged = with_stdin(monkeypatch, CLEAN.encode(), "--stdin-filename", "dvc.yaml", "--fix", folder=folder)
    assert (unchanged.status, unchanged.stdout) == (0, CLEAN)


def test_a_fix_that_needs_another_file_is_not_applied_to_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "p", CLEAN, params_yaml="a: 1\n")
    text = CLEAN.replace("python train.py", "python train.py --lr 0.1")
    result = with_stdin(monkeypatch, text.encode(), "--stdin-filename", "dvc.yaml", "--fix", folder=folder)
    assert result.stdout == text
    assert "PK201" in result.stderr


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        (b"", (), "give no other path, and its name as --stdin-filename"),
        (b"", ("a", "--stdin-filename", "dvc.yaml"), "give no other path"),
        (b"\xff", ("--stdin-filename", "dvc.yaml"), "standard input can't be read: it is not UTF-8"),
        (b"", ("--stdin-filename", "gone/dvc.yaml"), "there is no folder"),
    ],
)
def test_standard_input_that_makes_no_sense(
    data: bytes, arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = with_stdin(monkeypatch, data, *arguments, folder=make(tmp_path / "p"))
    assert result.status == 2
    assert message in result.stderr
    assert run("lint", "--stdin-filename", "dvc.yaml", folder=tmp_path / "p").status == 2
