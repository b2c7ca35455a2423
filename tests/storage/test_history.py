"""The history of a stage in its lock: what each commit changed of it, whatever else was committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.project.locked import LockedStage
from pipelinekit.storage.history import LockHistory
from tests.freshness.projects import lock


def git(folder: Path, *arguments: str) -> None:
    nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", *nobody, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, *texts: str | None, name: str = "dvc.lock") -> Path:
    """One commit for each text of the lock; None takes it away."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    for text in texts:
        if text is None:
            git(folder, "rm", "-q", name)
        else:
            (folder / name).write_text(text, encoding="utf-8")
            git(folder, "add", name)
        git(folder, "commit", "-q", "--allow-empty", "-m", "change")
    return folder


def two(train: str, other: str) -> str:
    return lock(train={"outs": {"model.pkl": train}}, other={"outs": {"x": other}})


def changes(folder: Path, name: str = "train", **limits: int) -> list[tuple[int | None, int | None]]:
    """The sizes of the output before and after each change."""
    found = LockHistory(str(folder), ["dvc.lock"]).changes_of(name, **limits)
    return [(size_of(change.before), size_of(change.after)) for change in found]


def size_of(stage: LockedStage | None) -> int | None:
    return next(iter(stage.outs.values())).size if stage is not None else None


def test_changes_of_one_stage_by_whom_and_when(tmp_path: Path) -> None:
    repository(tmp_path, two("a", "x"), two("a", "yy"), two("bb", "yy"), lock(other={}), two("ccc", "yy"))
    assert changes(tmp_path) == [(None, 3), (2, None), (1, 2), (None, 1)]
    assert len(changes(tmp_path, "never")) == 0
    (first, *_) = LockHistory(str(tmp_path), ["dvc.lock"]).changes_of("train")
    assert (first.author, len(first.commit)) == ("nobody", 40)
    assert first.time > 1_600_000_000


def test_each_commit_is_compared_with_its_parent(tmp_path: Path) -> None:
    """Commits of two branches come one after the other, and what one did is not undone by the next."""
    repository(tmp_path, two("a", "x"))
    git(tmp_path, "switch", "-q", "-c", "branch")
    (tmp_path / "dvc.lock").write_text(two("bb", "x"), encoding="utf-8")
    git(tmp_path, "commit", "-q", "-a", "-m", "change")
    git(tmp_path, "switch", "-q", "main")
    (tmp_path / "dvc.lock").write_text(two("a", "yy"), encoding="utf-8")
    git(tmp_path, "commit", "-q", "-a", "-m", "change")
    git(tmp_path, "merge", "-q", "-X", "ours", "--no-edit", "branch")
    assert changes(tmp_path) == [(1, 2), (None, 1)]


@pytest.mark.parametrize("name", ["train", "train@0.1", "a b", "it's", "Ä@x", "123", "true"])
def test_names_that_a_lock_puts_in_quotes(name: str, tmp_path: Path) -> None:
    quoted = name if name in ("train", "train@0.1", "a b", "it's", "Ä@x") else f"'{name}'"
    repository(tmp_path, *(two(size, "x").replace("  train:", f"  {quoted}:") for size in ("a", "bb")))
    assert changes(tmp_path, name) == [(1, 2), (None, 1)]


def test_locks_that_dvc_did_not_write_and_broken_ones(tmp_path: Path) -> None:
    own = "# ours\n" + two("a", "x")
    conflict = two("bb", "x").replace("  train:", "<<<<<<< HEAD\n  train:")
    repository(tmp_path, own, two("a", "x"), conflict, two("ccc", "x"), "stages: [", two("dddd", "x"))
    # the same content spelled in another way is no change; what can't be read says nothing
    assert changes(tmp_path) == [(None, 1)]


def test_no_more_is_read_than_there_is_time_for(tmp_path: Path) -> None:
    texts = [two("a" * size, "x") for size in range(1, 6)]
    repository(tmp_path, *texts)
    history = LockHistory(str(tmp_path), ["dvc.lock"])
    assert len(list(history.changes_of("train"))) == 5
    assert not history.is_cut
    assert len(list(history.changes_of("train", max_bytes=len(texts[0]) * 3))) == 2
    assert history.is_cut
    assert len(list(LockHistory(str(tmp_path), ["dvc.lock"], 2).changes_of("train"))) == 2


def test_what_is_committed(tmp_path: Path) -> None:
    inner = repository(tmp_path, two("a", "x"), name="in ner/dvc.lock") / "in ner"
    (inner / "dvc.lock").write_text(two("bb", "x"), encoding="utf-8")
    history = LockHistory(str(inner), ["dvc.lock"])
    assert size_of(history.committed("train")) == 1
    assert history.committed("gone") is None
    assert LockHistory(str(inner), ["other/dvc.lock"]).committed("train") is None


def test_authors_by_the_mailmap_and_odd_ones(tmp_path: Path) -> None:
    repository(tmp_path, two("a", "x"))
    git(tmp_path, "commit", "-q", "--amend", "--no-edit", "--author", "x\x01y  z <a@example.org>")
    assert [change.author for change in LockHistory(str(tmp_path), ["dvc.lock"]).changes_of("train")] == ["x\x01y  z"]
    (tmp_path / ".mailmap").write_text("One Lovelace <a@example.org>\n")
    assert [change.author for change in LockHistory(str(tmp_path), ["dvc.lock"]).changes_of("train")] == [
        "One Lovelace"
    ]
