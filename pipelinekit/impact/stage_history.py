"""What became of a stage from one commit to the next, as the lock in git tells: by whom, when, and what was changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple

from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.freshness.records import Record, lock_path
from pipelinekit.graph.graph import Graph
from pipelinekit.project.locked import LockedStage, LockEntry
from pipelinekit.resolve.stage import Stage
from pipelinekit.storage.history import UNREADABLE, LockHistory

EntryKind = Literal["cmd", "dep", "param", "out"]


class EntryChange(NamedTuple):
    """A part of a stage's entry in the lock that is another one than before.

    `was` and `now` are commands, values of parameters, or entries of files; `ABSENT` where there is none.
    """

    kind: EntryKind
    #: a path, `file:key`, or empty for the command
    name: str
    was: Any
    now: Any


class Commit(NamedTuple):
    """A commit that changed a stage's entry; one without id is still to be made."""

    id: str
    when: datetime | None
    author: str
    #: whether the entry is new or taken away: then there are no changes to tell
    event: Literal["added", "changed", "removed"]
    changes: tuple[EntryChange, ...]


class StageHistory(NamedTuple):
    """The newest commits that changed a stage's entry, newest first."""

    commits: tuple[Commit, ...]
    #: whether there are, or may be, older ones
    is_cut: bool


def stage_history(graph: Graph, stage: Stage, record: Record | None, limit: int) -> StageHistory:
    """The commits that changed the stage's entry in its lock, `limit` at most. Empty without git."""
    project = graph.index.project
    path = lock_path(stage.file, project.root)
    git = project.git
    if git is None or path not in git.tracked:
        return StageHistory((), False)
    history = LockHistory(project.root, [path])
    found: list[Commit] = []
    committed = history.committed(stage.name)
    if committed is not UNREADABLE and project.lock(path) is not None:
        uncommitted = _commit("", None, "", committed, record.locked if record is not None else None)
        found += [uncommitted] if uncommitted is not None else []
    for change in history.changes_of(stage.name):
        commit = _commit(change.commit, _moment(change.time), change.author, change.before, change.after)
        if commit is not None:
            if len(found) == limit:
                return StageHistory(tuple(found), True)
            found.append(commit)
    return StageHistory(tuple(found), history.is_cut)


def _moment(seconds: int) -> datetime | None:
    """When a commit says that it was made; None if there is no such day."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return None


def _commit(
    name: str, when: datetime | None, author: str, before: LockedStage | None, after: LockedStage | None
) -> Commit | None:
    """What one commit did; None if that is nothing."""
    if before is None or after is None:
        if before is after:
            return None
        return Commit(name, when, author, "added" if before is None else "removed", ())
    changes = tuple(entry_changes(before, after))
    return Commit(name, when, author, "changed", changes) if changes else None


def entry_changes(before: LockedStage, after: LockedStage) -> Iterator[EntryChange]:
    """What is different between two records of a stage."""
    if before.cmd != after.cmd:
        yield EntryChange("cmd", "", before.cmd, after.cmd)
    yield from _file_changes("dep", before.deps, after.deps)
    for file in dict.fromkeys([*before.params, *after.params]):
        was, now = before.params.get(file, {}), after.params.get(file, {})
        for key in dict.fromkeys([*was, *now]):
            values = was.get(key, ABSENT), now.get(key, ABSENT)
            if values[0] != values[1] or values[0] is ABSENT:
                yield EntryChange("param", f"{file}:{key}", *values)
    yield from _file_changes("out", before.outs, after.outs)


def _file_changes(kind: EntryKind, before: dict[str, LockEntry], after: dict[str, LockEntry]) -> Iterator[EntryChange]:
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path), after.get(path)
        if was is None or now is None:
            yield EntryChange(kind, path, was or ABSENT, now or ABSENT)
        elif (was.md5, was.size) != (now.md5, now.size):
            yield EntryChange(kind, path, was, now)
