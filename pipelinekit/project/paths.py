"""Paths inside of a project: relative to its root, normalised, with `/`; `../x` and URLs where they lead out."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(text: str) -> bool:
    """Whether DVC reads a path as an address: `s3://…`, `remote://…`, `ds://…`."""
    return "://" in text and _SCHEME.match(text) is not None


def join(folder: str, text: str, root: str) -> str:
    """A path as somebody wrote it in `folder` (relative to the project), as a path of the project.

    An absolute path below `root` becomes relative to it; one outside leads out with `../`. URLs stay.
    """
    if "://" in text and is_url(text):
        return text
    if text.startswith("/") or (os.sep != "/" and os.path.isabs(text)):
        return posixpath.normpath(os.path.relpath(text, root).replace(os.sep, "/"))
    if _is_unusual(text):
        return posixpath.normpath(posixpath.join(folder, text))
    return text if folder == "." else posixpath.normpath(f"{folder}/{text}")


def _is_unusual(text: str) -> bool:
    """Whether normalising may change a path: cheaper to ask than to do, for paths by the ten thousand."""
    return "/." in text or "//" in text or "\\" in text or text[:1] == "." or text[-1:] in ("/", "")


def is_pipeline_file(text: str) -> bool:
    """Whether DVC takes a path for one of its own files, which can be neither a dependency nor an output."""
    name = text.rpartition("/")[2]
    return name == "dvc.yaml" or name.endswith(".dvc")


def is_outside(path: str) -> bool:
    """Whether a path of the project leads out of it."""
    return path == ".." or path.startswith("../")


def is_above(path: str) -> bool:
    """Whether a path of the project is a folder that holds it: `..`, `../..`."""
    return path[-2:] == ".." and path.replace("../", "") == ".."


def lies_below(path: str, above: str) -> bool:
    """Whether a local path lies inside of a folder that holds the project."""
    steps = path.split("/").count("..")
    up = above.count("..")
    return steps < up or (steps == up and path != above)


def folder_of(path: str) -> str:
    """The folder of a file: `.` for the root."""
    return posixpath.dirname(path) or "."


def ancestors(path: str) -> list[str]:
    """The folders that hold a path, nearest first, `.` excluded: `a/b/c` → `a/b`, `a`."""
    found = []
    slash = path.rfind("/")
    while slash > 0:
        path = path[:slash]
        found.append(path)
        slash = path.rfind("/")
    return found


def is_covered(path: str, listed: Iterable[str]) -> bool:
    """Whether a path is listed, itself or a folder that holds it."""
    known = listed if isinstance(listed, (set, frozenset)) else set(listed)
    if path in known or any(folder in known for folder in ancestors(path)):
        return True
    return "." in known and not is_outside(path)


def relative(path: str, folder: str) -> str:
    """A path of the project as it is written from `folder`: the inverse of `join`."""
    if is_url(path) or folder == ".":
        return path
    return posixpath.relpath(path, folder)
