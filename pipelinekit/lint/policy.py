"""What a project leaves unsaid beside its comments: per file, per stage, what its baseline knows, what is not new."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from pipelinekit.lint.baseline import Baseline, Matching
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.outcome import UnknownName
from pipelinekit.yaml.tree import Place

KeptBy = Literal["comment", "settings", "baseline"]


class KeptBack(NamedTuple):
    """A finding that is not shown, and what keeps it back."""

    finding: Finding
    by: KeptBy
    reason: str
    #: the comment
    place: Place | None = None


class FileIgnore(NamedTuple):
    """Rules that are not asked about the files of a pattern, which is relative to a folder."""

    pattern: str
    folder: str
    codes: frozenset[str]
    matches: Callable[[str], bool]


class StageIgnore(NamedTuple):
    """Rules that are not asked about the stages of a pattern: `train*`, or with its file `sub/dvc.yaml:train*`."""

    pattern: str
    codes: frozenset[str]

    def matches(self, finding: Finding) -> bool:
        if finding.stage is None:
            return False
        name = f"{finding.file}:{finding.stage}" if ":" in self.pattern else finding.stage
        return fnmatchcase(name, self.pattern)


class Policy(NamedTuple):
    """Everything that keeps findings of one project back, beside its comments."""

    per_file: tuple[FileIgnore, ...] = ()
    per_stage: tuple[StageIgnore, ...] = ()
    #: names in the settings that no rule has
    unknown: tuple[UnknownName, ...] = ()
    baseline: Baseline | None = None
    #: the findings at an earlier revision: what it knows is dropped, and nothing is said of what it knows in vain
    earlier: Baseline | None = None

    def ignored_by_settings(self, finding: Finding, root: str) -> KeptBack | None:
        """Whether the settings name the file or the stage of a finding together with its rule."""
        for ignore in self.per_file:
            if finding.code in ignore.codes:
                path = os.path.relpath(os.path.join(root, finding.file), ignore.folder).replace(os.sep, "/")
                if ignore.matches(path):
                    return KeptBack(finding, "settings", f"per-file-ignores '{ignore.pattern}'")
        for stage_ignore in self.per_stage:
            if finding.code in stage_ignore.codes and stage_ignore.matches(finding):
                return KeptBack(finding, "settings", f"per-stage-ignores '{stage_ignore.pattern}'")
        return None


def without_known(
    findings: Iterable[Finding], known: Matching | None, root: str
) -> tuple[list[Finding], list[Finding]]:
    """The findings that are not known, and those that are."""
    new: list[Finding] = []
    old: list[Finding] = []
    for finding in findings:
        (old if known is not None and known.knows(finding, root) else new).append(finding)
    return new, old
