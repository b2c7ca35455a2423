"""`pipelinekit compile`: options and exit statuses; what is written is tested with the model and `generate`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import run

MODEL = """\
from pipelinekit import Pipeline, Stage
a = Pipeline(stages=[Stage(name="a", cmd="python a.py", outs=["a.txt"])])
b = Pipeline(file="sub/dvc.yaml", stages=[Stage(name="b", cmd="python b.py", deps=["../a.txt"])])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    (folder / ".dvc").mkdir(parents=True)
    (folder / "pipeline.py").write_text(MODEL)
    return folder


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("dvc.yaml"))


def test_all_pipelines_of_a_model_are_written(folder: Path) -> None:
    result = run("compile", folder=folder)
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr == "Wrote dvc.yaml (1 stage)\nWrote sub/dvc.yaml (1 stage)\n"
    assert written(folder) == ["dvc.yaml", "sub/dvc.yaml"]


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_asked_what_would_change_it_shows_it_and_writes_nothing(option: str, folder: Path) -> None:
    result = run("compile", option, folder=folder)
    assert (result.status, result.stderr) == (1, "")
    assert result.stdout.startswith("--- /dev/null\n+++ dvc.yaml\n@@ ")
    assert "\n--- /dev/null\n+++ sub/dvc.yaml\n" in result.stdout
    assert "+    cmd: python b.py\n" in result.stdout
    assert written(folder) == []
    run("compile", folder=folder)
    assert run("compile", option, folder=folder) == (0, "", "")


def test_only_what_differs_is_written(folder: Path) -> None:
    run("compile", folder=folder)
    before = (folder / "dvc.yaml").stat().st_mtime_ns
    (folder / "sub" / "dvc.yaml").unlink()
    result = run("compile", folder=folder)
    assert result.stderr == "Unchanged: dvc.yaml (1 stage)\nWrote sub/dvc.yaml (1 stage)\n"
    assert (folder / "dvc.yaml").stat().st_mtime_ns == before


def test_the_project_may_be_another_one(folder: Path) -> None:
    result = run("compile", "--project", "p", folder=folder.parent)
    assert (result.status, result.stderr.splitlines()[0]) == (0, "Wrote p/dvc.yaml (1 stage)")
    assert run("compile", "--check", "--project", str(folder), folder=folder.parent).status == 0


def test_when_one_can_not_be_written_neither_is(folder: Path) -> None:
    (folder / "sub").write_text("a file where a folder should be")
    result = run("compile", folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert "nothing was changed" in result.stderr
    assert written(folder) == []


def test_a_file_in_the_way_that_can_not_be_read(folder: Path) -> None:
    (folder / "dvc.yaml").write_bytes(b"\xff")
    result = run("compile", folder=folder)
    assert result.status == 2
    assert "dvc.yaml can't be read: it is not UTF-8: byte 0xff in line 1" in result.stderr
    assert (folder / "dvc.yaml").read_bytes() == b"\xff"


def test_a_diff_shows_control_characters_as_escapes(folder: Path) -> None:
    (folder / "dvc.yaml").write_text('stages:\n  a:\n    cmd: x\n    desc: "\x1b[31m\ttab"\n')
    lines = run("compile", "--diff", folder=folder).stdout.split("\n")
    assert any("\ttab" in line for line in lines)
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize("arguments", [("--chek",), ("a.py", "b.py"), ("gone.py",)])
def test_wrong_usage(arguments: tuple[str, ...], folder: Path) -> None:
    result = run("compile", *arguments, folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("pipelinekit: ")
    assert written(folder) == []
