"""Breaks a project, lints it, mends it, and judges both."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import is_as_declared
from pipelinekit.lint.selection import Selection
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.rules.finding import Finding
from pipelinekit.yaml.edit import apply_edits
from tests.mutations.mutation import Mutation, Sound
from tests.oracle.dvc_view import view_of

#: A fix may bring a finding that has a fix of its own; nothing may go on for ever.
_ROUNDS = 5


class Verdict(NamedTuple):
    """What came of a mutation: `problem` is empty if all is as it must be."""

    mutation: Mutation
    problem: str
    #: whether there was a fix to try
    fixed: bool = False


def open_sound(project: Project, selection: Selection) -> Sound | None:
    """A project to break things in; None if DVC could not load it as it is."""
    linted = lint_project(project, selection)
    graph = linted.graph
    if not graph.index.stages or not graph.index.is_complete or not graph.index.outs_are_known:
        return None
    return Sound(graph, linted.findings)


def try_mutation(sound: Sound, mutation: Mutation, selection: Selection) -> Verdict:
    """One finding more than before, of the right rule at the right stage, and a fix that takes it back.

    Raises CannotEditError if the project can't be broken in this way.
    """
    project = sound.graph.index.project.overlaid(mutation.make())
    linted = lint_project(project, selection)
    new = _new(linted.findings, sound.findings)
    if mutation.restores == "commands":
        new = [finding for finding in new if finding.code != "PK602"]  # it is another command than last ran
    if not new:
        return Verdict(mutation, "nothing is found")
    right = [finding for finding in new if finding.code in mutation.codes and _is_at(finding, mutation)]
    wrong = [finding for finding in new if finding not in right]
    if wrong:
        return Verdict(mutation, f"found{' too' if right else ' instead'}: {'; '.join(map(repr, wrong[:4]))}")
    if len(right) != 1:
        return Verdict(mutation, f"found {len(right)} times: {'; '.join(map(repr, right[:4]))}")
    if right[0].fix is None:
        return Verdict(mutation, "")
    return Verdict(mutation, _mend(sound, mutation, project, right[0], selection), fixed=True)


def _new(after: list[Finding], before: list[Finding]) -> list[Finding]:
    known = Counter(map(_identity, before))
    found: list[Finding] = []
    for finding in after:
        identity = _identity(finding)
        if known[identity]:
            known[identity] -= 1
        else:
            found.append(finding)
    return found


def _identity(finding: Finding) -> tuple[Any, ...]:
    """What stays the same of a finding when something else in the project changes."""
    place = finding.place
    return finding.code, finding.file, finding.stage, place.document.text[place.start : place.end]


def _is_at(finding: Finding, mutation: Mutation) -> bool:
    if not mutation.stage:
        return finding.file == mutation.file
    if finding.file != mutation.file:
        return any(related.place.document.name == mutation.file for related in finding.related)
    return finding.stage in (mutation.stage, None) or finding.stage in mutation.or_stages


# --- the fix -------------------------------------------------------------------------------------------------


def _mend(sound: Sound, mutation: Mutation, broken: Project, finding: Finding, selection: Selection) -> str:
    """What is wrong after the fix; nothing if the project is as it was."""
    project = broken
    first = Graph(Index(broken))
    for _ in range(_ROUNDS):
        fix = finding.fix
        assert fix is not None
        texts = {path: apply_edits(_text(project, path), edits) for path, edits in fix.edits.items()}
        mended = project.overlaid(texts)
        before, after = Graph(Index(project)), Graph(Index(mended))
        if not is_as_declared(before, after, [fix], list(texts)):
            return f"the fix does more than it declares: {fix.title}"
        project = mended
        left = _new(lint_project(project, selection).findings, sound.findings)
        left = [other for other in left if not sound.is_flawed(other)]
        if mutation.restores == "commands":
            left = [other for other in left if other.code != "PK602"]  # it is a new command, and has not run yet
        more = [other for other in left if other.fix is not None]
        if not left:
            break
        if not more:
            return f"left after the fix '{fix.title}': {'; '.join(map(repr, left[:4]))}"
        finding = more[0]
    else:
        return "fixing it does not come to an end"
    if mutation.restores == "nothing":
        return ""
    if mutation.restores == "pipeline":
        return _difference(_unordered(after), _unordered(sound.graph))
    return _difference(_without_params(_unordered(after)), _without_params(_unordered(first)))


def _text(project: Project, path: str) -> str:
    try:
        return project.disk.read(path)
    except FileNotFoundError:
        return ""


def _unordered(graph: Graph) -> dict[str, Any]:
    """The pipeline as DVC sees it, and nothing of the order in which things are listed."""
    view = view_of(graph)
    found: dict[str, Any] = {
        address: {
            "cmd": stage.cmd,
            "wdir": stage.wdir,
            "deps": set(stage.deps),
            "outs": [repr(out) for out in stage.outs],
            "params": {(file, key) for file, keys in stage.params for key in keys or ("(all of it)",)},
            "frozen": stage.frozen,
            "always_changed": stage.always_changed,
        }
        for address, stage in view.stages.items()
    }
    found["edges"] = set(view.edges)
    return found


def _without_params(view: dict[str, Any]) -> dict[str, Any]:
    return {
        address: {name: value for name, value in stage.items() if name != "params"} if address != "edges" else stage
        for address, stage in view.items()
    }


def _difference(mended: dict[str, Any], wanted: dict[str, Any]) -> str:
    for address in sorted({*mended, *wanted}):
        one, other = mended.get(address), wanted.get(address)
        if one != other:
            if isinstance(one, dict) and isinstance(other, dict):
                field = next(name for name in one if one[name] != other[name])
                return f"after the fix {address} has other {field}: {one[field]!r}, not {other[field]!r}"
            return f"after the fix {address} is {one!r}, not {other!r}"
    return ""
