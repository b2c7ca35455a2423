"""Runs rules over a project and collects what they find."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.selection import Selection
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.rules.finding import LEVELS, Finding, Fix
from pipelinekit.rules.rule import Rule, Visits, load_rules
from pipelinekit.yaml.tree import Document, Place

if TYPE_CHECKING:
    from pipelinekit.lint.policy import KeptBack, Policy
    from pipelinekit.rules.outcome import Outcome, StaleEntry


class Linted:
    """A project and the findings in it, in the order of files and lines."""

    def __init__(
        self,
        graph: Graph,
        findings: list[Finding],
        kept_back: Iterable[KeptBack] = (),
        stale: Iterable[StaleEntry] = (),
    ) -> None:
        self.graph = graph
        self.findings = findings
        #: what comments, settings and the baseline keep back
        self.kept_back = list(kept_back)
        #: lines of the baseline that nothing corresponds to
        self.stale = list(stale)

    @property
    def project(self) -> Project:
        return self.graph.index.project


def lint_project(project: Project, selection: Selection, policy: Policy | None = None) -> Linted:
    """Run the selected rules. A rule that crashes becomes a finding of its own (PK009), and the run goes on."""
    return lint_graph(Graph(Index(project)), selection, policy)


def lint_graph(graph: Graph, selection: Selection, policy: Policy | None = None) -> Linted:
    """The same, for a project that has been read already."""
    run = _Run(graph, selection)
    for found in selection.rules:
        if found.visits != "Outcome":
            run.apply(found)
    # comments that ignore findings are rare: without one, and without settings, there is nothing to go over
    if policy is not None or any(
        "# pipelinekit" in text or "#pipelinekit" in text for text in graph.index.project.disk.texts.values()
    ):
        return _reviewed(run, policy)
    return Linted(graph, run.ordered())


def _reviewed(run: _Run, policy: Policy | None) -> Linted:
    from pipelinekit.lint.policy import Policy
    from pipelinekit.lint.review import Review

    review = Review(run.graph, run.selection, policy or Policy())
    outcome = review.take(run.findings, run.below_level)
    run.findings = []
    run.look_at(outcome)
    for found in run.selection.rules:
        if found.visits == "Outcome":
            run.apply(found)
    run.findings = [*outcome.findings, *review.sift(run.findings)]
    return Linted(run.graph, run.ordered(), review.kept_back, outcome.stale)


class _Run:
    def __init__(self, graph: Graph, selection: Selection) -> None:
        self.graph = graph
        self.selection = selection
        self.findings: list[Finding] = []
        #: what is not severe enough to be shown
        self.below_level: list[Finding] = []
        self._seen: set[tuple[Any, ...]] = set()
        self._subjects: dict[Visits, list[Any]] = {}

    def apply(self, found: Rule) -> None:
        reads = found.reads
        check = found.check
        options = self.selection.options.get(found.code)
        if options:
            check = partial(check, **options)
        for subject in self._subjects_of(found):
            if reads and subject.unknown and not subject.knows(*reads):
                continue
            try:
                for finding in check(subject, self.graph) if found.takes_graph else check(subject):
                    self._take(finding, found)
            except Exception as error:
                self._take(_crash(found, subject, error), _internal_error())

    def look_at(self, outcome: Outcome) -> None:
        """Show the outcome to the rules that are applied from here on."""
        self._subjects["Outcome"] = [outcome]

    def _subjects_of(self, found: Rule) -> Iterable[Any]:
        subjects = self._visited(found.visits)
        if found.among is None:
            return subjects
        try:
            chosen = self.graph.derived(found.among)
        except Exception as error:
            self._take(_crash(found, self.graph, error), _internal_error())
            return ()
        return [subject for subject in subjects if subject in chosen] if chosen else ()

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
            self.below_level.append(finding)
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
    return Place(getattr(subject, "document", None) or Document("", "dvc.yaml"), 0, 0)


def _internal_error() -> Rule:
    return load_rules(["PK009"])[0]
