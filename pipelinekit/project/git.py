"""What git knows of the project's files, asked of the `git` executable; nothing if there is no repository."""

from __future__ import annotations

import os
import subprocess
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

# Neither may run a program that a configuration names.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false")


class Git:
    """The files of a folder: tracked ones, and others that are not ignored. Paths are relative to the folder."""

    def __init__(self, root: str, tracked: Iterable[str], untracked: Iterable[str]) -> None:
        self.root = root
        self.tracked = frozenset(tracked)
        self.untracked = frozenset(untracked)
        self._sorted: list[str] | None = None

    def tracked_below(self, folder: str) -> str | None:
        """The first file inside of a folder that git tracks."""
        return next(self._below(folder), None)

    def files_below(self, folder: str) -> list[str]:
        """All files inside of a folder that git tracks."""
        return list(self._below(folder))

    def _below(self, folder: str) -> Iterator[str]:
        if self._sorted is None:
            self._sorted = sorted(self.tracked)
        prefix = folder + "/"
        for index in range(bisect_left(self._sorted, prefix), len(self._sorted)):
            if not self._sorted[index].startswith(prefix):
                return
            yield self._sorted[index]

    def ignored(self, paths: Sequence[str]) -> set[str]:
        """Those of the paths that ignore files name, whether git tracks them or not: DVC skips these."""
        if not paths:
            return set()
        output = _run(self.root, ["check-ignore", "--no-index", "-z", "--stdin"], "\0".join(paths))
        return set(output.split("\0")) - {""} if output else set()


def read_git(root: str) -> Git | None:
    """Ask git for the files below `root`; None without git, or where `root` is in no work tree."""
    if not has_repository(root):
        return None
    output = _run(root, ["ls-files", "-z", "-t", "-c", "-o", "--exclude-standard"])
    if output is None:
        return None
    tracked: list[str] = []
    untracked: list[str] = []
    for entry in output.split("\0"):
        (untracked if entry.startswith("?") else tracked).append(entry[2:])
    return Git(root, filter(None, tracked), untracked)


def has_repository(folder: str) -> bool:
    """Whether a folder or one above has a `.git`: cheaper than asking git only to hear no."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return True
        parent = os.path.dirname(folder)
        if parent == folder:
            return "GIT_DIR" in os.environ
        folder = parent


def _run(root: str, arguments: list[str], stdin: str | None = None) -> str | None:
    try:
        result = subprocess.run(
            [*_GIT, *arguments],
            cwd=root,
            input=stdin.encode("utf-8", "surrogateescape") if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
        )
    except (OSError, ValueError):
        return None
    if result.returncode not in (0, 1):
        return None
    return result.stdout.decode("utf-8", "surrogateescape")
