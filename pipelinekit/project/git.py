"""What git knows of the project's files, asked of the `git` executable; nothing if there is no repository."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property

from pipelinekit.project.ignore import IgnoredBy

# Neither may run a program that a configuration names.
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false")


class Git:
    """The files of a folder: tracked ones, and others that are not ignored. Paths are relative to the folder."""

    def __init__(self, root: str, tracked: Iterable[str], untracked: Iterable[str]) -> None:
        self.root = root
        self.tracked = frozenset(tracked)
        self.untracked = frozenset(untracked)
        self._sorted: list[str] | None = None

    def tracked_below(self, folder: str) -> str | None:
        """The first file inside of a folder that git tracks."""
        prefix = folder + "/"
        index = bisect_left(self._in_order, prefix)
        if index < len(self._in_order) and self._in_order[index].startswith(prefix):
            return self._in_order[index]
        return None

    def files_below(self, folder: str) -> list[str]:
        """The files inside of a folder, at any depth, that git tracks; sorted."""
        if folder == ".":
            return self._in_order
        # "0" follows "/"
        return self._in_order[bisect_left(self._in_order, folder + "/") : bisect_left(self._in_order, folder + "0")]

    def ignored_by(self, path: str) -> IgnoredBy | None:
        """The line of a `.gitignore` that names a path; None if none does, or one outside of the folder."""
        output = ask_git(self.root, ["check-ignore", "--no-index", "-v", "-z", "--stdin"], path)
        file, line, pattern = ([*(output or "").split("\0"), "", "", ""])[:3]
        prefix = ask_git(self.root, ["rev-parse", "--show-prefix"])
        if not line.isdigit() or prefix is None or not file.endswith(".gitignore"):
            return None
        inner = posixpath.relpath(file, prefix.rstrip("\n") or ".")  # git names it from the top of the repository
        return None if os.path.isabs(file) or inner.startswith("../") else IgnoredBy(inner, int(line), pattern)

    def filter_of(self, path: str) -> str:
        """The filter that git runs a file through, by `.gitattributes`, when it takes it in; empty without one."""
        output = ask_git(self.root, ["check-attr", "-z", "filter", "--", path])
        value = [*(output or "").split("\0"), "", "", ""][2]
        return "" if value in ("unspecified", "unset") else value

    @cached_property
    def has_remote(self) -> bool:
        """Whether the repository has a remote: somebody else, or a server, has or will have a copy."""
        return bool(ask_git(self.root, ["config", "--get-regexp", r"^remote\..*\.url$"]))

    @cached_property
    def levels_up(self) -> str:
        """The way from the folder to the top of the repository: empty, `../`, `../../`."""
        way, folder = "", os.path.abspath(self.root)
        while not os.path.exists(os.path.join(folder, ".git")):
            if folder == os.path.dirname(folder):
                return ""  # the repository is elsewhere
            way, folder = way + "../", os.path.dirname(folder)
        return way

    def tracked_outside(self, paths: Sequence[str]) -> set[str]:
        """Those of some files outside of the folder (`../x`) that git tracks in the same repository."""
        if not paths:
            return set()
        output = ask_git(self.root, ["--literal-pathspecs", "ls-files", "-z", "-c", "--", *paths])
        return set(output.split("\0")) - {""} if output else set()

    @property
    def _in_order(self) -> list[str]:
        if self._sorted is None:
            self._sorted = sorted(self.tracked)
        return self._sorted

    def ignored(self, paths: Sequence[str]) -> set[str]:
        """Those of the paths that ignore files name, whether git tracks them or not: DVC skips these."""
        if not paths:
            return set()
        output = ask_git(self.root, ["check-ignore", "--no-index", "-z", "--stdin"], "\0".join(paths))
        return set(output.split("\0")) - {""} if output else set()


def read_git(root: str) -> Git | None:
    """Ask git for the files below `root`; None without git, or where `root` is in no work tree."""
    if not has_repository(root):
        return None
    output = ask_git(root, ["ls-files", "-z", "-t", "-c", "-o", "--exclude-standard"])
    if output is None:
        return None
    tracked: list[str] = []
    untracked: list[str] = []
    for entry in output.split("\0"):
        (untracked if entry.startswith("?") else tracked).append(entry[2:])
    return Git(root, filter(None, tracked), untracked)


def has_repository(folder: str) -> bool:
    """Whether a folder or one above has a `.git`: cheaper than asking git only to hear no."""
    return repository_root(folder) is not None or "GIT_DIR" in os.environ


def repository_root(folder: str) -> str | None:
    """The nearest folder, from an absolute one upward, that has a `.git`."""
    while True:
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def linked_repository(work_tree: str) -> str | None:
    """Where the repository lies that a folder is a further work tree of (`git worktree add`); None for others."""
    try:
        with open(os.path.join(work_tree, ".git"), encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(65536)
    except OSError:  # a folder, or nothing
        return None
    found = re.fullmatch(r"gitdir: (.+)[/\\]worktrees[/\\][^/\\]+\n?", text)
    return os.path.normpath(os.path.join(work_tree, found[1])) if found is not None else None


def ask_git(root: str, arguments: list[str], stdin: str | None = None) -> str | None:
    """What git prints; None without git, and where it ends with another status than 0."""
    try:
        result = subprocess.run(
            [*GIT, *arguments],
            cwd=root,
            input=stdin.encode("utf-8", "surrogateescape") if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
        )
    except (OSError, ValueError):
        return None
    return result.stdout.decode("utf-8", "surrogateescape") if result.returncode == 0 else None
