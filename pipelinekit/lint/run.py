"""One run of the linter: which projects, which files, mended or only shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import fix_project
from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors, folder_of, join
from pipelinekit.project.project import (
    NoProjectError,
    Project,
    open_project,
    projects_below,
)
from pipelinekit.project.writing import Write, write_files
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Finding, Level


class Request(NamedTuple):
    """What was asked for; `paths` are relative to the current folder."""

    paths: tuple[str, ...]
    start: str
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    level: Level | None = None
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False


class Part(NamedTuple):
    """One project of a run, with the findings that were asked for."""

    project: Project
    findings: list[Finding]
    file_count: int
    fixed: int
    changes: dict[str, tuple[str | None, str]]


class LintRun:
    """The outcome."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.findings = [finding for part in parts for finding in part.findings]
        self.file_count = sum(part.file_count for part in parts)
        self.fixed_count = sum(part.fixed for part in parts)
        self._base = os.path.commonpath([part.project.root for part in parts])
        self._project_of = {id(finding): part.project for part in parts for finding in part.findings}

    @property
    def has_changes(self) -> bool:
        return any(part.changes for part in self.parts)

    def path_in_report(self, finding: Finding, path: str) -> str:
        """A path relative to the project; with several projects, to the folder that holds them all."""
        root = self._project_of[id(finding)].root
        return path if root == self._base else join(os.path.relpath(root, self._base).replace(os.sep, "/"), path, "/")

    def diff_lines(self) -> Iterator[str]:
        """What the fixes would change, as a unified diff."""
        from difflib import unified_diff

        from pipelinekit.report.escape import printable_with_tabs

        for part in self.parts:
            for path, (before, after) in sorted(part.changes.items()):
                old = (before or "").splitlines()
                lines = unified_diff(
                    old, after.splitlines(), path if before is not None else "/dev/null", path, lineterm=""
                )
                yield from (printable_with_tabs(line) for line in lines)


def run_lint(request: Request) -> LintRun:
    """Lint what was asked for. Raises NoProjectError, UnknownRuleError, WriteError."""
    selection = select_rules(request.select, request.ignore, request.level)
    parts = [_lint(project, chosen, selection, request) for project, chosen in _projects(request)]
    if not any(part.file_count for part in parts):
        where = parts[0].project.root if parts else request.start
        raise NoProjectError(f"there is no dvc.yaml in {where}")
    return LintRun(parts)


def _lint(project: Project, chosen: list[str] | None, selection: Selection, request: Request) -> Part:
    if not (request.fix or request.diff):
        linted = lint_project(project, selection)
        files = _files(linted.graph, chosen)
        return Part(project, _shown(linted.findings, files), _count(project), 0, {})
    files = None
    if chosen is not None:
        files = _files(lint_project(project, selection).graph, chosen)
    fixed = fix_project(project, selection, unsafe=request.unsafe_fixes, files=files)
    if request.fix and not request.diff:
        write_files(
            [Write(project.disk.absolute(path), after, before) for path, (before, after) in fixed.texts.items()]
        )
    return Part(project, _shown(fixed.linted.findings, files), _count(project), len(fixed.applied), fixed.texts)


def _count(project: Project) -> int:
    passed_over = [path for path in project.skipped_by_git if path.rpartition("/")[2] == DVC_YAML]
    return len(project.dvc_yaml_files) + len(passed_over)


def _shown(findings: list[Finding], files: frozenset[str] | None) -> list[Finding]:
    """The findings in some files, and those that have to do with them."""
    if files is None:
        return findings
    return [
        finding
        for finding in findings
        if finding.file in files or any(related.place.document.name in files for related in finding.related)
    ]


# --- which projects, which files -----------------------------------------------------------------------------


def _projects(request: Request) -> list[tuple[Project, list[str] | None]]:
    """The projects to lint, each with the paths in it that were asked for (None: all of it)."""
    if not request.paths:
        return [(project, None) for project in _at_or_below(request.start)]
    chosen: dict[str, tuple[Project, list[str]]] = {}
    for path in request.paths:
        absolute = os.path.abspath(path)
        if not os.path.exists(absolute):
            raise NoProjectError(f"there is no file or folder {path}")
        folder = absolute if os.path.isdir(absolute) else os.path.dirname(absolute)
        for project in _at_or_below(folder):
            inner = os.path.relpath(absolute, project.root).replace(os.sep, "/")
            known = chosen.setdefault(project.root, (project, []))
            known[1].append("." if inner.startswith("..") else inner)
    return [(project, None if "." in paths else paths) for project, paths in chosen.values()]


def _at_or_below(start: str) -> list[Project]:
    try:
        return [open_project(start)]
    except NoProjectError:
        below = projects_below(start) if os.path.isdir(start) else []
        if not below:
            raise
        return below


def _files(graph: Graph, chosen: list[str] | None) -> frozenset[str] | None:
    """The files whose findings to show: those that were named, and pipelines that use them."""
    if chosen is None:
        return None
    files: set[str] = set()
    for pipeline in graph.index.pipelines:
        used = _used_by(pipeline)
        for path in chosen:
            if path in used or pipeline.path == path or path in ancestors(pipeline.path):
                files.add(pipeline.path)
    files.update(chosen)
    below = [unreadable.path for unreadable in graph.index.unreadable] + list(graph.index.dvc_files)
    below += [join(pipeline.folder, LOCK, graph.index.project.root) for pipeline in graph.index.pipelines]
    below += sorted(graph.index.project.skipped_by_git)
    files.update(
        path for path in below if any(folder in ancestors(path) or folder == folder_of(path) for folder in chosen)
    )
    return frozenset(files)


def _used_by(pipeline: Pipeline) -> set[str]:
    """Files that say something about a pipeline, without being it."""
    if pipeline.path == "":
        return set()
    used = {join(pipeline.folder, LOCK, pipeline.project.root), *pipeline.context.loaded}
    for stage in pipeline.stages:
        used.update(param.file for param in stage.params)
        used.update(dep.path for dep in stage.deps)
        used.update(f"{out.path}.dvc" for out in stage.outs)
        used.update(f"{dep.path}.dvc" for dep in stage.deps)
    return used
