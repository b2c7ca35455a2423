"""A project as it was at a git revision, read from git's objects: nothing is checked out, nothing is run."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.project.disk import Disk, Kind, UnreadableError, decode
from pipelinekit.project.git import Git, ask_git, read_git, repository_root
from pipelinekit.project.objects import Objects
from pipelinekit.project.paths import is_outside
from pipelinekit.project.project import NoProjectError

#: as many symbolic links as may lead from one to the next
_MAX_LINKS = 8
_LINK, _SUBMODULE = "120000", "160000"


class RevisionError(NoProjectError):
    """A revision that git does not know, or no git to ask."""


class _Entry(NamedTuple):
    mode: str
    object_id: str


class Revision:
    """The files of a repository at a revision; paths are relative to its root."""

    def __init__(self, top: str, commit: str, entries: dict[str, _Entry], now: Git) -> None:
        """`now` is what git knows of the repository today."""
        self.top = top
        self.commit = commit
        self.entries = entries
        self.untracked_now = now.untracked
        self.folders: dict[str, set[str]] = _children(entries)
        #: what git tracks or could track today: if the revision has not got it, it did not exist
        self._now = now.tracked | now.untracked
        self._folders_now = _children(self._now)
        self._objects = Objects(top)

    def files_below(self, folder: str) -> list[str]:
        """The files in a folder (absolute), relative to it."""
        prefix = _inner(self.top, folder)
        if prefix == ".":
            return list(self.entries)
        return [path[len(prefix) + 1 :] for path in self.entries if path.startswith(prefix + "/")]

    def has(self, path: str) -> bool:
        return path in self.entries or path in self.folders

    def is_new(self, path: str) -> bool:
        """Whether git knows of a file or folder today that the revision has not."""
        return not self.has(path) and (path in self._now or path in self._folders_now)

    def followed(self, path: str) -> str:
        """Where the symbolic links of a path lead."""
        for _ in range(_MAX_LINKS):
            linked = next((part for part in _beginnings(path) if self._mode(part) == _LINK), None)
            if linked is None:
                break
            target = self.content(linked).decode("utf-8", "surrogateescape")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(linked), target + path[len(linked) :]))
        return path

    def _mode(self, path: str) -> str:
        entry = self.entries.get(path)
        return entry.mode if entry is not None else ""

    def kind(self, path: str) -> Kind | None:
        if path in self.folders or self._mode(path) == _SUBMODULE:
            return "folder"
        return "file" if self._mode(path) not in ("", _LINK) else None  # a link that is left leads to itself

    def content(self, path: str) -> bytes:
        """The bytes of a file. Raises UnreadableError."""
        try:
            data = self._objects.content(self.entries[path].object_id)
        except OSError as error:
            raise UnreadableError(error.strerror or str(error)) from None
        if data is None:
            raise UnreadableError("git has not got its content")
        return data

    def close(self) -> None:
        """Let git go."""
        self._objects.close()


class RevisionDisk(Disk):
    """Files as a revision has them; what git ignores, such as data, is taken from the disk as it is."""

    is_live = False

    def __init__(self, root: str, revision: Revision) -> None:
        super().__init__(root)
        self.revision = revision
        self._prefix = _inner(revision.top, root)

    def _in_repository(self, path: str) -> str:
        if os.path.isabs(path):
            return _inner(self.revision.top, path)
        return posixpath.normpath(posixpath.join(self._prefix, path))

    def kind(self, path: str) -> Kind | None:
        if path not in self._kinds:
            inner = self._in_repository(path)
            followed = self.revision.followed(inner)
            if inner == ".":
                return "folder"
            if self.revision.has(followed):
                self._kinds[path] = self.revision.kind(followed)
            elif is_outside(followed):
                self._kinds[path] = super().kind(path)
            elif self.revision.is_new(followed):
                self._kinds[path] = None
        return super().kind(path)

    def read(self, path: str) -> str:
        if path not in self._texts:
            inner = self._in_repository(path)
            followed = self.revision.followed(inner)
            if self.revision.kind(followed) == "file":
                self._texts[path] = decode(self.revision.content(followed))
            elif self.revision.kind(followed) == "folder":
                raise UnreadableError("it is a folder")
            elif self.revision.is_new(followed):
                raise FileNotFoundError(path)
        return super().read(path)

    def read_bytes(self, path: str, limit: int) -> bytes | None:
        followed = self.revision.followed(self._in_repository(path))
        kind = self.revision.kind(followed)
        if kind == "file":
            data = self.revision.content(followed)
            return data if len(data) <= limit else None
        if kind is None and self.revision.is_new(followed):
            raise FileNotFoundError(path)
        return super().read_bytes(path, limit)

    def close(self) -> None:
        self.revision.close()

    def names(self, folder: str) -> list[str]:
        inner = self.revision.followed(self._in_repository(folder))
        here = [name for name in super().names(folder) if not self.revision.is_new(_below(inner, name))]
        gone = {name for name in here if self.kind(f"{folder}/{name}") is None}
        return sorted({*here, *self.revision.folders.get(inner, ())} - gone)


def sides(root: str, since: str) -> tuple[str, str | None]:
    """The revisions to compare, the earlier one first; None for the files as they are here.

    `A` compares with the files here, `A..B` with the revision B, `A...B` B with where it left A; as in git an empty
    side is HEAD. Raises RevisionError.
    """
    earlier, dots, later = since.partition("...") if "..." in since else since.partition("..")
    if not dots:
        return since, None
    earlier, later = earlier or "HEAD", later or "HEAD"
    if dots == "..":
        return earlier, later
    base = ask_git(root, ["merge-base", "--end-of-options", earlier, later])
    if base is None:
        raise RevisionError(f"git knows no commit that {earlier} and {later} have in common")
    return base.strip(), later


def left_at(root: str, branch: str) -> str:
    """The commit at which HEAD left a branch; the branch itself where they have none in common, as in a shallow clone.

    Raises RevisionError.
    """
    if repository_root(root) is None:
        raise RevisionError(f"{root} is in no git repository")
    base = ask_git(root, ["merge-base", "--end-of-options", branch, "HEAD"])
    return branch if base is None else base.strip()


class WatchedDisk(RevisionDisk):
    """One that notes what it was asked, to know of which other revisions it would have said the same."""

    def __init__(self, root: str, revision: Revision) -> None:
        super().__init__(root, revision)
        self._asked: set[str] = set()

    def kind(self, path: str) -> Kind | None:
        self._asked.add(path)
        return super().kind(path)

    def read(self, path: str) -> str:
        self._asked.add(path)
        return super().read(path)

    def read_bytes(self, path: str, limit: int) -> bytes | None:
        self._asked.add(path)
        return super().read_bytes(path, limit)

    def names(self, folder: str) -> list[str]:
        self._asked.add(folder)
        return super().names(folder)

    def answers(self, paths: Iterable[str]) -> dict[str, object]:
        """What the revision has at some paths: the id of a file's content, the names in a folder."""
        return {path: self._answer(path) for path in paths}

    def seen(self) -> dict[str, object]:
        """What the revision has at every path that was asked for so far."""
        return self.answers(self._asked)

    def _answer(self, path: str) -> object:
        inner = self.revision.followed(self._in_repository(path))
        entry = self.revision.entries.get(inner)
        if entry is not None:
            return entry
        return frozenset(self.revision.folders.get(inner, ())) or self.revision.is_new(inner)


