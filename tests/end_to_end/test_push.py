"""A push to a bare repository with the hook of `init --post-receive`: real git, real DVC, processes that are killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.programs import call, ran_stages

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a server runs Linux")]

# says when it runs, outside of the project; waits as long as a file that a test may have put there is there
SCRIPT = """import pathlib, sys, time
notes, out, value = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(notes / "runs", "a") as file:
    file.write(f"begin {out} {value}\\n")
while (notes / "wait").exists():
    time.sleep(0.05)
pathlib.Path(out).write_text(value)
with open(notes / "runs", "a") as file:
    file.write(f"end {out} {value}\\n")
"""
PIPELINE = """stages:
  first:
    cmd: python note.py {notes} first.txt ${{first}}
    deps:
    - note.py
    params:
    - first
    outs:
    - first.txt
  second:
    cmd: python note.py {notes} second.txt ${{second}}
    deps:
    - first.txt
    - note.py
    params:
    - second
    metrics:
    - second.txt:
        cache: false
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project that was never pushed; `bare.git`, `store` and `notes` lie beside it."""
    call("git", "init", "--quiet", "--bare", "--initial-branch=main", "bare.git", folder=tmp_path)
    call("git", "init", "--quiet", "--initial-branch=main", "clone", folder=tmp_path)
    folder, notes = tmp_path / "clone", tmp_path / "notes"
    notes.mkdir()
    (folder / "note.py").write_text(SCRIPT)
    (folder / "dvc.yaml").write_text(PIPELINE.format(notes=notes))
    (folder / "params.yaml").write_text("first: 1\nsecond: 1\n")
    (folder / "README.md").write_text("# Mine\n")
    store = str(tmp_path / "store")
    call("pipelinekit", "init", "--post-receive", "../bare.git", "--remote", store, folder=folder)
    call("git", "remote", "add", "origin", "../bare.git", folder=folder)
    return folder


def push(clone: Path, message: str, **params: int) -> str:
    if params:
        (clone / "params.yaml").write_text("".join(f"{name}: {value}\n" for name, value in params.items()))
    call("git", "add", "--all", folder=clone)
    call("git", "commit", "--quiet", "-m", message, folder=clone)
    return call("git", "push", "origin", "main", folder=clone)


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def settled(clone: Path) -> None:
    """Wait until nothing is queued or running."""
    state = clone.parent / "bare.git/pipelinekit"

    def is_idle() -> bool:
        return not any((state / name).is_dir() and os.listdir(state / name) for name in ("queue", "running"))

    until(is_idle, logs(clone))


def logs(clone: Path) -> str:
    folder = clone.parent / "bare.git/pipelinekit"
    paths = [*sorted((folder / "logs").glob("*")), *folder.glob("worker.log")]
    return "\n".join(path.read_text(errors="replace") for path in paths)


def runs(clone: Path) -> list[str]:
    path = clone.parent / "notes/runs"
    return path.read_text().splitlines() if path.exists() else []


def tip(clone: Path) -> str:
    return call("git", "log", "-1", "--format=%an %s", "main", folder=clone.parent / "bare.git").strip()


def test_a_push_runs_what_it_made_outdated_and_nothing_else(clone: Path) -> None:
    assert "pipelinekit: main at" in push(clone, "first")
    settled(clone)
    assert runs(clone) == ["begin first.txt 1", "end first.txt 1", "begin second.txt 1", "end second.txt 1"]
    assert tip(clone).startswith("pipelinekit Record the results of"), logs(clone)

    call("git", "pull", "--quiet", "--ff-only", "origin", "main", folder=clone)
    assert (clone / "second.txt").read_text() == "1"
    call("git", "config", "pipelinekit.cachelimit", "0", folder=clone.parent / "bare.git")
    push(clone, "second", first=1, second=2)
    settled(clone)
    assert "only what this state uses is kept" in logs(clone)
    assert runs(clone)[4:] == ["begin second.txt 2", "end second.txt 2"]
    assert tip(clone).startswith("pipelinekit Record"), logs(clone)

    call("git", "pull", "--quiet", "--ff-only", "origin", "main", folder=clone)
    (clone / "README.md").write_text("# Mine\n\nA word more.\n")
    push(clone, "a word in the README")
    settled(clone)
    assert len(runs(clone)) == 6
    assert tip(clone) == "test a word in the README"

    call("git", "clone", "--quiet", "bare.git", "fresh", folder=clone.parent)
    fresh = clone.parent / "fresh"
    call("dvc", "pull", folder=fresh)
    assert "up to date" in call("dvc", "status", folder=fresh)
    assert ran_stages(call("dvc", "repro", folder=fresh)) == []
    assert (fresh / "first.txt").read_text() == "1"


def test_the_pusher_does_not_wait_and_runs_follow_each_other(clone: Path) -> None:
    hold = clone.parent / "notes/wait"
    hold.touch()
    push(clone, "first")  # returns while the stage waits
    until(lambda: runs(clone) == ["begin first.txt 1"], logs(clone))
    push(clone, "second", first=2, second=1)
    push(clone, "third", first=3, second=1)
    time.sleep(1)
    assert runs(clone) == ["begin first.txt 1"]
    hold.unlink()
    settled(clone)
    # the second push was replaced by the third while it waited; the first one did not get in its way
    kinds = [line.split()[0] for line in runs(clone)]
    assert kinds == ["begin", "end"] * (len(kinds) // 2)
    assert [line for line in runs(clone) if " first.txt " in line][2:] == ["begin first.txt 3", "end first.txt 3"]
    assert tip(clone).startswith("pipelinekit Record"), logs(clone)
    assert call("git", "show", "main:params.yaml", folder=clone.parent / "bare.git") == "first: 3\nsecond: 1\n"
    assert "has moved on" in logs(clone)


@pytest.mark.parametrize("by", ["resume", "the next push"])
def test_a_killed_worker_loses_nothing(by: str, clone: Path) -> None:
    bare = clone.parent / "bare.git"
    hold = clone.parent / "notes/wait"
    hold.touch()
    push(clone, "first")
    until(lambda: runs(clone) == ["begin first.txt 1"], logs(clone))
    os.kill(int((bare / "pipelinekit/lock").read_text()), signal.SIGKILL)
    if by == "resume":
        # what the killed one had started is still at it, and must not write any more
        hold_again = clone.parent / "notes/go"
        os.rename(hold, hold_again)
        call("pipelinekit", "hook", "post-receive", "--resume", str(bare), folder=clone.parent)
    else:
        (clone / "README.md").write_text("more\n")
        push(clone, "more")
        until(lambda: runs(clone).count("begin first.txt 1") == 2, logs(clone))
        hold.unlink()
    settled(clone)
    assert tip(clone).startswith("pipelinekit Record"), logs(clone)
    assert runs(clone)[-2:] == ["begin second.txt 1", "end second.txt 1"]
    fresh = clone.parent / "fresh"
    call("git", "clone", "--quiet", str(bare), "fresh", folder=clone.parent)
    call("dvc", "pull", folder=fresh)
    assert ran_stages(call("dvc", "repro", folder=fresh)) == []


def test_a_killed_run_is_gone_on_with(clone: Path) -> None:
    state, hold = clone.parent / "bare.git/pipelinekit", clone.parent / "notes/wait"
    push(clone, "first")
    settled(clone)
    call("git", "pull", "--quiet", "--ff-only", "origin", "main", folder=clone)
    hold.touch()
    push(clone, "second", first=2, second=1)
    until(lambda: runs(clone)[4:] == ["begin first.txt 2"], logs(clone))
    os.kill(int((state / "worktree/.dvc/tmp/pipelinekit/run.lock").read_text()), signal.SIGKILL)
    # it waits for another worker, and what it had started is at work no more
    until(lambda: (state / "queue/main").exists() and not os.listdir(state / "running"), logs(clone))
    hold.unlink()
    assert "was killed; the next worker goes on with it" in logs(clone)
    call("pipelinekit", "hook", "post-receive", "--resume", str(clone.parent / "bare.git"), folder=clone)
    assert tip(clone).startswith("pipelinekit Record"), logs(clone)
    again = ["begin first.txt 2", "end first.txt 2"]
    assert runs(clone)[4:] == ["begin first.txt 2", *again, "begin second.txt 1", "end second.txt 1"]


def test_a_remote_that_is_gone_keeps_the_lock_out_of_git(clone: Path) -> None:
    store = clone.parent / "store"
    store.rmdir() if store.is_dir() else None
    store.write_text("no folder")
    push(clone, "first")
    settled_or_waiting = clone.parent / "bare.git/pipelinekit/queue/main"
    until(lambda: "could not be pushed" in logs(clone) and settled_or_waiting.exists(), logs(clone))
    assert tip(clone) == "test first"
    until(lambda: not (clone.parent / "bare.git/pipelinekit/running/main").exists(), logs(clone))
    store.unlink()
    call("pipelinekit", "hook", "post-receive", "--resume", str(clone.parent / "bare.git"), folder=clone)
    assert tip(clone).startswith("pipelinekit Record"), logs(clone)
    assert runs(clone).count("begin first.txt 1") == 1  # it had run, only its results had nowhere to go
