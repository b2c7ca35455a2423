"""The files of the project that a script brings in: what Python code imports, and what R code sources."""

from __future__ import annotations

from functools import partial

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.programs import all_scripts
from pipelinekit.scripts.python.imports import Import, Imports, python_imports
from pipelinekit.scripts.r_source import RUse, is_r, sources
from pipelinekit.scripts.script import Script
from pipelinekit.yaml.tree import Document, Place

__all__ = ["Import", "Imports", "all_imports"]


def all_imports(graph: Graph) -> dict[Stage, list[Imports]]:
    """The files that each stage's scripts bring in, to any depth; for `Graph.derived`."""
    found = dict(graph.derived(python_imports))
    for stage, scripts in graph.derived(all_scripts).items():
        for script in scripts:
            if is_r(script.path):
                found[stage] = [*found[stage], _of_r(script, graph.index.project)]
    return found


def _of_r(script: Script, project: Project) -> Imports:
    files = {
        path: Import(path, source, partial(_place, project, source, use))
        for path, (source, use) in sources(project, script.path, script.folder).items()
    }
    return Imports(script, files)


def _place(project: Project, path: str, use: RUse) -> Place:
    return Place(Document(project.disk.read(path), path), use.start, use.end)
