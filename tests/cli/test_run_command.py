"""`pipelinekit run`: what is refused, and what would be done. What DVC does then is tested with the slow tests."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from pipelinekit.cli.run_command import _Output
from pipelinekit.run import dvc_program
from tests.command_line import Result, run
from tests.run.test_only_run import holder
from tests.small_projects import write

FILES = {
    "dvc.yaml": (
        "stages:\n  a:\n    cmd: sh a.sh\n    deps: [a.sh]\n    outs: [a.txt]\n"
        "  b:\n    cmd: sh b.sh\n    deps: [b.sh, a.txt]\n    outs: [b.txt]\n"
    ),
    "a.sh": "date > a.txt\n",
    "b.sh": "cp a.txt b.txt\n",
}
PRETENDING = """#!/bin/sh
for address; do :; done
echo "Running stage '$address':"
echo working
[ "$address" != dvc.yaml:b ]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "p", FILES)


@pytest.fixture
def pretending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `dvc` that fails at `b`, beside a Python that is not this one."""
    program = tmp_path / "bin" / "dvc"
    program.parent.mkdir()
    program.write_text(PRETENDING)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(dvc_program, "_beside_python", lambda: (os.fspath(program.parent),))


def refused(result: Result) -> str:
    assert result.status == 2
    assert result.stdout == ""
    return result.stderr


def test_what_would_run_and_why(folder: Path) -> None:
    result = run("run", "--dry-run", folder=folder)
    assert result == Result(
        0,
        "would run  a\n           it has never run\nwould run  b\n           it has never run\n\n"
        "2 of 2 stages are outdated\n",
        "",
    )
    assert "1 of 1 stage is outdated\n" in run("run", "-n", "a", folder=folder).stdout
    assert "1 of 1 stage is outdated\n" in run("run", "-n", "-s", "b", folder=folder).stdout
    assert not (folder / ".dvc/tmp").exists()


def test_wrong_usage(folder: Path, tmp_path: Path) -> None:
    assert "STAGES: no stage is called 'nope'" in refused(run("run", "nope", folder=folder))
    assert "--single-item needs STAGES" in refused(run("run", "-s", folder=folder))
    assert "0 is not in the range x>=1" in refused(run("run", "-j", "0", folder=folder))
    (tmp_path / "empty").mkdir()
    assert ".dvc" in refused(run("run", folder=tmp_path / "empty"))
    (folder / "dvc.lock").write_text("stages: [\n")
    assert "dvc.lock can't be read" in refused(run("run", "--no-lint", folder=folder))


def test_without_dvc(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dvc_program, "_beside_python", tuple)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert "there is no 'dvc' to run the stages with" in refused(run("run", folder=folder))


def test_the_dvc_of_the_environment_of_the_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dvc_program, "_beside_python", tuple)
    monkeypatch.setenv("PATH", os.fspath(folder))
    program = folder / ".venv" / "bin" / "dvc"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    assert dvc_program.find_dvc(os.fspath(folder)) == os.fspath(program)


def test_stages_that_need_each_other(tmp_path: Path) -> None:
    text = "stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n"
    folder = write(tmp_path / "p", {"dvc.yaml": text})
    result = run("run", folder=folder)
    assert result.status == 1
    assert "PK301" in result.stdout
    assert "1 error: nothing was run" in result.stderr
    result = run("run", "--no-lint", folder=folder)
    assert result.status == 1
    assert "need each other in a circle" in result.stderr


def test_errors_elsewhere_do_not_keep_a_stage_from_running(folder: Path) -> None:
    text = (folder / "dvc.yaml").read_text()
    (folder / "dvc.yaml").write_text(text + "  c:\n    cmd: sh c.sh\n    deps: [c.sh]\n    outs: [c.txt]\n")
    assert run("run", "-n", folder=folder).status == 1
    assert run("run", "-n", "b", folder=folder).status == 0
    assert run("run", "-n", "c", folder=folder).status == 1


@pytest.mark.usefixtures("pretending")
def test_a_failure_is_told_with_what_is_left(folder: Path) -> None:
    result = run("run", "--force", "--no-lint", folder=folder)
    assert result.status == 1
    assert "ran       dvc.yaml:a" not in result.stdout
    assert "b | working\nfailed    b after " in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 ran, 1 failed in ")
    assert result.stderr == "failed: b\ncontinue with: pipelinekit run --no-lint\n"
    quiet = run("run", "-q", folder=folder)
    assert quiet.stdout == ""
    assert quiet.stderr.startswith("failed    b after ")


@pytest.mark.usefixtures("pretending")
def test_one_run_at_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with holder(folder) as process:
        for arguments in ((), ("--log-only",)):
            said = refused(run("run", *arguments, folder=folder))
            assert f"another run is at work in this project (process {process.pid})" in said
        process.kill()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert run("run", "a", folder=folder).status == 0


def test_a_reader_that_goes_away_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        write_line = _Output()
        write_line("nobody reads this")
        write_line("nor this")
