"""Files are written whole or not at all, all of them or none, and only over what was read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelinekit.project.writing import Write, WriteError, replace_file, write_files


def content(folder: Path) -> dict[str, str]:
    """Everything below a folder, so that nothing half-made is left behind unseen."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, **texts: tuple[str | None, str]) -> None:
    write_files([Write(str(folder / name), text, expected) for name, (expected, text) in texts.items()])


def test_new_and_old_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    write(tmp_path, a=("old", "new"), b=(None, "made"))
    write_files([Write(str(tmp_path / "c" / "d" / "e"), "deep", None)])
    assert content(tmp_path) == {"a": "new", "b": "made", "c/d/e": "deep"}


def test_bytes_are_what_the_text_says(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_files([Write(str(path), "\ufeffä\r\nb\n", None)])
    assert path.read_bytes() == b"\xef\xbb\xbf\xc3\xa4\r\nb\n"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o444])
def test_the_mode_is_kept(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(mode)
    write(tmp_path, a=("old", "new"))
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", mode)


def test_a_new_file_has_the_mode_that_others_have(tmp_path: Path) -> None:
    (tmp_path / "usual").write_text("")
    write(tmp_path, a=(None, ""))
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_one_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path, link=("old", "new"))
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path) == {"real": "new", "link": "new"}


@pytest.mark.parametrize("expected", ["other", "", None])
def test_what_changed_meanwhile_is_left_and_so_is_everything_else(expected: str | None, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    (tmp_path / "b").write_text("b")
    with pytest.raises(WriteError, match="a was changed in the meantime; nothing was written"):
        write(tmp_path, b=("b", "new"), a=(expected, "theirs"))
    assert content(tmp_path) == {"a": "mine", "b": "b"}


def test_what_is_gone_meanwhile_has_changed(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="changed in the meantime"):
        write(tmp_path, a=("old", "new"))
    assert content(tmp_path) == {}


def test_what_can_not_be_read_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(WriteError, match="a can't be read: it is a folder"):
        write(tmp_path, a=(None, "new"))


def failing(function: Callable[..., object], when: Callable[[str], bool]) -> Callable[..., object]:
    """The same, but it fails where the last argument is one of some paths."""

    def call(*arguments: str) -> object:
        if when(arguments[-1]):
            raise OSError(errno.ENOSPC, "No space left on device", arguments[-1])
        return function(*arguments)

    return call


def test_one_that_fails_takes_the_others_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "c"):
        (tmp_path / name).write_text(f"old {name}")
    (tmp_path / "a").chmod(0o600)
    monkeypatch.setattr(os, "replace", failing(os.replace, lambda target: target.endswith("c")))
    with pytest.raises(WriteError, match=r"could not write .*c: No space left on device; nothing was changed"):
        write(tmp_path, a=("old a", "new a"), b=(None, "new b"), c=("old c", "new c"))
    assert content(tmp_path) == {"a": "old a", "c": "old c"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_before_all_are_prepared_none_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "file").write_text("")
    replaced: list[str] = []
    monkeypatch.setattr(os, "replace", lambda source, target: replaced.append(target))
    with pytest.raises(WriteError):
        write_files([Write(str(tmp_path / "a"), "new", "old"), Write(str(tmp_path / "file" / "b"), "", None)])
    assert replaced == []
    assert content(tmp_path) == {"a": "old", "file": ""}


def test_one_file_whatever_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    replace_file(str(path), "one")
    path.chmod(0o640)
    replace_file(str(path), "two")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("two", 0o640)
    (tmp_path / "folder").mkdir()
    with pytest.raises(WriteError, match="could not write"):
        replace_file(str(tmp_path / "folder"), "x")
    assert content(tmp_path) == {"a": "two"}


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        replace_file(str(pipe), "one")
        assert read.result(10) == "one"
    assert pipe.is_fifo(), "/dev/null, for root, is just as easily replaced by a file"


def test_an_open_file_of_this_process_is_written_to(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        replace_file(f"/dev/fd/{file.fileno()}", "one")
    assert (tmp_path / "file").read_text() == "one"
