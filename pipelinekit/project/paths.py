"""Paths inside of a project: relative to its root, normalised, with `/`; `../x` and URLs where they lead out."""

from __future__ import annotations

import os
import posixpath
import re

_NEEDS_NORMALISING = re.compile(r"(?:\A|/)\.{0,2}(?:/|\Z)|\\")
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
    if _NEEDS_NORMALISING.search(text):
        return posixpath.normpath(posixpath.join(folder, text))
    return text if folder == "." else posixpath.normpath(f"{folder}/{text}")


def is_outside(path: str) -> bool:
    """Whether a path of the project leads out of it."""
    return path == ".." or path.startswith("../")


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


def relative(path: str, folder: str) -> str:
    """A path of the project as it is written from `folder`: the inverse of `join`."""
    if is_url(path) or folder == ".":
        return path
    return posixpath.relpath(path, folder)
