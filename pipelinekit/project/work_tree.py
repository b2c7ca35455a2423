"""Which files of the work tree are not as they are at a revision: asked of git, and no program of a filter is run."""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import Literal

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.git import ask_git
from pipelinekit.project.revision import Revision, RevisionError

FileChange = Literal["added", "removed", "changed"]
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_CHUNK = 1024 * 1024


def changed_files(root: str, revision: Revision) -> dict[str, FileChange]:
    """The files of the repository that differ, by their path from `root`; `../x` for those outside of it.

    A file that git does not track and does not ignore was added. Modes don't count, as they don't for DVC. Raises
    RevisionError.
    """
    options = ["-c", "core.fileMode=false", "-c", "diff.autoRefreshIndex=false", *_without_filters(revision.top)]
    comparison = ["--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative", "--ignore-submodules=dirty"]
    output = ask_git(
        revision.top,
        ["--no-optional-locks", *options, "diff", *comparison, "--name-status", "-z", revision.commit, "--"],
    )
    if output is None:
        raise RevisionError("git can't compare the work tree with it")
    found: dict[str, FileChange] = {}
    fields = output.split("\0")
    for status, path in zip(fields[::2], fields[1::2], strict=False):
        found[path] = "added" if status == "A" else "removed" if status == "D" else "changed"
    for path in revision.untracked_now:
        found[path] = "changed" if path in revision.entries else "added"
    same = _same([path for path, change in found.items() if change == "changed"], options, revision)
    kept = {path: change for path, change in found.items() if path not in same}
    prefix = os.path.relpath(root, revision.top).replace(os.sep, "/")
    if prefix == ".":
        return dict(sorted(kept.items()))
    return dict(sorted((posixpath.relpath(path, prefix), change) for path, change in kept.items()))


def _without_filters(top: str) -> list[str]:
    """Options that turn off the filters which a configuration names: they are programs."""
    output = ask_git(top, ["config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$"])
    names = {name.rpartition(".")[0] for name in (output or "").split("\0") if name}
    options: list[str] = []
    for name in sorted(names):
        for setting in ("clean=", "process=", "required=false"):
            options += ["-c", f"{name}.{setting}"]
    return options


def _same(paths: list[str], options: list[str], revision: Revision) -> set[str]:
    """Those of some files whose content is what git has: they only look changed, by their times."""
    files = [path for path in paths if "\n" not in path and _is_plain(os.path.join(revision.top, path))]
    files = [path for path in files if revision.kind(path) == "file"]
    if not files:
        return set()
    output = ask_git(revision.top, [*options, "hash-object", "--stdin-paths"], "".join(f"{path}\n" for path in files))
    ids = (output or "").split()
    if len(ids) != len(files):
        return set()
    return {
        path
        for path, object_id in zip(files, ids, strict=True)
        if object_id == revision.entries[path].object_id or _is_same_in_lfs(path, revision)
    }


def _is_plain(path: str) -> bool:
    return os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.R_OK)


def _is_same_in_lfs(path: str, revision: Revision) -> bool:
    """Whether git has the pointer to what lies here: without its filter git can't tell."""
    try:
        before = revision.content(path)
    except UnreadableError:
        return False
    if not before.startswith(_LFS_POINTER):
        return False
    digest = hashlib.sha256(usedforsecurity=False)
    try:
        with open(os.path.join(revision.top, path), "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return False
    return f"oid sha256:{digest.hexdigest()}\n".encode() in before
