"""MD5s as DVC computes them, and what of them is remembered."""

from __future__ import annotations

import hashlib
import json
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from pipelinekit.freshness import hashes as module
from pipelinekit.freshness import remembered
from pipelinekit.freshness.hashes import Hashes
from pipelinekit.freshness.remembered import FILE, MIN_BYTES, Identity, Remembered
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from tests.small_projects import write

LARGE = b"x" * MIN_BYTES
LONG_AGO = time.time() - 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, {".dvc/.gitignore": "/config.local\n/tmp\n/cache\n", "data.bin": LARGE})


def settle(path: Path) -> None:
    """As if the file had been there for long: what changes its times can't be undone, so the clock goes on."""
    os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens an hour after the files were written."""
    monkeypatch.setattr(module, "now", lambda: time.time_ns() + 3_600_000_000_000)


def md5_of(folder: Path, name: str = "data.bin") -> str:
    found = Hashes(Project(str(folder)))
    md5 = found.of(name, legacy=False)
    found.keep()
    return md5


def kept(folder: Path) -> dict[str, list[object]]:
    files: dict[str, list[object]] = json.loads((folder / FILE).read_text())["files"]
    return files


def counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is hashed from now on."""
    calls: list[object] = []
    real = module.hashed

    def counting(file: object, *, legacy: bool) -> str:
        calls.append(file)
        return real(file, legacy=legacy)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "hashed", counting)
    return calls


def test_a_large_file_is_hashed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = md5_of(folder)
    assert first == hashlib.md5(LARGE).hexdigest()
    calls = counted(monkeypatch)
    assert md5_of(folder) == first
    assert calls == []


@pytest.mark.parametrize("change", ["content", "content of the same size and time", "another file in its place"])
def test_a_change_is_seen(change: str, folder: Path, tmp_path: Path) -> None:
    path = folder / "data.bin"
    settle(path)
    before = md5_of(folder)
    assert kept(folder)
    if change == "content":
        path.write_bytes(LARGE + b"y")
    elif change == "content of the same size and time":
        path.write_bytes(b"y" * MIN_BYTES)
        settle(path)
    else:
        (tmp_path / "new.bin").write_bytes(b"y" * MIN_BYTES)
        settle(tmp_path / "new.bin")
        (tmp_path / "new.bin").rename(path)
    after = md5_of(folder)
    assert after == hashlib.md5(path.read_bytes()).hexdigest() != before


def test_a_small_file_is_not_remembered(folder: Path) -> None:
    (folder / "data.bin").write_bytes(LARGE[1:])
    md5_of(folder)
    assert not (folder / FILE).exists()