def read_revision(root: str, name: str, now: Git | None = None) -> Revision:
    """The files of the repository that holds `root`; `now` is what git knows of it. Raises RevisionError."""
    top = repository_root(root)
    if top is None:
        raise RevisionError(f"{root} is in no git repository")
    commit = ask_git(top, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"])
    if commit is None:
        is_shallow = ask_git(top, ["rev-parse", "--is-shallow-repository"]) == "true\n"
        hint = ": the clone is shallow, and 'git fetch --unshallow' gets the rest" if is_shallow else ""
        raise RevisionError(f"git knows no revision {name}{hint}")
    listed = ask_git(top, ["ls-tree", "-r", "-z", "--full-tree", commit.strip()])
    now = now if now is not None else read_git(top)
    if listed is None or now is None:
        raise RevisionError(f"git can't list the files of {name}")
    entries: dict[str, _Entry] = {}
    for line in filter(None, listed.split("\0")):
        about, _, path = line.partition("\t")
        mode, _, object_id = about.split(" ")
        entries[path] = _Entry(mode, object_id)
    return Revision(top, commit.strip(), entries, now)


def _inner(top: str, path: str) -> str:
    return posixpath.normpath(os.path.relpath(path, top).replace(os.sep, "/"))


def _below(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _beginnings(path: str) -> list[str]:
    """`a`, `a/b`, `a/b/c`."""
    parts = path.split("/")
    return ["/".join(parts[: length + 1]) for length in range(len(parts))]


def _children(paths: dict[str, _Entry] | frozenset[str]) -> dict[str, set[str]]:
    """The names in each folder."""
    folders: dict[str, set[str]] = {}
    for path in paths:
        child = path
        while True:
            folder, _, name = child.rpartition("/")
            names = folders.setdefault(folder or ".", set())
            if name in names:
                break
            names.add(name)
            if not folder:
                break
            child = folder
    return folders
