"""The git repository around a project: a project may be one of several in it, next to code that they share."""

from __future__ import annotations

import os
import posixpath

from pipelinekit.project.paths import is_outside


def outer_folders(root: str) -> list[str]:
    """The folders of the repository that hold a project, nearest first: `..`, `../..`; none without git."""
    found: list[str] = []
    folder = os.path.abspath(root)
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return []
        folder = parent
        found.append("/".join([".."] * (len(found) + 1)))
    return found


def is_in_repository(path: str, root: str) -> bool:
    """Whether a path of the project lies in it, or leads out of it and stays in the repository."""
    if not is_outside(path):
        return True
    outer = outer_folders(root)
    steps = path.split("/").count("..")
    return bool(outer) and steps <= len(outer) and posixpath.normpath(path) != outer[-1]
