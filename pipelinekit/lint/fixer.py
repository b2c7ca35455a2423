"""Applies fixes in rounds, and proves each round: what a fix did not declare must be as it was.

After every round the files are read again. Their data may differ only where a fix said so, and so may the
stages that DVC would see. A fix that did more is taken back and reported; nothing is written to disk here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import Linted, lint_project
from pipelinekit.lint.selection import Selection
from pipelinekit.project.project import Project, Unreadable
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.yaml.edit import Edit, apply_edits
from pipelinekit.yaml.tree import Document

if TYPE_CHECKING:
    from pipelinekit.lint.policy import Policy
    from pipelinekit.lint.scope import StageScope

#: More than any real file needs; a pair of fixes that undo each other must end somewhere.
MAX_ROUNDS = 200


class Fixed(NamedTuple):
    """What came of it."""

    #: the changed files: path → text before (None if there was no such file) and after
    texts: dict[str, tuple[str | None, str]]
    applied: list[Finding]
    #: what is left, fixes that were taken back included
    linted: Linted


def fix_project(
    project: Project,
    selection: Selection,
    *,
    unsafe: bool,
    files: frozenset[str] | None = None,
    policy: Policy | None = None,
    only: str | None = None,
    scope: StageScope | None = None,
) -> Fixed:
    """Apply every fix of the findings in `files` and in `scope` (None: everywhere), unsafe ones only if asked to.

    With `only`, no fix is applied that changes another file than this one.
    """
    return _Fixer(project, selection, unsafe, files, policy, only, scope).run()


class _Fixer:
    def __init__(
        self,
        project: Project,
        selection: Selection,
        unsafe: bool,
        files: frozenset[str] | None,
        policy: Policy | None,
        only: str | None,
        scope: StageScope | None,
    ) -> None:
        self.original = project
        self.project = project
        self.selection = selection
        self.unsafe = unsafe
        self.files = files
        self.policy = policy
        self.only = only
        self.scope = scope
        self.texts: dict[str, str] = {}
        self.applied: list[Finding] = []
        self.refused: dict[tuple[Any, ...], Finding] = {}
        self.counts: dict[tuple[Any, ...], int] = {}

    def run(self) -> Fixed:
        linted = lint_project(self.project, self.selection, self.policy)
        for _ in range(MAX_ROUNDS):
            chosen = self._choose(linted.findings)
            if not chosen:
                break
            if not self._try(linted.graph, chosen):
                for finding in chosen:
                    current = Graph(Index(self.project))
                    if not self._is_stale(finding) and not self._try(current, [finding]):
                        self._refuse(finding)
            linted = lint_project(self.project, self.selection, self.policy)
        linted.findings.extend(self.refused.values())
        texts = {path: (self._before(path), text) for path, text in self.texts.items() if self._before(path) != text}
        return Fixed(texts, self.applied, linted)

    def _before(self, path: str) -> str | None:
        try:
            return self.original.disk.read(path)
        except FileNotFoundError:
            return None

    # --- one round ------------------------------------------------------------------------------------------

    def _choose(self, findings: list[Finding]) -> list[Finding]:
        """The findings whose fixes don't touch each other; the rest waits for the next round."""
        taken: dict[str, list[tuple[int, int]]] = {}
        chosen: list[Finding] = []
        fixes: set[int] = set()
        for finding in findings:
            fix = finding.fix
            if fix is None or not (fix.safe or self.unsafe) or _identity(finding) in self.refused:
                continue
            if self.files is not None and not self.files.intersection(fix.edits) and finding.file not in self.files:
                continue
            if self.scope is not None and not self.scope.covers(finding):
                continue
            if self.only is not None and set(fix.edits) != {self.only}:
                continue
            if id(fix) in fixes or self._collides(fix, taken):
                continue
            fixes.add(id(fix))
            for path, edits in fix.edits.items():
                taken.setdefault(path, []).extend((edit.start, edit.end) for edit in edits)
            chosen.append(finding)
        return chosen

    def _collides(self, fix: Fix, taken: dict[str, list[tuple[int, int]]]) -> bool:
        return any(
            edit.start <= end and start <= edit.end
            for path, edits in fix.edits.items()
            for edit in edits
            for start, end in taken.get(path, ())
        )

    def _is_stale(self, finding: Finding) -> bool:
        """Whether the text has changed since the finding was made: its edits don't fit any more."""
        assert finding.fix is not None
        return self.project.disk.read(finding.file) != finding.place.document.text

    def _try(self, graph: Graph, findings: list[Finding]) -> bool:
        """Apply fixes together. False, and nothing is changed, if the result is not what they declared."""
        edits: dict[str, list[Edit]] = {}
        fixes = [finding.fix for finding in findings if finding.fix is not None]
        for fix in fixes:
            for path, own in fix.edits.items():
                edits.setdefault(path, []).extend(own)
        texts: dict[str, str] = {}
        for path, together in edits.items():
            try:
                text = self.project.disk.read(path)
            except FileNotFoundError:
                text = ""
            try:
                texts[path] = apply_edits(text, together)
            except ValueError:
                return False
        fixed = self.project.overlaid(texts)
        if not is_as_declared(graph, Graph(Index(fixed)), fixes, list(texts)):
            return False
        for finding in findings:
            identity = _identity(finding)
            self.counts[identity] = self.counts.get(identity, 0) + 1
            if self.counts[identity] > 2:
                return False
        self.project = fixed
        self.texts.update(texts)
        self.applied.extend(findings)
        return True

    def _refuse(self, finding: Finding) -> None:
        assert finding.fix is not None
        report = Finding(
            finding.place,
            f"the fix for {finding.code} would change more than it says, and was not applied: {finding.fix.title}",
            why="your file is as it was",
            help="This is a bug in the rule: please report it, with this file if you can.",
        )
        report.code, report.name, report.level = "PK009", "internal-error", "error"
        self.refused[_identity(finding)] = report


