"""Finds the files of this project that Python would run for `import a.b`, along a search path."""

from __future__ import annotations

import posixpath
import sys
from typing import NamedTuple

from pipelinekit.project.disk import Disk
from pipelinekit.project.paths import is_outside
from pipelinekit.project.repository import outer_folders

#: Modules that are loaded before any search, so that no file of a project can take their place.
_LOADED = frozenset(sys.builtin_module_names) | frozenset(
    {
        "os",
        "io",
        "abc",
        "site",
        "codecs",
        "encodings",
        "stat",
        "posixpath",
        "genericpath",
        "_collections_abc",
        "zipimport",
    }
)
_STANDARD = frozenset(sys.stdlib_module_names)


class SearchPath(NamedTuple):
    """Folders of the project (relative to it) that are searched before the standard library, and after it."""

    first: tuple[str, ...]
    last: tuple[str, ...] = ()

    def adding(self, folder: str, *, front: bool) -> SearchPath:
        """The same with one more folder: `sys.path.insert(0, folder)`, or `sys.path.append(folder)`."""
        if front:
            return self if folder in self.first else SearchPath((folder, *self.first), self.last)
        return self if folder in self.first + self.last else SearchPath(self.first, (folder, *self.last))


class Located(NamedTuple):
    """What an import of one dotted name runs: `files` in order, the packages' `__init__.py` first."""

    files: tuple[str, ...]
    #: the file of the module itself; None for a package without `__init__.py`
    module: str | None
    #: the folder of a package; None for a plain module
    folder: str | None
    #: whether the last part of the name was found
    is_found: bool


NOT_HERE = Located((), None, None, False)


class Finder:
    """Looks names up on the disk of a project; each once."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        #: how many folders up the repository goes that holds the project
        self._levels = len(outer_folders(disk.root))
        self._located: dict[tuple[str, SearchPath], Located] = {}

    def is_here(self, path: str) -> bool:
        """Whether a path lies in the project, or in the repository around it."""
        return not is_outside(path) or path.split("/").count("..") <= self._levels

    def locate(self, name: str, search: SearchPath) -> Located:
        """The module of a dotted name. Not of this project: `NOT_HERE`; only its packages are: `is_found` is False."""
        key = (name, search)
        located = self._located.get(key)
        if located is None:
            located = self._located[key] = self._locate(name, search)
        return located

    def _locate(self, name: str, search: SearchPath) -> Located:
        parent, _, last = name.rpartition(".")
        if parent:
            return self.inside(self.locate(parent, search), last)
        if not name.isidentifier() or name in _LOADED:
            return NOT_HERE
        namespace: Located | None = None
        folders = search.first if name in _STANDARD else search.first + search.last
        for folder in folders:
            found = self._in_folder(folder, name)
            if found is not None and found.module is not None:
                return found
            namespace = namespace or found
        return namespace or NOT_HERE

    def inside(self, package: Located, name: str) -> Located:
        """A module of a package."""
        if package.folder is None or not package.is_found:
            return Located(package.files, None, None, False)
        found = self._in_folder(package.folder, name)
        if found is None:
            return Located(package.files, None, None, False)
        return Located(package.files + found.files, found.module, found.folder, True)

    def package_of(self, path: str, level: int) -> Located:
        """The package that `from . import x` (level 1), `from .. import x` (2) in a file leads to."""
        folder = posixpath.dirname(path) or "."
        for _ in range(level - 1):
            folder = posixpath.normpath(posixpath.join(folder, ".."))
        if not self.is_here(folder):
            return NOT_HERE
        init = _inner(folder, "__init__.py")
        if self._disk.kind(init) == "file":
            return Located((init,), init, folder, True)
        return Located((), None, folder, True)

    def _in_folder(self, folder: str, name: str) -> Located | None:
        if not name.isidentifier() or not self.is_here(folder):
            return None
        inner = _inner(folder, name)
        kind = self._disk.kind(inner)
        if kind == "folder":
            init = f"{inner}/__init__.py"
            if self._disk.kind(init) == "file":
                return Located((init,), init, inner, True)
        file = f"{inner}.py"
        if self._disk.kind(file) == "file":
            return Located((file,), file, None, True)
        return Located((), None, inner, True) if kind == "folder" else None


def _inner(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"
