"""What runs by itself in a repository: git hooks and CI."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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
_NAMES = re.compile(r"(?i)\b(?:dvc|pipelinekit|calkit|make|tox|nox|just|task)\b")


def mentions(project: Project, files: Iterable[str]) -> bool:
    """Whether one of the files speaks of DVC or pipelinekit, or calls what may: a Makefile and its like."""
    levels = {"", project.git.levels_up if project.git is not None else ""}
    return any(_NAMES.search(text) for level in levels for file in files for text in _texts(project, level + file))


def _texts(project: Project, file: str) -> Iterator[str]:
    paths = [file]
    if file.endswith("/"):
        if project.disk.kind(file) != "folder":
            return
        paths = [file + name for name in project.disk.names(file)]
    for path in paths:
        if project.disk.kind(path) == "file":
            try:
                yield project.disk.read(path)
            except (UnreadableError, FileNotFoundError):
                continue
