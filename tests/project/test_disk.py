"""The files of a project, each read once, with changes on top."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.project import disk as module
from pipelinekit.project.disk import Disk, UnreadableError, read_text


def test_what_is_at_a_path(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "pipe")
    disk = Disk(str(tmp_path))
    names = ("folder", "file", "link", "nowhere", "circle", "pipe", "gone", "file/x", "a\0b", "x" * 5000, ".")
    assert [disk.kind(name) for name in names] == [
        *("folder", "file", "file", None, None, "other", None, None, None, None, "folder"),
    ]
    assert disk.exists("link")
    assert not disk.exists("nowhere")


def test_text_is_given_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffä\r\nb\r".encode())
    assert Disk(str(tmp_path)).read("a") == "\ufeffä\r\nb\r"


def test_each_file_is_looked_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("before")
    disk = Disk(str(tmp_path))
    assert (disk.read("a"), disk.kind("a"), disk.kind("b")) == ("before", "file", None)
    path.unlink()
    (tmp_path / "b").write_text("")
    assert (disk.read("a"), disk.kind("a"), disk.kind("b")) == ("before", "file", None)


def test_what_can_not_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "latin").write_bytes(b"one\ntwo \xe4\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_text("x" * 5)
    disk = Disk(str(tmp_path))
    with pytest.raises(UnreadableError, match="it is not UTF-8: byte 0xe4 in line 2"):
        disk.read("latin")
    with pytest.raises(UnreadableError, match="it is a folder"):
        disk.read("folder")
    with pytest.raises(UnreadableError, match="null"):
        disk.read("a\0b")
    for gone in ("gone", "large/x"):
        with pytest.raises(FileNotFoundError):
            disk.read(gone)
    monkeypatch.setattr(module, "MAX_BYTES", 4)
    with pytest.raises(UnreadableError, match="it is larger than"):
        read_text(str(tmp_path / "large"))


def test_changes_lie_on_top_and_are_not_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").write_text("same")
    disk = Disk(str(tmp_path))
    assert disk.kind("new/c") is None
    changed = disk.overlaid({"a": "new", "new/c": "made"})
    assert (changed.read("a"), changed.read("b"), changed.read("new/c")) == ("new", "same", "made")
    assert changed.kind("new/c") == "file"
    assert (disk.read("a"), disk.kind("new/c")) == ("old", None)
    assert changed.overlaid({"a": "newer"}).read("a") == "newer"
    assert (tmp_path / "a").read_text() == "old"


def test_names_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("")
    (tmp_path / "a").mkdir()
    disk = Disk(str(tmp_path))
    assert disk.names(".") == ["a", "b"]
    assert disk.names("a") == disk.names("b") == disk.names("gone") == disk.names("a\0") == []
