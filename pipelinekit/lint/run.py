"""One run of the linter: which projects, which files, mended or only shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.graph.selection_grammar import SelectorError
from pipelinekit.lint.engine import lint_graph, lint_project
from pipelinekit.lint.fixer import fix_project
from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.configuration import Configuration, find_configuration
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.git import repository_root
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors, folder_of, join
from pipelinekit.project.project import (
    NoProjectError,
    Project,
    open_project,
    projects_below,
)
from pipelinekit.project.writing import Write, write_files
from pipelinekit.report.report import KeptBackFinding, Report, Reported, Terminal
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Finding, Level
from pipelinekit.rules.rule import Rule

if TYPE_CHECKING:
    from pipelinekit.graph.selectors import Source
    from pipelinekit.lint.baseline import Baseline
    from pipelinekit.lint.policy import KeptBack, Policy
    from pipelinekit.lint.scope import StageScope
    from pipelinekit.lint.settings import Settings
    from pipelinekit.rules.outcome import StaleEntry

#: The path that stands for what is read from standard input.
STDIN = "-"


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
    #: no settings of the project
    isolated: bool = False
    #: in place of the one that the settings name
    baseline: Baseline | None = None
    #: whether the baseline that the settings name is left aside: it is about to be written
    without_baseline: bool = False
    #: only what is new since this revision
    since: str | None = None
    #: selectors: only findings that are about a stage that one of them means
    stages: tuple[str, ...] = ()
    #: what answers the selectors that the graph can't answer
    sources: Mapping[str, Source] = {}
    #: the text of a file as it is not on disk, and the file's path
    stdin: tuple[str, str] | None = None


class Part(NamedTuple):
    """One project of a run, with the findings that were asked for."""

    project: Project
    findings: list[Finding]
    file_count: int
    fixed: int
    changes: dict[str, tuple[str | None, str]]
    kept_back: list[KeptBack]
    rules: tuple[Rule, ...]
    #: the pipelines that were asked for
    pipelines: list[str]
    #: lines of the baseline that nothing corresponds to
    stale: list[StaleEntry]
    selection: Selection
    policy: Policy | None
    settings: Settings | None


class LintRun:
    """The outcome."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.findings = [finding for part in parts for finding in part.findings]
        self.file_count = sum(part.file_count for part in parts)
        self.fixed_count = sum(part.fixed for part in parts)
        self.base = os.path.commonpath([part.project.root for part in parts])

    @property
    def has_changes(self) -> bool:
        return any(part.changes for part in self.parts)

    @property
    def output_format(self) -> str | None:
        """The format that the settings name, if those of all projects name the same."""
        named = {part.settings.values.get("output-format") if part.settings else None for part in self.parts}
        return named.pop() if len(named) == 1 else None

    def levels(self, fail_on: Level | None) -> Iterator[tuple[Finding, Level]]:
        """Each finding with the level from which on it counts as a failure."""
        for part in self.parts:
            threshold: Level = fail_on or (part.settings.fail_on if part.settings is not None else "warning")
            yield from ((finding, threshold) for finding in part.findings)

    def report(self, version: str, terminal: Terminal | None = None) -> Report:
        """What was found, for any format."""
        reported: list[Reported] = []
        kept_back: list[KeptBackFinding] = []
        files: list[str] = []
        rules: dict[str, Rule] = {}
        for part in self.parts:
            names = _Names(part.project, self.base)
            reported += [names.reported(finding) for finding in part.findings]
            kept_back += [
                KeptBackFinding(names.reported(kept.finding), kept.reason, kept.place) for kept in part.kept_back
            ]
            files += map(names.path, part.pipelines)
            rules.update((rule.code, rule) for rule in part.rules)
        chosen = tuple(rules[code] for code in sorted(rules))
        return Report(reported, kept_back, chosen, files, self.file_count, version, terminal or Terminal())

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


class _Names:
    """What the files of a project are called in reports."""

    def __init__(self, project: Project, base: str) -> None:
        self.project = project
        self.path = _relative_to(base, project.root)
        self.in_repository = _relative_to(repository_root(project.root) or base, project.root)
        self.from_here = _relative_to(os.getcwd(), project.root)

    def reported(self, finding: Finding) -> Reported:
        return Reported(finding, self.path, self.in_repository, self.from_here, self.text)

    def text(self, path: str) -> str:
        try:
            return self.project.disk.read(path)
        except (FileNotFoundError, UnreadableError):
            return ""


def _relative_to(folder: str, root: str) -> Callable[[str], str]:
    if folder == root:
        return lambda path: path
    return lambda path: os.path.relpath(os.path.join(root, path), folder).replace(os.sep, "/")


def run_lint(request: Request) -> LintRun:
    """Lint what was asked for.

    Raises NoProjectError, UnknownRuleError, ConfigurationError, PluginError, BaselineError, RevisionError, WriteError,
    SelectorError.
    """
    parts: list[Part] = []
    unknown: list[SelectorError] = []
    for project, chosen in _projects(request):
        try:
            parts.append(_lint(project, chosen, request))
        except SelectorError as error:  # noqa: PERF203 - of several projects only one may have the stage
            unknown.append(error)
    if unknown and not parts:
        raise unknown[0]
    if not any(part.file_count for part in parts):
        where = parts[0].project.root if parts else request.start
        raise NoProjectError(f"there is no dvc.yaml in {where}")
    return LintRun(parts)


