"""The commits of a git history that touched what says which data there is: locks, `.dvc` files, `dvc.yaml`.

One `git log` lists them, with the blobs that each brought. Nothing is checked out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from pipelinekit.project.collect import DVC_FOLDER, DVC_YAML
from pipelinekit.project.git import ask_git
from pipelinekit.project.lock import LOCK

Reach = Literal["head", "branches", "tags", "all"]
#: What `git log` starts from; `all` is what `dvc gc --all-commits` keeps.
_STARTS: dict[Reach, tuple[str, ...]] = {
    "head": ("HEAD",),
    "branches": ("HEAD", "--branches"),
    "tags": ("HEAD", "--tags"),
    "all": ("HEAD", "--branches", "--remotes", "--tags"),
}
#: Every file of these names, at any depth of the project.
EVERYWHERE = (f":(glob)**/{LOCK}", ":(glob)**/*.dvc", f":(glob)**/{DVC_YAML}", f":(glob)**/{DVC_FOLDER}/config")
_PLAIN = re.compile(r"\n*:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]")
_COMBINED = re.compile(r"\n*:(:+)((?:\d+ )+)((?:[0-9a-f]+ )+)[A-Z]+")
_REGULAR = ("100644", "100755", "100664")


class FileChange(NamedTuple):
    """A file as a commit left it. `path` is relative to the project; without a blob it is gone, or no file any more."""

    path: str
    blob: str


class Commit(NamedTuple):
    """A commit, and what it did to the files that were asked for."""

    id: str
    #: seconds since 1970, when it was committed
    time: int
    author: str
    subject: str
    is_merge: bool
    changes: tuple[FileChange, ...]


def commits(
    root: str, reach: Reach = "head", paths: Sequence[str] = EVERYWHERE, max_commits: int | None = None
) -> list[Commit]:
    """The commits that touched files, oldest first; none without git, or where nothing was committed.

    No side of a merge is passed over. A merge itself has the files that are as in none of its parents: what it only
    brought together counts where it was committed first. `paths` are pathspecs, relative to `root`.
    """
    if not paths:
        return []
    limit = [f"--max-count={max_commits}"] if max_commits is not None else []
    # the order of git is that of the dates, as far as no commit comes before its parents
    listing = [
        "log",
        "--raw",
        "-c",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--relative",
        "--full-history",
        "--date-order",
    ]
    form = "--format=%x01%H %ct %P%x00%aN%x00%s"
    output = ask_git(root, [*listing, form, *limit, *_STARTS[reach], "--", *paths]) or ""
    return _read(output.split("\0"))[::-1]


def _read(fields: list[str]) -> list[Commit]:
    """Field after field, since names and subjects may hold anything but the NUL that ends them."""
    found: list[tuple[list[str], str, str, list[FileChange]]] = []
    place = 0
    while place + 1 < len(fields):
        field = fields[place]
        if field.startswith("\x01"):
            found.append((field[1:].split(), fields[place + 1].strip(), fields[place + 2].strip(), []))
            place += 3
        elif field.lstrip("\n").startswith(":"):
            change = _change(field, fields[place + 1])
            if change is not None:
                found[-1][3].append(change)
            place += 2
        else:
            place += 1  # a merge that brought nothing new
    return [
        Commit(about[0], int(about[1]), author, subject, len(about) > 3, tuple(changes))
        for about, author, subject, changes in found
    ]


def _change(description: str, path: str) -> FileChange | None:
    plain = _PLAIN.fullmatch(description)
    if plain is not None:
        mode, blob = plain[2], plain[4]
    else:
        combined = _COMBINED.fullmatch(description)
        if combined is None:
            return None
        mode, blob = combined[2].split()[-1], combined[3].split()[-1]
    return FileChange(path, blob if mode in _REGULAR else "")


def is_readable(root: str, reach: Reach = "head") -> bool:
    """Whether git can list the history: not without git, and not before the first commit."""
    return ask_git(root, ["rev-list", "--max-count=1", *_STARTS[reach], "--"]) is not None


def ends_of_shallow_clone(root: str) -> frozenset[str]:
    """The commits whose parents were not fetched: git shows all that they have as if they had added it."""
    path = (ask_git(root, ["rev-parse", "--git-path", "shallow"]) or "").rstrip("\n")
    try:
        with open(os.path.join(root, path), encoding="ascii") as file:
            return frozenset(file.read().split())
    except (OSError, ValueError):
        return frozenset()


def inner_projects(found: Iterable[Commit], present: Iterable[str]) -> frozenset[str]:
    """The folders that are, or ever were, DVC projects of their own: what lies in them is theirs.

    `present` are files that are here now.
    """
    config = f"/{DVC_FOLDER}/config"
    paths = {change.path for commit in found for change in commit.changes if change.path.endswith(config)}
    return frozenset(
        path.removesuffix(config) for path in (*paths, *(path for path in present if path.endswith(config)))
    )