def test_a_file_that_was_just_written_is_not_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be written again before the clock of the file system ticks."""
    monkeypatch.setattr(module, "now", time.time_ns)
    md5_of(folder)
    assert not (folder / FILE).exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.hashed

    def disturbed(file: object, *, legacy: bool) -> str:
        md5 = real(file, legacy=legacy)  # type: ignore[arg-type]
        (folder / "data.bin").write_bytes(b"y" * MIN_BYTES * 2)
        return md5

    monkeypatch.setattr(module, "hashed", disturbed)
    md5_of(folder)
    assert not (folder / FILE).exists()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 1}', '{"version": 1, "files": []}', '{"version": 2, "files": {}}', "[" * 100_000,
     '{"version": 1, "files": {"md5:data.bin": [1]}}', '{"version": 1, "files": {"md5:data.bin": 1}}'],
    ids=lambda text: text[:40] or "empty",
)  # fmt: skip
def test_what_is_broken_is_not_believed(text: str, folder: Path) -> None:
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text(text)
    assert md5_of(folder) == hashlib.md5(LARGE).hexdigest()
    assert list(kept(folder)) == ["md5:data.bin"]


def test_an_entry_with_something_else_than_a_hash_is_not_believed(folder: Path) -> None:
    identity = Identity.of((folder / "data.bin").stat())
    (folder / FILE).parent.mkdir(parents=True)
    (folder / FILE).write_text(json.dumps({"version": 1, "files": {"md5:data.bin": [*identity, None]}}))
    assert md5_of(folder) == hashlib.md5(LARGE).hexdigest()


def test_where_git_would_see_it_nothing_is_written(folder: Path) -> None:
    (folder / ".dvc/.gitignore").unlink()
    md5_of(folder)
    assert not (folder / ".dvc/tmp").exists()
    (folder / ".dvc/tmp").mkdir()
    md5_of(folder)
    assert kept(folder)


def test_where_it_can_not_be_written_hashing_goes_on(folder: Path) -> None:
    (folder / ".dvc/tmp").mkdir()
    (folder / ".dvc/tmp/pipelinekit").write_text("a file in its place")
    assert md5_of(folder) == hashlib.md5(LARGE).hexdigest()


def test_no_more_than_so_many_are_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MAX_FILES", 2)
    for number in range(4):
        (folder / f"{number}.bin").write_bytes(LARGE)
        md5_of(folder, f"{number}.bin")
    assert list(kept(folder)) == ["md5:2.bin", "md5:3.bin"]


def test_nothing_is_written_if_nothing_is_new(folder: Path) -> None:
    md5_of(folder)
    before = (folder / FILE).stat().st_mtime_ns
    md5_of(folder)
    assert (folder / FILE).stat().st_mtime_ns == before


def test_the_hash_of_dvc_2_is_another_one(folder: Path) -> None:
    (folder / "text").write_bytes(b"a\r\n" * MIN_BYTES)
    found = Hashes(Project(str(folder)))
    assert found.of("text", legacy=True) == hashlib.md5(b"a\n" * MIN_BYTES).hexdigest()
    assert found.of("text", legacy=False) == hashlib.md5(b"a\r\n" * MIN_BYTES).hexdigest()
    found.keep()
    assert len(kept(folder)) == 2
    again = Hashes(Project(str(folder)))
    assert again.of("text", legacy=True) != again.of("text", legacy=False)


@pytest.mark.parametrize(
    "data",
    [b"", b"a\r\n", b"\x00\r\n", b"\xff\xfe" * 200 + b"\r\n", b"a\r\n" * 500_000,
     b"x" * (2**20 - 1) + b"\r\n" + b"y\r\n", b"\x00" * 2**20 + b"text\r\n", "é\r\n".encode() * 100],
    ids=["empty", "text", "binary", "mostly binary", "long", "an end between pieces", "binary, then text", "accents"],
)  # fmt: skip
@pytest.mark.parametrize("legacy", [False, True])
def test_both_are_those_of_dvc(data: bytes, legacy: bool, folder: Path) -> None:
    from dvc_data.hashfile.hash import file_md5

    (folder / "x").write_bytes(data)
    ours = Hashes(Project(str(folder))).of("x", legacy=legacy)
    assert ours == file_md5(str(folder / "x"), name="md5-dos2unix" if legacy else "md5")


def test_large_files_are_hashed_side_by_side_and_give_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGE", 1000)
    for number in range(20):
        (folder / f"many/{number % 3}").mkdir(parents=True, exist_ok=True)
        (folder / f"many/{number % 3}/{number}").write_bytes(bytes([number]) * 3000)
    found = Hashes(Project(str(folder))).of_members("many", legacy=False)
    assert len(found) == 20
    assert found["0/3"] == hashlib.md5(b"\x03" * 3000).hexdigest()


def test_memory_does_not_grow_with_a_file(folder: Path) -> None:
    with (folder / "huge").open("wb") as file:
        file.truncate(200 * 2**20)
    tracemalloc.start()
    Hashes(Project(str(folder))).of("huge", legacy=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20


def test_a_broken_link_in_a_folder_can_not_be_read(folder: Path) -> None:
    (folder / "links").mkdir()
    (folder / "links/broken").symlink_to("nowhere")
    with pytest.raises(UnreadableError):
        Hashes(Project(str(folder))).of("links", legacy=False)


def test_a_folder_with_an_ignore_file_is_refused_as_dvc_does(folder: Path) -> None:
    write(folder, {"data/.dvcignore": "x\n", "data/y": ""})
    with pytest.raises(UnreadableError, match="DVC refuses"):
        Hashes(Project(str(folder))).of("data", legacy=False)


def test_a_file_whose_times_lie_ahead_is_not_settled() -> None:
    assert not Identity(1, 2_000_000_000_000, 0, 1).is_settled(1_000_000_000_000)
    assert Identity(1, 0, 0, 1).is_settled(1_000_000_000_000)


def test_what_is_remembered_of_other_files_stays(folder: Path) -> None:
    (folder / "other.bin").write_bytes(LARGE)
    md5_of(folder, "other.bin")
    md5_of(folder)
    assert set(kept(folder)) == {"md5:data.bin", "md5:other.bin"}
    assert Remembered(str(folder)).find("data.bin", "md5", Identity(0, 0, 0, 0)) is None