def _lint(project: Project, chosen: list[str] | None, request: Request) -> Part:
    settings, selection, policy = prepare(project, request)
    if request.stdin is not None:
        project, chosen = _with_stdin(project, *request.stdin)
    files = None
    scope = None
    if request.fix or request.diff:
        if chosen is not None:
            files = _files(lint_project(project, selection, policy).graph, chosen)
        only = chosen[0] if request.stdin is not None and chosen else None
        scope = _scope(Graph(Index(project)), request) if request.stages else None
        fixed = fix_project(
            project, selection, unsafe=request.unsafe_fixes, files=files, policy=policy, only=only, scope=scope
        )
        if request.fix and not request.diff and request.stdin is None:
            write_files(
                [Write(project.disk.absolute(path), after, before) for path, (before, after) in fixed.texts.items()]
            )
        linted, count, texts = fixed.linted, len(fixed.applied), fixed.texts
    else:
        linted, count, texts = lint_project(project, selection, policy), 0, {}
        files = _files(linted.graph, chosen)
        scope = _scope(linted.graph, request)
    return Part(
        linted.project,
        [finding for finding in linted.findings if _is_asked_for(finding, files, scope)],
        _count(project),
        count,
        texts,
        [kept for kept in linted.kept_back if _is_asked_for(kept.finding, files, scope)],
        selection.rules,
        [path for path in project.dvc_yaml_files if files is None or path in files],
        linted.stale if files is None and scope is None else [],
        selection,
        policy,
        settings,
    )


def prepare(
    project: Project, request: Request, known: Graph | None = None
) -> tuple[Settings | None, Selection, Policy | None]:
    """The settings of a project, if it has any, the rules to run, and what is left unsaid.

    `known` is the graph at the revision that the request names, for those who have it.
    """
    settings = read_project_settings(project.root, request.start, isolated=request.isolated)
    if settings is None:
        selection = select_rules(request.select, request.ignore, request.level)
    else:
        selection = settings.selection(request.select, request.ignore, request.level)
    if settings is None and request.baseline is None and request.since is None:
        return settings, selection, None
    from pipelinekit.lint.policy import Policy

    policy = Policy()
    if settings is not None:
        policy = settings.policy(project.root, with_baseline=request.baseline is None and not request.without_baseline)
    if request.baseline is not None:
        policy = policy._replace(baseline=request.baseline)
    if request.since is not None:
        policy = policy._replace(earlier=_earlier(project, selection, policy, request.since, known))
    return settings, selection, policy


def read_project_settings(root: str, start: str, *, isolated: bool) -> Settings | None:
    """The settings of the project at `root`; None if it has none. Raises ConfigurationError, PluginError."""
    if isolated:
        return None
    above = os.path.abspath(start)
    top = repository_root(root) or (above if (root + os.sep).startswith(above + os.sep) else root)
    configuration: Configuration = find_configuration(root, top)
    if not configuration.path:
        return None
    from pipelinekit.lint.settings import read_settings

    return read_settings(configuration)


def _earlier(
    project: Project, selection: Selection, policy: Policy, revision: str, known: Graph | None = None
) -> Baseline:
    """What the same rules found at a revision. Raises RevisionError."""
    from pipelinekit.lint.baseline import Baseline, entries_of

    policy = policy._replace(baseline=None)
    if known is not None:
        found = lint_graph(known, selection, policy).findings
    else:
        earlier = project.at_revision(revision)
        try:
            found = lint_project(earlier, selection, policy).findings
        finally:
            earlier.disk.close()
    baseline = Baseline(os.path.join(project.root, revision))
    baseline.entries = entries_of([(finding, project.root) for finding in found], baseline)
    return baseline


def _with_stdin(project: Project, text: str, path: str) -> tuple[Project, list[str]]:
    inner = os.path.relpath(os.path.abspath(path), project.root).replace(os.sep, "/")
    return project.overlaid({inner: text}), [inner]


def _count(project: Project) -> int:
    passed_over = [path for path in project.skipped_by_git if path.rpartition("/")[2] == DVC_YAML]
    return len(project.dvc_yaml_files) + len(passed_over)


def _scope(graph: Graph, request: Request) -> StageScope | None:
    """The stages that the findings must be about; None for any. Raises SelectorError."""
    if not request.stages:
        return None
    from pipelinekit.graph.selectors import select
    from pipelinekit.lint.scope import StageScope

    return StageScope(stage for text in request.stages for stage in select(graph, text, request.sources))


def _is_asked_for(finding: Finding, files: frozenset[str] | None, scope: StageScope | None) -> bool:
    """Whether a finding is in one of the files, or has to do with one; and about one of the stages."""
    if scope is not None and not scope.covers(finding):
        return False
    if files is None or finding.file in files:
        return True
    return any(related.place.document.name in files for related in finding.related)


# --- which projects, which files -----------------------------------------------------------------------------


def _projects(request: Request) -> list[tuple[Project, list[str] | None]]:
    """The projects to lint, each with the paths in it that were asked for (None: all of it)."""
    if not request.paths:
        return [(project, None) for project in _at_or_below(request.start)]
    if request.stdin is not None:
        folder = os.path.dirname(os.path.abspath(request.stdin[1]))
        return [(open_project(folder), None)]
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


def roots_of(request: Request) -> list[str]:
    """The folders of the projects that a request is about. Raises NoProjectError."""
    return [project.root for project, _ in _projects(request)]


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
