"""Runs rules over a project and collects what they find."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import Any

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.selection import Selection
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.rules.finding import LEVELS, Finding, Fix
from pipelinekit.rules.rule import Rule, Visits, load_rules
from pipelinekit.yaml.tree import Document, Place


class Linted:
    """A project and the findings in it, in the order of files and lines."""

    def __init__(self, graph: Graph, findings: list[Finding]) -> None:
        self.graph = graph
        self.findings = findings

    @property
    def project(self) -> Project:
        return self.graph.index.project


def lint_project(project: Project, selection: Selection) -> Linted:
    """Run the selected rules. A rule that crashes becomes a finding of its own (PK009), and the run goes on."""
    graph = Graph(Index(project))
    run = _Run(graph, selection)
    for found in selection.rules:
        run.apply(found)
    return Linted(graph, run.ordered())


class _Run:
    def __init__(self, graph: Graph, selection: Selection) -> None:
        self.graph = graph
        self.selection = selection
        self.findings: list[Finding] = []
        self._seen: set[tuple[Any, ...]] = set()
        self._subjects: dict[Visits, list[Any]] = {}

    def apply(self, found: Rule) -> None:
        reads = found.reads
        check = found.check
        for subject in self._visited(found.visits):
            if reads and subject.unknown and not subject.knows(*reads):
                continue
            try:
                for finding in check(subject, self.graph) if found.takes_graph else check(subject):
                    self._take(finding, found)
            except Exception as error:
                self._take(_crash(found, subject, error), _internal_error())

    def _visited(self, visits: Visits) -> Iterable[Any]:
        subjects = self._subjects.get(visits)
        if subjects is None:
            subjects = self._subjects[visits] = self._collect(visits)
        return subjects

    def _collect(self, visits: Visits) -> list[Any]:
        index = self.graph.index
        if visits == "Graph":
            return [self.graph]
        if visits == "Pipeline":
            return list(index.pipelines)
        if visits == "Definition":
            return [definition for definition in index.definitions if definition.body is not None]
        if visits == "Stage":
            return list(index.stages)
        return list(index.documents)

    def _take(self, finding: Finding, found: Rule) -> None:
        finding.code = found.code
        finding.name = found.name
        finding.level = finding.level or found.level
        if not self.selection.shows(finding):
            return
        if finding.fix is not None and _changes_an_anchor(finding.fix, finding.place.document):
            finding.fix = None
        place = finding.place
        identity = (finding.code, place.document.name, place.start, place.end)
        # the stages of a group share their template: what is wrong with it is said once
        if identity not in self._seen:
            self._seen.add(identity)
            self.findings.append(finding)

    def ordered(self) -> list[Finding]:
        return sorted(
            self.findings,
            key=lambda finding: (
                finding.file,
                finding.place.start,
                LEVELS.index(finding.level or "error"),
                finding.code,
                finding.place.end,
            ),
        )


def _changes_an_anchor(fix: Fix, document: Document) -> bool:
    """Whether a fix edits what `*aliases` repeat: it would change those places, too."""
    return any(
        node.start <= edit.start and edit.end <= node.end
        for _, node in document.repeated
        for edit in fix.edits.get(document.name, ())
    )


def _crash(found: Rule, subject: Any, error: Exception) -> Finding:
    place = _place_of(subject)
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Finding(
        place,
        f"the rule {found.code} {found.name} crashed here: {text} (line {where.lineno} of {where.name})",
        why="what this rule would have found here is not known; every other rule ran",
        help="This is a bug in the rule: please report it, with this file if you can.",
    )


def _place_of(subject: Any) -> Place:
    if isinstance(subject, Document):
        return Place(subject, 0, 0)
    if isinstance(subject, Graph):
        pipelines = subject.index.pipelines
        return Place(pipelines[0].document if pipelines else Document("", "dvc.yaml"), 0, 0)
    if hasattr(subject, "name_node"):
        place: Place = subject.name_node.place
        return place
    return Place(subject.document, 0, 0)


def _internal_error() -> Rule:
    return load_rules(["PK009"])[0]
