"""Whether pipelinekit and DVC agree about a project: the same stages and edges, or a refusal and a finding for it."""

from __future__ import annotations

import re

from pipelinekit.lint.engine import Linted, lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from tests.oracle.dvc_view import dvc_view, view_of
from tests.oracle.view import ProjectView, Refusal, differences

#: The rules that say what DVC refuses.
CODES = frozenset(
    [f"PK{number:03}" for number in range(1, 19)]
    + ["PK210", "PK212", "PK301", "PK302", "PK303", "PK304", "PK305", "PK408"]
)

_FILE = {"PK001", "PK002", "PK003", "PK004"}
_SHAPE = {*_FILE, "PK010", "PK011", "PK012", "PK013", "PK014", "PK016", "PK018"}
_TEMPLATE = {"PK001", "PK002", "PK004", "PK011", "PK014", "PK018", "PK210", "PK212"}
#: What DVC raises, and the rules of which one must see it.
CAUSES: dict[str, set[str]] = {
    "YAMLSyntaxError": _FILE,
    "EncodingError": _FILE,
    "YAMLValidationError": _SHAPE,
    "ResolveError": _TEMPLATE,
    "OutputDuplicationError": {"PK303", "PK013"},
    "OverlappingOutputPathsError": {"PK304", "PK305", "PK313"},
    "StagePathAsOutputError": {"PK305", "PK313"},
    "CyclicGraphError": {"PK301", "PK302"},
    "OutputIsStageFileError": {"PK305"},
    "DependencyIsStageFileError": {"PK106"},
    "OutputIsIgnoredError": {"PK408"},
    "StageNotFound": {"PK013", "PK017"},
    "StageNameUnspecified": {"PK013"},
}


_TAKEN = re.compile(r"an entry of '(?!deps'|outs'|metrics'|plots'|labels'|vars')[^']*' must be a string")


def is_deliberate(finding: Finding) -> bool:
    """Whether an error is one although DVC loads the project: it then loses stages, or crashes when it runs them."""
    message = finding.message
    if finding.code == "PK011":
        # DVC takes anything empty for "the whole file", and crashes on a key that is no string when it reads it
        return (
            "must be a list or nothing, but this is" in message
            or message == "a name must be a string, but this is empty"
            or _TAKEN.match(message) is not None
        )
    if finding.code == "PK017":
        return True  # stages that replace each other without a word, groups that make none
    if finding.code == "PK012":
        return "is empty" in message  # fails when the stage should run
    if finding.code == "PK018":
        return message.endswith(("where a command belongs", "where a parameter's name belongs"))  # the same
    if finding.code == "PK212":
        return message.endswith("is not closed")  # DVC leaves it to the shell, or to the file system
    if finding.code == "PK004":
        return "git ignores this file" in message  # its stages are passed over without a word
    if finding.code == "PK305":
        return "holds the pipeline file" in message  # or refused, as the order of the folders has it
    return False


def errors_of(linted: Linted) -> list[Finding]:
    return [finding for finding in linted.findings if finding.level == "error" and finding.code in CODES]


def disagreements(root: str, *, git: bool = False) -> list[str]:
    """What is wrong with our view of a project; nothing if it is DVC's."""
    theirs = dvc_view(root, git=git)
    linted = lint_project(Project(root), select_rules())
    return judge(theirs, linted)


def judge(theirs: ProjectView, linted: Linted) -> list[str]:
    errors = errors_of(linted)
    crashed = [f"a rule crashed: {finding!r}" for finding in linted.findings if finding.code == "PK009"]
    if theirs.refusal is not None:
        return crashed + _unexplained(theirs.refusal, [found for found in linted.findings if found.level == "error"])
    unfounded = [f"unfounded: {finding!r}" for finding in errors if not is_deliberate(finding)]
    ours = view_of(linted.graph)
    if errors and not unfounded:
        ours, theirs = _understood(linted, ours, theirs)
    return crashed + unfounded + differences(ours, theirs)


def _unexplained(refusal: Refusal, errors: list[Finding]) -> list[str]:
    causes = CAUSES.get(refusal.error, CODES)
    if any(finding.code in causes for finding in errors):
        return []
    return [f"missed: {refusal}", *(f"  found instead: {finding!r}" for finding in errors)]


def _understood(linted: Linted, ours: ProjectView, theirs: ProjectView) -> tuple[ProjectView, ProjectView]:
    """Where a stage is rightly an error to us and not to DVC, what is left to compare: the stages without one."""
    index = linted.graph.index
    swallowed = {found.path for found in index.swallowed}
    known = {stage.address for stage in index.stages if not stage.unknown and stage.file not in swallowed}
    tracked = set(ours.tracked) if not index.swallowed else set(ours.tracked) & set(theirs.tracked)

    def part(view: ProjectView) -> ProjectView:
        return ProjectView(
            {address: stage for address, stage in view.stages.items() if address in known},
            {address: file for address, file in view.tracked.items() if address in tracked},
            frozenset((one, other) for one, other in view.edges if one in known and other in known),
        )

    return part(ours), part(theirs)
