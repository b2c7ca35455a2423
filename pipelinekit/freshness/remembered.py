"""Hashes of large files, remembered between runs in `.dvc/tmp`, which git ignores.

A hash is good for as long as a file has the inode, the times and the size that it had. A file that was written a
moment ago may be written again within the same tick of the clock: it is not remembered yet. Nothing depends on what
is remembered: where it can't be read or written, files are hashed again.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import NamedTuple

from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.writing import WriteError, replace_file

#: Where, relative to the project.
FILE = f"{DVC_FOLDER}/tmp/pipelinekit/hashes.json"
#: Bytes from which on a file is worth it. Measured: below, hashing takes no longer (30 µs) than ten times what
#: looking it up does, and there are many more of such files.
MIN_BYTES = 16 * 1024
#: Files that are remembered; those that were asked for last stay.
MAX_FILES = 200_000
#: The clocks of file systems are as coarse as two seconds.
_SETTLED_NS = 2_500_000_000
_VERSION = 1
#: as long as a line of `FILE` may be, times `MAX_FILES`
_MAX_BYTES = MAX_FILES * 1024


class Identity(NamedTuple):
    """What says that a file is as it was."""

    inode: int
    #: nanoseconds since 1970: when the content was written, and when anything about the file was changed
    mtime: int
    ctime: int
    #: bytes
    size: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        return cls(status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)

    def is_settled(self, now: int) -> bool:
        """Whether the file could not be written again without a change of its times."""
        return max(self.mtime, self.ctime) < now - _SETTLED_NS


class Remembered:
    """The hashes that earlier runs left for this project."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._old: dict[str, list[object]] | None = None
        self._used: dict[str, list[object]] = {}
        self._is_changed = False

    def find(self, path: str, kind: str, identity: Identity) -> str | None:
        """The MD5 of a file, of the given kind, if it is as it was when it was hashed."""
        entry = self._entries.get(f"{kind}:{path}")
        if entry is None or entry[:4] != list(identity) or len(entry) != 5 or not isinstance(entry[4], str):
            return None
        self._used[f"{kind}:{path}"] = entry
        return entry[4]

    def add(self, path: str, kind: str, identity: Identity, md5: str, hashed: int) -> None:
        """Remember a hash that was begun at a time, in nanoseconds since 1970, if it is safe and worth it."""
        if identity.size >= MIN_BYTES and identity.is_settled(hashed):
            self._used[f"{kind}:{path}"] = [*identity, md5]
            self._is_changed = True

    def keep(self) -> None:
        """Write what was added."""
        if not self._is_changed or not _may_write(self._root):
            return
        rest = {key: entry for key, entry in self._entries.items() if key not in self._used}
        kept = [*rest.items(), *self._used.items()][-MAX_FILES:]
        with contextlib.suppress(WriteError, ValueError):
            text = json.dumps({"version": _VERSION, "files": dict(kept)}, separators=(",", ":"))
            replace_file(os.path.join(self._root, FILE), text)
        self._is_changed = False

    @property
    def _entries(self) -> dict[str, list[object]]:
        if self._old is None:
            self._old = _read(os.path.join(self._root, FILE))
        return self._old


def now() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()


def _read(path: str) -> dict[str, list[object]]:
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict) or data.get("version") != _VERSION or not isinstance(data.get("files"), dict):
        return {}
    return {key: entry for key, entry in data["files"].items() if isinstance(entry, list)}


def _may_write(root: str) -> bool:
    """Whether git ignores `.dvc/tmp` here, as DVC sees to it."""
    folder = os.path.join(root, DVC_FOLDER)
    if os.path.isdir(os.path.join(folder, "tmp")):
        return True
    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8") as file:
            return any(line.strip().strip("/") == "tmp" for line in file)
    except (OSError, ValueError):
        return False
