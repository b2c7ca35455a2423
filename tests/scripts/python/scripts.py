"""Follows small scripts that tests write down, and shows what they were seen to do."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.scripts.imports import all_imports
from pipelinekit.scripts.python.runs import Run, all_runs


def graph_of(folder: Path, command: str, files: dict[str, str], wdir: str = ".") -> Graph:
    """A project of one stage."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    body = "\n".join(f"      {line}" for line in command.splitlines())
    (folder / "dvc.yaml").write_text(f"stages:\n  a:\n    wdir: {wdir}\n    cmd: >-\n{body}\n", encoding="utf-8")
    return Graph(Index(Project(str(folder))))


def run_of(folder: Path, command: str, files: dict[str, str], wdir: str = ".") -> Run:
    """The one script that a command runs."""
    graph = graph_of(folder, command, files, wdir)
    ((run,),) = graph.derived(all_runs).values()
    return run


def uses(folder: Path, code: str, command: str = "python script.py", files: dict[str, str] | None = None) -> list[str]:
    """What `script.py` reads and writes: `read x`, `write y`.

    A path that isn't known is `?`, and `maybe` stands behind what may not happen.
    """
    run = run_of(folder, command, {"script.py": code, **(files or {})})
    shown = [f"{use.mode} {use.path or '?'}{'' if use.is_certain else ' maybe'}" for use in run.files]
    return list(dict.fromkeys(shown))


def imported(folder: Path, command: str, files: dict[str, str], wdir: str = ".") -> list[str]:
    """The files that a command's script imports."""
    ((imports,),) = graph_of(folder, command, files, wdir).derived(all_imports).values()
    return list(imports.files)
