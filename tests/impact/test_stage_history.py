"""What commits changed of a stage, in the words of a lock."""

from __future__ import annotations

from pathlib import Path

from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.freshness.records import records
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.stage_history import Commit, StageHistory, stage_history
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.freshness.projects import lock
from tests.storage.test_history import git, repository

PIPELINE = "stages:\n  train:\n    cmd: python train.py\n    outs: [model]\n"
FIRST = lock(
    train={"deps": {"a": "1", "b": "1"}, "params": {"params.yaml": {"lr": 1, "old": 0}}, "outs": {"model": "1"}}
)
SECOND = lock(
    train={
        "cmd": "python train.py --fast",
        "deps": {"a": "22", "c": "1"},
        "params": {"params.yaml": {"lr": 2}, "other.yaml": {"x": None}},
        "outs": {"model": {"size": 5}},
    }
)


THIRD = lock(train={"outs": {"model": "3"}})


def history(folder: Path, limit: int = 10) -> StageHistory:
    (folder / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    graph = Graph(Index(Project(str(folder))))
    (stage,) = graph.index.stages
    return stage_history(graph, stage, graph.derived(records).get(stage), limit)


def told(commit: Commit) -> list[tuple[object, ...]]:
    def plain(value: object) -> object:
        return value.size if isinstance(value, LockEntry) else value

    return [(change.kind, change.name, plain(change.was), plain(change.now)) for change in commit.changes]


def test_every_kind_of_change(tmp_path: Path) -> None:
    repository(tmp_path, FIRST, SECOND)
    found = history(tmp_path)
    assert [(commit.event, commit.author, len(commit.id)) for commit in found.commits] == [
        ("changed", "nobody", 40),
        ("added", "nobody", 40),
    ]
    assert told(found.commits[0]) == [
        ("cmd", "", "python train.py", "python train.py --fast"),
        ("dep", "a", 1, 2),
        ("dep", "b", 1, ABSENT),
        ("dep", "c", ABSENT, 1),
        ("param", "params.yaml:lr", 1, 2),
        ("param", "params.yaml:old", 0, ABSENT),
        ("param", "other.yaml:x", ABSENT, None),
        ("out", "model", 1, 5),
    ]
    assert not found.is_cut


def test_what_is_not_committed_yet(tmp_path: Path) -> None:
    repository(tmp_path, FIRST)
    (tmp_path / "dvc.lock").write_text(FIRST.replace("lr: 1", "lr: 3"), encoding="utf-8")
    found = history(tmp_path)
    assert [(commit.id == "", commit.when is None, commit.event) for commit in found.commits] == [
        (True, True, "changed"),
        (False, False, "added"),
    ]
    assert told(found.commits[0]) == [("param", "params.yaml:lr", 1, 3)]
    (tmp_path / "dvc.lock").write_text(lock(other={}), encoding="utf-8")
    assert [commit.event for commit in history(tmp_path).commits] == ["removed", "added"]
    (tmp_path / "dvc.lock").write_text("<<<<<<< HEAD\n" + FIRST, encoding="utf-8")
    assert [commit.event for commit in history(tmp_path).commits] == ["added"]


def test_only_the_newest(tmp_path: Path) -> None:
    repository(tmp_path, *(FIRST.replace("lr: 1", f"lr: {number}") for number in range(5)))
    found = history(tmp_path, limit=2)
    assert [told(commit)[0][2:] for commit in found.commits] == [(3, 4), (2, 3)]
    assert found.is_cut
    assert not history(tmp_path, limit=5).is_cut


def test_a_shallow_clone_does_not_know_what_its_oldest_commit_did(tmp_path: Path) -> None:
    repository(tmp_path / "whole", FIRST, SECOND, THIRD)
    for depth, told in ((1, []), (2, ["changed"])):
        made = tmp_path / str(depth)
        git(tmp_path, "clone", "-q", "--depth", str(depth), (tmp_path / "whole").as_uri(), str(made))
        found = history(made)
        assert ([commit.event for commit in found.commits], found.is_cut) == (told, True)


def test_no_git_no_lock_and_a_lock_that_git_does_not_track(tmp_path: Path) -> None:
    assert history(tmp_path) == StageHistory((), False)
    git(tmp_path, "init", "-q")
    assert history(tmp_path) == StageHistory((), False)
    (tmp_path / "dvc.lock").write_text(FIRST, encoding="utf-8")
    assert history(tmp_path) == StageHistory((), False)
    git(tmp_path, "add", "dvc.lock")
    assert [commit.event for commit in history(tmp_path).commits] == ["added"]


def test_a_commit_from_a_time_that_there_is_not(tmp_path: Path) -> None:
    repository(tmp_path, FIRST)
    (tmp_path / "dvc.lock").write_text(SECOND, encoding="utf-8")
    git(tmp_path, "add", "dvc.lock")
    tree = _output(tmp_path, "write-tree")
    parent = _output(tmp_path, "rev-parse", "HEAD")
    who = f"x <x@example.org> {2**61} +0000"
    text = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nchange\n"
    commit = _output(tmp_path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text)
    git(tmp_path, "reset", "-q", "--hard", commit)
    assert [commit.event for commit in history(tmp_path).commits] == ["changed", "added"]


def _output(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    import subprocess

    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, check=True, capture_output=True, text=True)
    return done.stdout.strip()
