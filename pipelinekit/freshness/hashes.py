"""MD5s of files and folders of any size, as DVC computes them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

from pipelinekit.freshness.contents import folder_md5
from pipelinekit.freshness.remembered import MIN_BYTES, Identity, Remembered, now
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.ignore import DVCIGNORE
from pipelinekit.project.paths import is_outside
from pipelinekit.project.project import Project

#: DVC 2 looked at a file in pieces of this size: a line end on the border of two was not changed.
_CHUNK = 1024 * 1024
#: Files from this size on are hashed side by side: below, starting threads takes longer than it saves.
_LARGE = 4 * 1024 * 1024
_WORKERS = 4
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


class Hashes:
    """The MD5s of a project's files, each computed once. `legacy` is what DVC 2 computed: text with `\\n`.

    Paths are relative to the project, or absolute. Everything raises UnreadableError.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._remembered = Remembered(project.root)
        self._files: dict[tuple[str, bool], str] = {}
        self._folders: dict[tuple[str, bool], dict[str, str]] = {}
        self._folder_md5s: dict[tuple[str, bool], str] = {}
        self._members: dict[str, list[str]] = {}

    def of(self, path: str, *, legacy: bool) -> str:
        """The MD5 of what is at a path; that of a folder ends in `.dir`."""
        if self._project.disk.kind(path) != "folder":
            return self.of_file(path, legacy=legacy)
        key = (path, legacy)
        if key not in self._folder_md5s:
            self._folder_md5s[key] = folder_md5(self.of_members(path, legacy=legacy))
        return self._folder_md5s[key]

    def of_members(self, folder: str, *, legacy: bool) -> dict[str, str]:
        """The MD5 of each file that DVC sees in a folder, by its path in it."""
        key = (folder, legacy)
        if key not in self._folders:
            members = self.members(folder)
            self.prepare([(path, legacy) for path in members])
            prefix = 0 if folder == "." else len(folder) + 1
            self._folders[key] = {path[prefix:]: self.of_file(path, legacy=legacy) for path in members}
        return self._folders[key]

    def members(self, folder: str) -> list[str]:
        """The files that DVC sees in a folder, at any depth: all but those that a `.dvcignore` names."""
        if folder not in self._members:
            self._members[folder] = list(_members(folder, self._project))
        return self._members[folder]

    def of_file(self, path: str, *, legacy: bool) -> str:
        key = (path, legacy)
        md5 = self._files.get(key)
        if md5 is None:
            md5 = self._files[key] = self._computed(path, legacy)
        return md5

    def prepare(self, wanted: Iterable[tuple[str, bool]]) -> None:
        """Hash the large ones of some files side by side, if there are several."""
        if not self._project.disk.is_live:
            return
        large = [key for key in dict.fromkeys(wanted) if key not in self._files and self._is_large(key[0])]
        if len(large) < 2:
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
            found = pool.map(self._computed_or_none, large)
            self._files.update({key: md5 for key, md5 in zip(large, found, strict=True) if md5 is not None})

    def is_pointer(self, path: str) -> bool:
        """Whether a file is what git has in place of one that Git LFS keeps and that was not fetched."""
        try:
            data = self._project.disk.read_bytes(path, 1024)
        except (UnreadableError, FileNotFoundError):
            return False
        return data is not None and data.startswith(b"version https://git-lfs.github.com/spec/")

    def keep(self) -> None:
        """Remember what was computed for the next run, where that can be."""
        if self._project.disk.is_live:
            self._remembered.keep()

    def _is_large(self, path: str) -> bool:
        try:
            return os.stat(self._project.disk.absolute(path)).st_size >= _LARGE
        except (OSError, ValueError):
            return False

    def _computed_or_none(self, key: tuple[str, bool]) -> str | None:
        try:
            return self._computed(*key)
        except UnreadableError:
            return None

    def _computed(self, path: str, legacy: bool) -> str:
        disk = self._project.disk
        if not disk.is_live:
            return _of_bytes(path, self._project, legacy)
        kind = "md5-dos2unix" if legacy else "md5"
        try:
            absolute = disk.absolute(path)
            before = os.stat(absolute)
            if not stat.S_ISREG(before.st_mode):
                raise UnreadableError("it is neither a file nor a folder")
            identity = Identity.of(before)
            is_large = identity.size >= MIN_BYTES
            md5 = self._remembered.find(path, kind, identity) if is_large else None
            if md5 is None:
                begun = now()
                with open(absolute, "rb", buffering=0) as file:
                    md5 = hashed(file, legacy=legacy)
                    after = os.fstat(file.fileno())
                if is_large and Identity.of(after) == identity:
                    self._remembered.add(path, kind, identity, md5, begun)
        except (OSError, ValueError) as error:
            raise UnreadableError(getattr(error, "strerror", None) or str(error)) from None
        return md5


def hashed(file: IO[bytes], *, legacy: bool) -> str:
    """The MD5 of what is left in a file, read piece by piece."""
    import hashlib  # only where something is compared: it loads OpenSSL

    digest: Any = hashlib.md5(usedforsecurity=False)
    while chunk := _read_chunk(file):
        digest.update(chunk.replace(b"\r\n", b"\n") if legacy and _is_text(chunk[:512]) else chunk)
    md5: str = digest.hexdigest()
    return md5


def _read_chunk(file: IO[bytes]) -> bytes:
    """As many bytes as there are up to the size of a piece: an unbuffered file may give fewer at a time."""
    chunk = file.read(_CHUNK)
    while chunk and len(chunk) < _CHUNK:
        more = file.read(_CHUNK - len(chunk))
        if not more:
            break
        chunk += more
    return chunk


def _is_text(block: bytes) -> bool:
    """Whether DVC 2 took a file for text, by how it begins."""
    return b"\0" not in block and len(block.translate(None, _TEXT)) <= 0.3 * len(block)


def _of_bytes(path: str, project: Project, legacy: bool) -> str:
    import io

    try:
        data = project.disk.read_bytes(path, sys.maxsize)
    except FileNotFoundError:
        raise UnreadableError("it is not there") from None
    return hashed(io.BytesIO(data or b""), legacy=legacy)


def _members(folder: str, project: Project) -> Iterator[str]:
    ignore = project.dvcignore
    is_outside_ = is_outside(folder)
    if folder != "." and not is_outside_ and ignore.hides(folder, is_folder=True):
        return
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        prefix = "" if current == "." else current + "/"
        for name, is_folder in _entries(current, project):
            path = prefix + name
            if not is_outside_ and ignore.hides_within(path, is_folder=is_folder):
                continue
            if not is_folder:
                if name == DVCIGNORE:
                    raise UnreadableError(f"DVC refuses a folder with a {DVCIGNORE} inside")
                yield path
            elif is_outside_ or not project.disk.exists(f"{path}/.dvc"):  # not in a project of its own
                waiting.append(path)


def _entries(folder: str, project: Project) -> Iterator[tuple[str, bool]]:
    """The names in a folder, and which are folders; links to folders are not followed, and are no files."""
    disk = project.disk
    if not disk.is_live:
        for name in disk.names(folder):
            yield name, disk.kind(f"{folder}/{name}") == "folder"
        return
    try:
        with os.scandir(disk.absolute(folder)) as entries:
            for entry in entries:
                if not entry.is_dir():
                    yield entry.name, False
                elif not entry.is_symlink():
                    yield entry.name, True
    except (OSError, ValueError) as error:
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from None
