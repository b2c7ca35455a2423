"""Small projects with one stage, to ask what its command does."""

from __future__ import annotations

from pathlib import Path

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage
from pipelinekit.yaml.write import scalar_text


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Put files into a project's folder."""
    (folder / ".dvc").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="")


def graph_of(folder: Path, command: str, *, outs: tuple[str, ...] = (), wdir: str = ".") -> Graph:
    """The graph of a project whose one stage, `a`, runs a command."""
    lines = ["stages:", "  a:", f"    wdir: {wdir}", f"    cmd: {scalar_text(command)}"]
    lines += ["    outs:", *(f"    - {out}" for out in outs)] if outs else []
    return Graph(Index(Project(str(folder)).overlaid({"dvc.yaml": "\n".join(lines) + "\n"})))


def stage_of(graph: Graph) -> Stage:
    """The one stage."""
    (stage,) = graph.index.stages
    return stage
