"""Builds the small projects that the pages of the rules show."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.rules.page import Example
from pipelinekit.scripts.programs import all_scripts


def build(example: Example, folder: Path) -> Project:
    """The project of an example. Files that its stages need are there, unless it lists the ones that are."""
    (folder / ".dvc").mkdir(parents=True)
    if example.history:
        _commit_history(example, folder)
    for name, text in example.files.items():
        _write(folder / name, text)
    for name in example.listed or ():
        _write(folder / name, "")
    if example.listed is None:
        needed = _needed(Project(str(folder)))
        for path in needed:
            if any(other.startswith(path + "/") for other in needed):
                (folder / path).mkdir(parents=True, exist_ok=True)
            else:
                _write(folder / path, "")
    if example.tracked or example.history or ".gitignore" in example.files:
        for path in example.tracked:
            if not (folder / path).exists():
                _write(folder / path, "")
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "add", "-f", "--", *example.tracked], cwd=folder, check=True)
        if example.remote:
            subprocess.run(["git", "remote", "add", "origin", example.remote], cwd=folder, check=True)
    if example.history:
        _commit(folder)
    return Project(str(folder))


def _commit_history(example: Example, folder: Path) -> None:
    """One commit for each step back, the oldest first; the files that the project has are not there yet."""
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    for _, files in sorted(example.history.items(), reverse=True):
        for name, text in files.items():
            _write(folder / name, text)
        subprocess.run(["git", "add", "-f", "--", *files], cwd=folder, check=True)
        _commit(folder)
        for name in files:
            (folder / name).unlink()


def _commit(folder: Path) -> None:
    nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", *nobody, "commit", "-q", "--allow-empty", "-m", "change"], cwd=folder, check=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def _needed(project: Project) -> list[str]:
    graph = Graph(Index(project))
    wanted = [dep.path for stage in graph.index.stages for dep in stage.deps if dep.is_local]
    wanted += [script.path for found in graph.derived(all_scripts).values() for script in found]
    return [path for path in wanted if not graph.made_by(path) and not project.disk.exists(path) and path != "."]
