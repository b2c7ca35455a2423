"""The files that somebody names: as paths of the project, and what to say of those that nothing uses."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.uses import uses
from pipelinekit.model.suggest import closest
from pipelinekit.project.git import ask_git, repository_root
from pipelinekit.scripts.imports import all_imports
from pipelinekit.scripts.programs import all_scripts

#: Paths that are spoken of one by one.
_SHOWN = 5
#: Names that are compared with a misspelt one.
_MOST = 2000


class UnknownPathError(Exception):
    """A path that is not there, that git does not know, and that no stage uses."""


def named_paths(root: str, folder: str, texts: Iterable[str]) -> list[str]:
    """Paths as somebody in a folder names them, relative to the project."""
    return [_inner(root, os.path.join(folder, text)) for text in texts]


def listed_paths(graph: Graph, folder: str, data: bytes) -> list[str]:
    """The paths in a list of lines, or of names that end in NUL, from the current folder.

    `git diff --name-only` names them from the top of the repository: so are those that are nowhere from here.
    """
    root = graph.index.project.root
    separator = b"\0" if b"\0" in data else b"\n"
    texts = [os.fsdecode(name.rstrip(b"\r") if separator == b"\n" else name) for name in data.split(separator)]
    top = repository_root(root)
    found: list[str] = []
    for text in texts:
        if not text:
            continue
        from_here = _inner(root, os.path.join(folder, text))
        from_top = _inner(root, os.path.join(top, text)) if top is not None else from_here
        disk = graph.index.project.disk
        is_here = from_here == from_top or disk.exists(from_here) or _is_used(graph, from_here)
        found.append(from_here if is_here else from_top)
    return found


def _inner(root: str, path: str) -> str:
    path = os.path.normpath(path)
    inner = os.path.relpath(path, root)
    if inner.startswith(".."):  # by way of a link to the project
        real = os.path.relpath(
            os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), _real(root)
        )
        inner = real if not real.startswith("..") else inner
    return posixpath.normpath(inner.replace(os.sep, "/"))


def _real(root: str) -> str:
    return os.path.realpath(root)


def _is_used(graph: Graph, path: str) -> bool:
    return next(graph.derived(uses).of(path), None) is not None or bool(graph.made_by(path))


def check_unused(graph: Graph, unused: Iterable[str], *, may_be_gone: bool = False) -> list[str]:
    """A sentence for each path that nothing uses, with the one that was probably meant.

    Raises UnknownPathError for one that does not exist either, unless a list may name files that are gone.
    """
    sentences: list[str] = []
    unused = list(unused)
    for path in unused[:_SHOWN]:
        near = closest(path, _near_names(graph, path))
        hint = f" Did you mean '{near}'?" if near is not None else ""
        if not may_be_gone and not _is_known(graph, path):
            raise UnknownPathError(f"there is no {path}, and no stage uses it.{hint}")
        sentences.append(f"no stage uses {path}.{hint}")
    if len(unused) > _SHOWN:
        sentences.append(f"no stage uses {len(unused) - _SHOWN} more of the files")
    return sentences


def _is_known(graph: Graph, path: str) -> bool:
    """Whether a path is there, or was in the last commit."""
    project = graph.index.project
    if project.disk.exists(path) or os.path.lexists(project.disk.absolute(path)):
        return True
    git = project.git
    if git is None:
        return False
    if path in git.tracked or git.tracked_below(path) is not None:
        return True
    return bool(ask_git(project.root, ["ls-tree", "-z", "--name-only", "HEAD", "--", path]))


def _near_names(graph: Graph, path: str) -> list[str]:
    """Paths that stages use, those with the same name or in the same folder first."""
    names = {
        *graph.derived(uses).paths,
        *graph.outs,
        *(param.file for stage in graph.index.stages for param in stage.params),
    }
    for stage, scripts in graph.derived(all_scripts).items():
        names.update(script.path for script in scripts)
        for imports in graph.derived(all_imports).get(stage, ()):
            names.update(imports.files)
    folder, name = posixpath.split(path)
    disk = graph.index.project.disk
    known = [other for other in names if disk.exists(other) or other in graph.outs]
    known.sort(key=lambda other: (posixpath.basename(other) != name, posixpath.dirname(other) != folder, other))
    return known[:_MOST]
