"""Goes over what the rules found: what comments, settings and the baseline keep back, and which of these are idle."""

from __future__ import annotations

import os

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.baseline import Matching
from pipelinekit.lint.policy import KeptBack, Policy, without_known
from pipelinekit.lint.selection import Selection, all_rules
from pipelinekit.lint.suppression import Suppressions, read_suppressions
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.outcome import Outcome, StaleEntry
from pipelinekit.yaml.tree import Document, Place


class Review:
    """The findings that are left, and the outcome for the rules that look at the linter itself."""

    def __init__(self, graph: Graph, selection: Selection, policy: Policy) -> None:
        self.project: Project = graph.index.project
        self.policy = policy
        self.kept_back: list[KeptBack] = []
        rules = tuple(all_rules())
        self._suppressions = Suppressions(read_suppressions(self.project, dict(self.project.disk.texts), rules))
        # of a file that DVC can't load not everything was checked: nothing in it is known to be idle
        ran = frozenset(found.code for found in selection.rules) if graph.index.is_complete else frozenset[str]()
        self.outcome = Outcome([], self._suppressions.all, policy.unknown, [], rules, ran)

    def take(self, findings: list[Finding], below_level: list[Finding]) -> Outcome:
        """Sort out the findings of the rules; those below the level are never shown, but ignored all the same."""
        left = self.sift(findings)
        for finding in below_level:
            self._by_comment(finding)
        root = self.project.root
        earlier = self.policy.earlier.matching() if self.policy.earlier is not None else None
        left, _ = without_known(left, earlier, root)
        if self.policy.baseline is not None:
            known = self.policy.baseline.matching()
            left, old = without_known(left, known, root)
            name = os.path.basename(known.baseline.path)
            self.kept_back += [KeptBack(finding, "baseline", name) for finding in old]
            self.outcome.stale = self._stale(known)
        self.outcome.findings = left
        return self.outcome

    def sift(self, findings: list[Finding]) -> list[Finding]:
        """The findings that neither a comment nor the settings keep back."""
        left: list[Finding] = []
        for finding in findings:
            kept = self._by_comment(finding) or self.policy.ignored_by_settings(finding, self.project.root)
            if kept is None:
                left.append(finding)
            else:
                self.kept_back.append(kept)
        return left

    def _by_comment(self, finding: Finding) -> KeptBack | None:
        kept: KeptBack | None = None
        for suppression in self._suppressions.reaching(finding.place):
            for named in suppression.rules:
                if named.rule is not None and named.rule.code == finding.code:
                    named.used = True
                    kept = kept or KeptBack(finding, "comment", suppression.reason, suppression.place)
        return kept

    def _stale(self, known: Matching) -> list[StaleEntry]:
        """The lines of the baseline for files of this project and rules that ran, and that nothing used up."""
        baseline = known.baseline
        name = os.path.relpath(baseline.path, self.project.root).replace(os.sep, "/")
        document = Document(baseline.text, name)
        return [
            StaleEntry(Place(document, entry.start, entry.end), entry.code, entry.file)
            for entry in known.left()
            if entry.code in self.outcome.ran and self.project.holds(os.path.join(baseline.folder, entry.file))
        ]
