"""What git knows of a folder: tracked files, others, ignored ones; asked without running anything of the user's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pipelinekit.project.git import Git, has_repository, read_git

STRANGE = ("ä b.txt", 'quo"te', "tab\there", "line\nbreak", "-dash", "?mark", "H x", "*.star")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a project in a folder of it."""
    git(tmp_path, "init", "-q")
    project = tmp_path / "project"
    (project / "data" / "raw").mkdir(parents=True)
    for name in ("tracked", "untracked", "junk.log", "forced.log", "data/raw/a.csv", "data2"):
        (project / name).write_text("")
    (tmp_path / "above").write_text("")
    (tmp_path / ".gitignore").write_text("*.log\n")
    git(tmp_path, "add", "above", "project/tracked", "project/data", "project/data2")
    git(tmp_path, "add", "-f", "project/forced.log")
    return project


def read(folder: Path) -> Git:
    found = read_git(str(folder))
    assert found is not None
    return found


def test_files_are_told_apart_relative_to_the_folder(folder: Path) -> None:
    found = read(folder)
    assert found.tracked == {"tracked", "forced.log", "data/raw/a.csv", "data2"}
    assert found.untracked == {"untracked"}


def test_a_file_that_was_deleted_is_still_tracked(folder: Path) -> None:
    (folder / "tracked").unlink()
    assert "tracked" in read(folder).tracked


def test_the_first_tracked_file_of_a_folder(folder: Path) -> None:
    found = read(folder)
    assert found.tracked_below("data") == "data/raw/a.csv"
    assert found.tracked_below("data/raw") == "data/raw/a.csv"
    assert [found.tracked_below(name) for name in ("dat", "data/ra", "tracked", "zzz", "data/raw/a.csv")] == [None] * 5


def test_ignored_is_what_ignore_files_name_tracked_or_not(folder: Path) -> None:
    found = read(folder)
    paths = ["tracked", "junk.log", "forced.log", "gone.log", "deep/in/x.log", "x.log.txt"]
    assert found.ignored(paths) == {"junk.log", "forced.log", "gone.log", "deep/in/x.log"}
    assert found.ignored(["tracked"]) == found.ignored([]) == set()


def test_names_of_any_kind(folder: Path) -> None:
    for name in STRANGE:
        (folder / name).write_text("")
    (folder / os.fsdecode(b"\xff")).write_text("")
    found = read(folder)
    assert {*STRANGE, os.fsdecode(b"\xff")} <= found.untracked
    (folder / ".gitignore").write_text("/?mark\nline*\n/\\*.star\n")
    assert found.ignored([*STRANGE]) >= {"?mark", "*.star"}


def test_without_a_repository_there_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_DIR", raising=False)
    assert not has_repository(str(tmp_path))
    assert read_git(str(tmp_path)) is None
    (tmp_path / ".git").write_text("nonsense")
    assert has_repository(str(tmp_path))
    assert read_git(str(tmp_path)) is None


def test_without_git_there_is_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert read_git(str(folder)) is None


def test_no_program_that_a_configuration_names_is_run(folder: Path) -> None:
    script = folder.parent / "monitor"
    script.write_text(f"#!/bin/sh\ntouch {folder.parent}/was-run\n")
    script.chmod(0o755)
    git(folder, "config", "core.fsmonitor", str(script))
    assert read(folder).untracked == {"untracked"}
    assert not (folder.parent / "was-run").exists()