def _identity(finding: Finding) -> tuple[Any, ...]:
    return (finding.code, finding.file, finding.stage, finding.message)


# --- the proof -----------------------------------------------------------------------------------------------


def is_as_declared(before: Graph, after: Graph, fixes: list[Fix], paths: list[str]) -> bool:
    """Whether two versions of a project differ in nothing but what the fixes declare."""
    changes = [change for fix in fixes for change in fix.changes]
    fields = frozenset(field for fix in fixes for field in fix.fields)
    for path in paths:
        same_code = _is_same_code(before, after, path)
        if same_code is not None:
            if not same_code:
                return False
            continue
        old, new = _document(before, path), _document(after, path)
        if new is None or new.is_broken:
            return False
        if old is None or (old.is_broken and old.root is None):
            continue
        old_data = old.root.data if old.root is not None else {}
        new_data = new.root.data if new.root is not None else {}
        allowed = [change for change in changes if change.file == path]
        if any(not _is_allowed(place, allowed) for place in differences(old_data, new_data)):
            return False
    return _same_stages(before.index, after.index, fields, changes)


def _is_same_code(before: Graph, after: Graph, path: str) -> bool | None:
    """Whether two versions of a script differ in nothing but comments: no fix changes code. None if it is no script."""
    if path.endswith((".yaml", ".yml", ".json", ".dvc")):
        return None
    from pipelinekit.scripts.comments import language_of, script_comments

    try:
        texts = [graph.index.project.disk.read(path) for graph in (before, after)]
    except FileNotFoundError:
        return None
    if language_of(path, texts[0]) is None:
        return None
    codes = [comments.code_lines() for text in texts if (comments := script_comments(path, text)) is not None]
    return len(codes) == len(texts) and codes[0] == codes[1]


def _document(graph: Graph, path: str) -> Document | None:
    try:
        document = graph.index.project.document(path)
    except FileNotFoundError:
        return None
    return None if isinstance(document, Unreadable) else document


def _is_allowed(place: tuple[Any, ...], allowed: list[Change]) -> bool:
    return any(place[: len(change.path)] == change.path for change in allowed) or any(
        # a mapping that holds nothing but what is declared comes or goes with it
        change.path[: len(place)] == place
        for change in allowed
    )


def differences(old: Any, new: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of keys and indexes at which two values differ; the order of keys does not count."""
    if type(old) is not type(new):
        return [path]
    if isinstance(old, dict):
        found = [(*path, key) for key in old if key not in new] + [(*path, key) for key in new if key not in old]
        for key, value in old.items():
            if key in new:
                found += differences(value, new[key], (*path, key))
        return found
    if isinstance(old, list):
        if len(old) != len(new):
            return [path]
        return [
            place
            for index, (one, other) in enumerate(zip(old, new, strict=True))
            for place in differences(one, other, (*path, index))
        ]
    return [] if old == new or (old != old and new != new) else [path]


def _same_stages(before: Index, after: Index, fields: frozenset[str], changes: list[Change]) -> bool:
    renamed = {
        (change.file, change.path[1]) for change in changes if change.path[:1] == ("stages",) and len(change.path) == 2
    }
    later = {stage.address: stage for stage in after.stages}
    for stage in before.stages:
        if (stage.file, stage.definition.name) in renamed or stage.unknown:
            continue
        other = later.get(stage.address)
        if other is None:
            return False
        seen, expected = snapshot(other), snapshot(stage)
        if any(seen[field] != expected[field] for field in expected if field not in fields):
            return False
    known = {stage.address for stage in before.stages}
    doubtful = any(
        pipeline.problems or pipeline.shape_problems or pipeline.document.problems for pipeline in before.pipelines
    )
    return doubtful or (not renamed and all(address in known for address in later))


_FLAG_DEFAULTS = {"cache": True, "persist": False, "push": True}
#: Accepted by DVC, and without effect.
_IDLE_FLAGS = frozenset({"checkpoint"})


def _effective(flags: dict[str, Any]) -> list[tuple[str, str]]:
    """The flags of an output, said or not."""
    return sorted((name, repr(value)) for name, value in {**_FLAG_DEFAULTS, **flags}.items() if name not in _IDLE_FLAGS)


def snapshot(stage: Stage) -> dict[str, Any]:
    """A stage as DVC sees it: lists whose order has no meaning are sorted."""
    return {
        "cmd": stage.cmd,
        "wdir": stage.wdir,
        "deps": sorted({dep.path for dep in stage.deps}),
        "outs": sorted((out.path, out.kind, _effective(out.flags)) for out in stage.outs),
        "params": {file: sorted(keys) for file, keys in sorted(stage.params_by_file().items())},
        "frozen": stage.frozen,
        "always_changed": stage.always_changed,
    }
