from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelinekit.run.only_run import BusyError, clear_dead_locks, only_run

HOLDER = """
import sys
import time
from pipelinekit.run.only_run import only_run
with only_run(sys.argv[1], print):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, os.fspath(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_refused_as_long_as_the_first_is_at_work(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    with holder(tmp_path) as process:
        with (
            pytest.raises(BusyError, match=rf"another run is at work in this project \(process {process.pid}\)"),
            only_run(str(tmp_path), print),
        ):
            pass
        process.kill()
    with only_run(str(tmp_path), print):
        assert (tmp_path / ".dvc/tmp/pipelinekit/run.lock").read_text() == f"{os.getpid()}\n"


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def rwlock(folder: Path, text: str) -> Path:
    path = folder / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", ["", '{"write": {"/a', '{"write": {"/a": {"cmd": "x"}}}', "[]"])
def test_an_rwlock_that_is_half_written_is_removed(tmp_path: Path, text: str) -> None:
    path = rwlock(tmp_path, text)
    assert "half written" in clear_dead_locks(str(tmp_path))[0]
    assert not path.exists()


def test_an_rwlock_without_the_dead_stays_as_it_is(tmp_path: Path) -> None:
    path = rwlock(tmp_path, "{}")
    assert clear_dead_locks(str(tmp_path)) == []
    assert path.read_text() == "{}"
    assert clear_dead_locks(str(tmp_path / "nowhere")) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="asks /proc for the command of a process")
def test_the_dead_and_those_whose_number_has_passed_to_another_are_forgotten(tmp_path: Path) -> None:
    gone = {"pid": dead_process(), "cmd": "dvc repro"}
    with (
        subprocess.Popen([sys.executable, "-c", "input()", "dvc"], stdin=subprocess.PIPE) as alive,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other,
    ):
        while os.path.isdir("/proc/self") and not Path(f"/proc/{alive.pid}/cmdline").read_bytes():
            time.sleep(0.01)  # it is just becoming what it will be
        here = {"pid": alive.pid, "cmd": "dvc repro"}
        another = {"pid": other.pid, "cmd": "dvc repro"}
        held = {"write": {"/a": gone, "/b": here, "/c": another}, "read": {"/d": [gone, here], "/e": [another]}}
        path = rwlock(tmp_path, json.dumps(held))
        assert len(clear_dead_locks(str(tmp_path))) == 1
        assert json.loads(path.read_text()) == {"write": {"/b": here}, "read": {"/d": [here]}}
        alive.kill()
        other.kill()
