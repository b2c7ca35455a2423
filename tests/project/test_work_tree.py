"""Which files of the work tree are not as they are at a revision."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.project.revision import read_revision
from pipelinekit.project.work_tree import changed_files
from tests.impact.pipelines import commit, git


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.txt", "b.txt", "sub/c.txt", "ü and blank.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{name}\n")
    (tmp_path / ".gitignore").write_text("*.log\n")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def changed(folder: Path, revision: str = "HEAD") -> dict[str, str]:
    read = read_revision(str(folder), revision)
    try:
        return {**changed_files(str(folder), read)}
    finally:
        read.close()


def test_changed_added_removed(folder: Path) -> None:
    (folder / "a.txt").write_text("other\n")
    (folder / "b.txt").unlink()
    (folder / "new.txt").write_text("")
    (folder / "new.log").write_text("")
    (folder / "ü and blank.txt").write_text("other\n")
    assert changed(folder) == {
        "a.txt": "changed",
        "b.txt": "removed",
        "new.txt": "added",
        "ü and blank.txt": "changed",
    }


def test_what_is_staged_or_committed_since_counts_as_well(folder: Path) -> None:
    (folder / "a.txt").write_text("other\n")
    commit(folder)
    (folder / "b.txt").write_text("other\n")
    git(folder, "add", "b.txt")
    assert changed(folder) == {"b.txt": "changed"}
    assert changed(folder, "HEAD~1") == {"a.txt": "changed", "b.txt": "changed"}
    (folder / "a.txt").write_text("a.txt\n")
    assert changed(folder, "HEAD~1") == {"b.txt": "changed"}


def test_times_and_modes_are_no_change(folder: Path) -> None:
    os.utime(folder / "a.txt", (1, 1))
    (folder / "b.txt").chmod(0o755)
    assert changed(folder) == {}


def test_line_ends_that_git_turns_are_no_change(folder: Path) -> None:
    git(folder, "config", "core.autocrlf", "true")
    (folder / "a.txt").write_bytes(b"a.txt\r\n")
    assert changed(folder) == {}
    git(folder, "config", "core.autocrlf", "false")
    assert changed(folder) == {"a.txt": "changed"}


def test_a_file_that_git_tracks_no_longer(folder: Path) -> None:
    git(folder, "rm", "-q", "--cached", "a.txt")
    assert changed(folder) == {}
    (folder / "a.txt").write_text("other\n")
    assert changed(folder) == {"a.txt": "changed"}


def test_a_renamed_file_is_gone_and_added(folder: Path) -> None:
    git(folder, "mv", "a.txt", "z.txt")
    assert changed(folder) == {"a.txt": "removed", "z.txt": "added"}


def test_paths_are_those_of_the_project(folder: Path) -> None:
    (folder / "a.txt").write_text("other\n")
    (folder / "sub" / "c.txt").write_text("other\n")
    (folder / "sub" / "new.txt").write_text("")
    assert changed(folder / "sub") == {"../a.txt": "changed", "c.txt": "changed", "new.txt": "added"}


def test_a_link_in_the_place_of_a_file(folder: Path) -> None:
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to("b.txt")
    assert changed(folder) == {"a.txt": "changed"}
