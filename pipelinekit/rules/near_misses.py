"""Dependencies that are not there, and the files that were probably meant by them.

A misspelt dependency is one mistake: the rule that finds it missing says so, and those that would miss the right
one ask here first.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.paths import ancestors, folder_of, is_outside
from pipelinekit.project.project import Project
from pipelinekit.project.repository import is_in_repository, outer_folders
from pipelinekit.resolve.expression import unclosed
from pipelinekit.resolve.stage import Dep, Stage

#: Missing dependencies for which something like them is looked for: with more, spelling is not what is wrong.
_MOST = 100


def is_missing(dep: Dep, graph: Graph) -> bool:
    """Whether a dependency is neither there, nor made by a stage, as far as can be known."""
    if not dep.is_local or dep.path in graph.outs or graph.index.project.disk.exists(dep.path):
        return False
    if graph.made_by(dep.path) or not graph.index.outs_are_known or unclosed(dep.text) is not None:
        return False
    return not (is_outside(dep.path) and _may_be_elsewhere(dep.path, graph.index.project))


def is_meant(path: str, stage: Stage, graph: Graph) -> bool:
    """Whether a path is what a stage lists under a name that is nearly right."""
    return any(graph.derived(near_misses).get(dep.path) == path for dep in stage.deps)


def near_misses(graph: Graph) -> dict[str, str]:
    """For each dependency that is missing the file or output that it nearly names; for `Graph.derived`."""
    names: dict[str, set[str]] = defaultdict(set)
    for path in graph.outs:
        names[folder_of(path)].add(posixpath.basename(path))
    found: dict[str, str] = {}
    looked = 0
    for stage in graph.index.stages:
        for dep in stage.deps:
            if dep.path not in found and looked < _MOST and is_missing(dep, graph):
                looked += 1
                near = _near(dep.path, names, graph.index.project)
                if near is not None:
                    found[dep.path] = near
    return found


def tracking(path: str) -> list[str]:
    """The `.dvc` files that would track a path, or a folder that holds it, if DVC named them."""
    return [f"{tracked}.dvc" for tracked in (path, *ancestors(path))]


def _near(path: str, outs: dict[str, set[str]], project: Project) -> str | None:
    """Another name of the same kind in the folder, or the same name in a folder whose own name is nearly the same."""
    folder, name = folder_of(path), posixpath.basename(path)
    near = _like(name, {*project.disk.names(folder), *outs.get(folder, ())})
    if near is not None:
        return posixpath.normpath(posixpath.join(folder, near))
    if folder == ".":
        return None
    above = folder_of(folder)
    other = _like(posixpath.basename(folder), project.disk.names(above))
    inside = posixpath.normpath(posixpath.join(above, other or ".", name))
    return inside if project.disk.exists(inside) else None


def _like(name: str, names: set[str] | list[str]) -> str | None:
    stem, suffix = posixpath.splitext(name)
    near = closest(stem, [posixpath.splitext(other)[0] for other in names if posixpath.splitext(other)[1] == suffix])
    return None if near is None else near + suffix


def _may_be_elsewhere(path: str, project: Project) -> bool:
    """Whether a path outside of the project may be there on another machine, or once another project has run."""
    if not is_in_repository(path, project.root):
        return True
    others = [f"{folder}/.dvc" for folder in (*ancestors(path), *outer_folders(project.root))]
    return any(project.disk.exists(place) for place in (*others, *tracking(path)))
