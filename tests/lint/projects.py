"""Small projects for the tests of what is kept back."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipelinekit.lint.engine import Linted
from pipelinekit.lint.engine import lint_project as lint_a_project
from pipelinekit.lint.run import Request, prepare
from pipelinekit.project.project import Project

#: one finding of PK106 (error), PK101, PK401 each
FLAWED = """\
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - nowhere.csv
    - prepare.py
    outs:
    - clean.csv
  train:
    cmd: python train.py
    deps:
    - clean.csv
    outs:
    - model.pkl
    metrics:
    - metrics.json
"""


def make(folder: Path, text: str = FLAWED, **files: str) -> Project:
    """A project with two scripts; `files` are named with `__` for `/` and `_` for `.`."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    for name in ("prepare.py", "train.py"):
        (folder / name).write_text("", encoding="utf-8")
    (folder / "dvc.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Project(str(folder))


def lint(project: Project, *select: str, **options: object) -> Linted:
    """Lint with the settings of the project, as the command does."""
    request = Request((), project.root, select=select, **options)  # type: ignore[arg-type]
    _, selection, policy = prepare(project, request)
    return lint_a_project(project, selection, policy)


def codes(linted: Linted) -> list[str]:
    return [finding.code for finding in linted.findings]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    """Put everything under git, in a repository of its own."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it is")
