"""Lints small projects that tests write down as a mapping of files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import Fixed, fix_project
from pipelinekit.lint.selection import Selection
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import load_rules


def project_of(folder: Path, files: dict[str, str]) -> Project:
    """A project with these files; leading blanks that all lines share are dropped."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return Project(str(folder))


def only(*codes: str) -> Selection:
    """A selection of these rules alone."""
    return Selection(tuple(load_rules(codes)), "advice", frozenset(codes))


def findings(folder: Path, files: dict[str, str], *codes: str) -> list[Finding]:
    """What some rules find in a project."""
    return lint_project(project_of(folder, files), only(*codes)).findings


def messages(folder: Path, files: dict[str, str], *codes: str) -> list[str]:
    """The messages of what some rules find in a project."""
    return [finding.message for finding in findings(folder, files, *codes)]


def fixed(folder: Path, files: dict[str, str], *codes: str, unsafe: bool = True) -> Fixed:
    """A project with the fixes of some rules."""
    return fix_project(project_of(folder, files), only(*codes), unsafe=unsafe)
