"""What runs by itself in a repository: git hooks and CI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project

#: Files, and folders (`/` at the end) whose files are meant.
HOOK_FILES = (
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    "prek.toml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".husky/",
    ".githooks/",
    ".git-hooks/",
    ".overcommit.yml",
    "package.json",
)
CI_FILES = (
    ".github/workflows/",
    ".gitlab-ci.yml",
    ".gitlab/",
    ".gitlab/ci/",
    "azure-pipelines.yml",
    ".azure-pipelines/",
    "bitbucket-pipelines.yml",
    ".circleci/",
    ".travis.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".woodpecker/",
    ".forgejo/workflows/",
    ".gitea/workflows/",
    ".buildkite/",
    "Jenkinsfile",
    "cloudbuild.yaml",
    "buildspec.yml",
    ".ci/",
    "ci/",
)
#: What says in which folder a job works.
_ENTERS = re.compile(r"\bworking-directory:|\bcd ")
#: What may run the pipeline in turn.
INDIRECT = re.compile(r"(?i)\b(?:calkit|make|tox|nox|just|task)\b")
_NAMES = re.compile(rf"(?i)\b(?:dvc|pipelinekit)\b|{INDIRECT.pattern.removeprefix('(?i)')}")


class Mention(NamedTuple):
    """A line that says something; lines count from 1."""

    file: str
    line: int


def mentions(project: Project, files: Iterable[str]) -> bool:
    """Whether one of the files speaks of DVC or pipelinekit, or calls what may: a Makefile and its like."""
    return any(_NAMES.search(text) for _, text in automation_texts(project, files))


def mentioned(project: Project, files: Iterable[str], pattern: re.Pattern[str]) -> Mention | None:
    """The first line with what a pattern finds; lines that are a comment (`#`) don't count.

    Of a file above the project, which may be about another project of the repository, lines count that name this one
    (`--project`, `working-directory`, `cd`), and those of files that name none.
    """
    levels = project.git.levels_up if project.git is not None else ""
    own = _name_below(project.root, levels)
    for file, text in automation_texts(project, files):
        if pattern.search(text) is None:
            continue
        lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if not _is_comment(line)]
        found = [(number, line) for number, line in lines if pattern.search(line)]
        if levels and file.startswith(levels):
            named = [(number, line) for number, line in found if "--project" in line]
            if named:
                found = [(number, line) for number, line in named if own.search(line)]
            else:
                entered = [line for _, line in lines if _ENTERS.search(line)]
                found = found if not entered or any(map(own.search, entered)) else []
        if found:
            return Mention(file, found[0][0])
    return None


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _name_below(root: str, levels: str) -> re.Pattern[str]:
    """What finds the path of the project, from the top of its repository, as a word."""
    inner = os.path.relpath(root, os.path.join(root, levels)).replace(os.sep, "/") if levels else "."
    return re.compile(rf"(?<![\w./-]){re.escape(inner)}(?![\w/-])")


def automation_texts(project: Project, files: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The path and the text of those of the files that are there, in the project and at the top of its repository."""
    levels = dict.fromkeys(("", project.git.levels_up if project.git is not None else ""))
    for level in levels:
        for file in files:
            yield from _texts(project, level + file)


def _texts(project: Project, file: str) -> Iterator[tuple[str, str]]:
    paths = [file]
    if file.endswith("/"):
        if project.disk.kind(file) != "folder":
            return
        paths = [file + name for name in project.disk.names(file)]
    for path in paths:
        if project.disk.kind(path) == "file":
            try:
                yield path, project.disk.read(path)
            except (UnreadableError, FileNotFoundError):
                continue
