"""What a cache or a remote really holds: every object with its size, and what is in folders."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

#: A folder's list that is longer than this is not read.
MAX_BYTES = 256 * 1024 * 1024
_OBJECT = re.compile(r"(files/md5/)?([0-9a-f]{2})/([0-9a-f]{30}(?:\.dir)?)")
_RUN_CACHE = "runs/"


class Key(NamedTuple):
    """What an object is stored by. DVC 2 put its objects in another place: the same MD5 may lie in both."""

    md5: str
    legacy: bool = False

    @property
    def is_folder(self) -> bool:
        return self.md5.endswith(".dir")

    @property
    def path(self) -> str:
        """Where it lies in a cache or a remote."""
        return f"{'' if self.legacy else 'files/md5/'}{self.md5[:2]}/{self.md5[2:]}"


class Listing:
    """The objects of a cache or a remote."""

    def __init__(self, folder: str | None = None) -> None:
        """`folder` is where lists of folders can be read from."""
        self.sizes: dict[Key, int] = {}
        #: bytes of what `dvc repro` remembers of runs; never removed by `dvc gc`
        self.run_cache = 0
        #: files that are no objects of DVC's
        self.foreign = 0
        self._folder = folder
        self._lists: dict[Key, dict[str, str] | None] = {}

    @property
    def total(self) -> int:
        """Bytes of all objects."""
        return sum(self.sizes.values())

    def add(self, path: str, size: int) -> None:
        """A file, by its path in the cache or remote."""
        match = _OBJECT.fullmatch(path)
        if match is not None:
            self.sizes[Key(match[2] + match[3], match[1] is None)] = size
        elif path.startswith(_RUN_CACHE):
            self.run_cache += size
        else:
            self.foreign += 1

    def add_list(self, key: Key, content: bytes) -> None:
        """The list of a folder's files that was fetched from a remote."""
        self._lists[key] = _files(content)

    def files_of(self, key: Key) -> dict[str, str] | None:
        """MD5 by path of the files in a folder; None where nobody knows."""
        if key not in self._lists:
            self._lists[key] = self._read(key) if key in self.sizes else None
        return self._lists[key]

    def _read(self, key: Key) -> dict[str, str] | None:
        if self._folder is None or self.sizes[key] > MAX_BYTES:
            return None
        try:
            with open(os.path.join(self._folder, *key.path.split("/")), "rb") as file:
                return _files(file.read(MAX_BYTES))
        except OSError:
            return None


class Listings:
    """Several listings asked one after the other."""

    def __init__(self, *listings: Listing | None) -> None:
        self._listings = [listing for listing in listings if listing is not None]

    def size_of(self, key: Key) -> int | None:
        return next((listing.sizes[key] for listing in self._listings if key in listing.sizes), None)

    def files_of(self, key: Key) -> dict[str, str] | None:
        found = (listing.files_of(key) for listing in self._listings)
        return next((files for files in found if files is not None), None)


def list_folder(folder: str) -> Listing | None:
    """What a folder holds that is a cache or a remote; None where there is none. What can't be read is left out."""
    if not os.path.isdir(folder):
        return None
    listing = Listing(folder)
    for path, size in _walked(folder, ""):
        listing.add(path, size)
    return listing


def _walked(folder: str, prefix: str) -> Iterator[tuple[str, int]]:
    with suppress(OSError):
        for entry in os.scandir(folder):
            yield from _entry(entry, prefix)


def _entry(entry: os.DirEntry[str], prefix: str) -> Iterator[tuple[str, int]]:
    with suppress(OSError):
        if entry.is_dir(follow_symlinks=False):
            yield from _walked(entry.path, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield f"{prefix}{entry.name}", entry.stat().st_size


def _files(content: bytes) -> dict[str, str] | None:
    try:
        entries = json.loads(content)
        if not isinstance(entries, list):
            return None
        return {str(entry["relpath"]): str(entry["md5"]) for entry in entries}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def have_nothing_in_common(versions: Iterable[dict[str, str]]) -> bool:
    """Whether no file was the same in one version of a folder as in the one before."""
    return not any(set(one.values()) & set(other.values()) for one, other in pairwise(versions))
