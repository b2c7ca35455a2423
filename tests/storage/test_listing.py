"""What a folder holds that is a cache or a remote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelinekit.storage.listing import Key, Listing, Listings, have_nothing_in_common, list_folder

NEW, OLD = Key("ab" + "1" * 30), Key("ab" + "1" * 30, legacy=True)
FOLDER = Key("cd" + "2" * 30 + ".dir")


def test_what_is_an_object_and_what_is_not(tmp_path: Path) -> None:
    for name, text in (
        (NEW.path, "new"),
        (OLD.path, "older"),
        (FOLDER.path, json.dumps([{"md5": "x", "relpath": "a"}])),
        ("runs/ab/cd/ef", "run"),
        ("files/md5/ab/short", "no"),
        ("tmp/x", "no"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "files/md5/loop").symlink_to(tmp_path)
    (tmp_path / "files/md5/nowhere").symlink_to(tmp_path / "gone")
    found = list_folder(str(tmp_path))
    assert found is not None
    assert found.sizes == {NEW: 3, OLD: 5, FOLDER: 30}
    assert (found.run_cache, found.foreign, found.total) == (3, 2, 38)
    assert found.files_of(FOLDER) == {"a": "x"}
    assert found.files_of(Key("ef" + "0" * 30 + ".dir")) is None


def test_no_folder(tmp_path: Path) -> None:
    assert list_folder(str(tmp_path / "gone")) is None
    (tmp_path / "file").write_text("")
    assert list_folder(str(tmp_path / "file")) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[{}]", b"\xff", b"[" * 100_000])
def test_lists_that_are_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / FOLDER.path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = list_folder(str(tmp_path))
    assert found is not None
    assert found.files_of(FOLDER) is None


def test_one_listing_after_the_other() -> None:
    cache, remote = Listing(), Listing()
    cache.add(NEW.path, 3)
    remote.add(NEW.path, 4)
    remote.add(FOLDER.path, 9)
    remote.add_list(FOLDER, b'[{"md5": "x", "relpath": "a"}]')
    both = Listings(cache, None, remote)
    assert (both.size_of(NEW), both.size_of(FOLDER), both.size_of(OLD)) == (3, 9, None)
    assert both.files_of(FOLDER) == {"a": "x"}


def test_versions_that_have_nothing_in_common() -> None:
    assert have_nothing_in_common([{"a": "1"}, {"a": "2"}, {"a": "1"}])
    assert not have_nothing_in_common([{"a": "1"}, {"b": "1"}])
