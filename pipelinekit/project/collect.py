"""Which `dvc.yaml` and `.dvc` files DVC collects: those git does not ignore and `.dvcignore` does not hide."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.project.disk import Disk
from pipelinekit.project.git import Git
from pipelinekit.project.ignore import DVCIGNORE, DvcIgnore
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors, folder_of

DVC_YAML = "dvc.yaml"
DVC_FOLDER = ".dvc"


class Collected(NamedTuple):
    """The files of a project that DVC reads, top down, and what decided which."""

    files: list[str]
    dvcignore: DvcIgnore
    #: files that lie here and that DVC passes over, because git ignores them
    skipped_by_git: frozenset[str]
    #: locks, there or not, that git ignores: DVC refuses their pipelines
    locks_ignored_by_git: frozenset[str] = frozenset()


def collect(disk: Disk, git: Git | None, also: Iterable[str] = ()) -> Collected:
    """Look for the files; `also` are some that are not on disk yet."""
    found = {*(listed(git) if git is not None else walked(disk.root)), *filter(is_candidate, also)}
    present = [path for path in found if disk.kind(path) == "file"]
    dvcignore = DvcIgnore(disk, [path for path in present if path.endswith(DVCIGNORE)])
    candidates = [path for path in present if not path.endswith(DVCIGNORE) and _is_seen(path, disk, dvcignore)]
    skipped: set[str] = set()
    locks = [f"{path.removesuffix(DVC_YAML)}{LOCK}" for path in candidates if path.rpartition("/")[2] == DVC_YAML]
    if git is not None:
        # git lists no file that it ignores: the one at the root is asked for, because DVC acts as if it were not there
        hidden = [DVC_YAML] if DVC_YAML not in candidates and disk.kind(DVC_YAML) == "file" else []
        skipped = git.ignored([*candidates, *hidden, *locks])
    return Collected(
        sorted((path for path in candidates if path not in skipped), key=_top_down),
        dvcignore,
        frozenset(skipped.difference(locks)),
        frozenset(skipped.intersection(locks)),
    )


def is_candidate(path: str) -> bool:
    """Whether a file has a name that matters here."""
    name = path.rpartition("/")[2]
    return name in (DVC_YAML, DVCIGNORE) or name.endswith(".dvc")


def listed(git: Git) -> list[str]:
    """The candidates among the files that git knows of."""
    return [path for paths in (git.tracked, git.untracked) for path in paths if is_candidate(path)]


def walked(root: str, depth: int | None = None) -> list[str]:
    """The same without git: every folder but the hidden ones of git and DVC, `depth` levels down."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", ".hg", DVC_FOLDER)]
        inner = os.path.relpath(folder, root).replace(os.sep, "/")
        if depth is not None and inner != "." and inner.count("/") + 1 >= depth:
            folders.clear()
        prefix = "" if inner == "." else inner + "/"
        found.extend(prefix + name for name in files if is_candidate(name))
    return found


def _is_seen(path: str, disk: Disk, dvcignore: DvcIgnore) -> bool:
    """Not hidden from DVC, and not in a project of its own further down."""
    if dvcignore.hides(path):
        return False
    return not any(disk.kind(f"{folder}/{DVC_FOLDER}") == "folder" for folder in ancestors(path))


def _top_down(path: str) -> tuple[list[str], str]:
    folder = folder_of(path)
    return ([] if folder == "." else folder.split("/"), path)
