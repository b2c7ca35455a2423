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
    arguments = ["--no-optional-locks", "-c", "core.fileMode=false", *_without_filters(revision.top), "diff"]
    arguments += ["--no-ext-diff", "--no-textconv", "--no-renames", "--no-relative", "--ignore-submodules=dirty"]
    output = ask_git(revision.top, [*arguments, "--name-status", "-z", revision.commit, "--"])
    if output is None:
        raise RevisionError("git can't compare the work tree with it")
    found: dict[str, FileChange] = {}
    fields = output.split("\0")
    for status, path in zip(fields[::2], fields[1::2], strict=False):
        found[path] = "added" if status == "A" else "removed" if status == "D" else "changed"
    for path in revision.untracked_now:
        found[path] = "changed" if path in revision.entries else "added"
    kept = {path: change for path, change in found.items() if change != "changed" or not _is_same(path, revision)}
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


def _is_same(path: str, revision: Revision) -> bool:
    """Whether a file is what git has, though git, without its filters, can't tell."""
    if revision.kind(path) != "file":
        return False
    try:
        before = revision.content(path)
    except UnreadableError:
        return False
    now = os.path.join(revision.top, path)
    try:
        with open(now, "rb") as file:
            if not before.startswith(_LFS_POINTER):
                return os.path.getsize(now) == len(before) and file.read() == before
            start = file.read(_CHUNK)
            digest = hashlib.sha256(start, usedforsecurity=False)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return False
    return start == before or f"oid sha256:{digest.hexdigest()}\n".encode() in before
