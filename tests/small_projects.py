"""Small projects on disk, what is read of them, and how tests write down a place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.yaml.tree import Place


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A DVC project without git. The text of a file is written as it is, line endings included."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def index(folder: Path, files: Mapping[str, str | bytes] | str) -> Index:
    """The resolved project; a text alone is its `dvc.yaml`."""
    files = {"dvc.yaml": files} if isinstance(files, str) else files
    return Index(Project(str(write(folder, files))))


def graph(folder: Path, files: Mapping[str, str | bytes] | str) -> Graph:
    """The graph of such a project."""
    return Graph(index(folder, files))


def at(place: Place | None) -> str:
    """`dvc.yaml:3:10 ${lr}`: where a place begins, counted from 1, and the text that it covers."""
    assert place is not None
    line, column = place.document.position(place.start)
    return f"{place.document.name}:{line}:{column} {place.document.text[place.start : place.end]}"
