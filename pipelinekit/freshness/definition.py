"""How a stage in `dvc.yaml` differs from the one that last ran: its command, and what it lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from pipelinekit.freshness.records import Record, recorded_path
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import join
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Dep, Out, Param, Stage
from pipelinekit.yaml.tree import Node, Place

Listed = Literal["dep", "out", "param"]


class CommandChange(NamedTuple):
    """The command is another one than DVC ran."""

    was: Any
    now: Any
    recorded: Place


class ListChange(NamedTuple):
    """Something is listed that was not when the stage last ran, or is no longer. `name` is a path or `file:key`."""

    kind: Listed
    name: str
    #: where it is listed now; None if it no longer is
    node: Node | None
    #: where it was recorded; None if it is new. Parameters have no place of their own: the stage stands for them
    recorded: Place | None

    @property
    def is_new(self) -> bool:
        return self.recorded is None


DefinitionChange = CommandChange | ListChange


def definition_changes(stage: Stage, record: Record, project: Project) -> Iterator[DefinitionChange]:
    """Every difference that can be told: fields that can't be read are left out."""
    lock, locked = record
    root = project.root
    if stage.knows("cmd") and stage.cmd != locked.cmd:
        yield CommandChange(locked.cmd, stage.cmd, lock.place(locked, locked.cmd_span))
    if stage.knows("deps", "wdir"):
        yield from _changes("dep", stage, record, stage.deps, locked.deps, root)
    if stage.knows("outs", "metrics", "plots", "wdir"):
        yield from _changes("out", stage, record, stage.outs, locked.outs, root)
    if stage.knows("params", "wdir") and all(_is_there(param, project) for param in stage.params):
        yield from _param_changes(stage, record)


def _is_there(param: Param, project: Project) -> bool:
    """Whether a parameter can be looked up. One that is misspelt is no new one, and has a rule of its own."""
    if param.key is None:
        return True
    file = project.params(param.file)
    if not isinstance(file, ParamsFile) or file.problem is not None:
        return file is None
    try:
        file.find(param.key)
    except (KeyError, ValueError):
        return False
    return True


def _changes(
    kind: Listed,
    stage: Stage,
    record: Record,
    listed: Iterable[Dep] | Iterable[Out],
    recorded: dict[str, LockEntry],
    root: str,
) -> Iterator[ListChange]:
    lock, locked = record
    known: set[str] = set()
    new: dict[str, Dep | Out] = {}
    for item in listed:
        path = recorded_path(item, stage)
        if path is None:
            return
        if path in recorded:
            known.add(path)
        elif not item.path.startswith("ds://"):
            new[item.path] = item
    gone = [entry for path, entry in recorded.items() if path not in known]
    if not new and not gone:
        return
    by_path = {join(stage.wdir, entry.path, root): entry for entry in gone}
    for path, item in new.items():
        if path not in by_path:  # else it is spelled in another way: the same file to people
            yield ListChange(kind, path, item.node, None)
    for path, entry in by_path.items():
        if path not in new:
            yield ListChange(kind, path, None, lock.place_of(locked, entry))


def _param_changes(stage: Stage, record: Record) -> Iterator[ListChange]:
    lock, locked = record
    whole = {param.file_text for param in stage.params if param.key is None}
    listed: dict[str, set[str]] = {}
    for param in stage.params:
        keys = listed.setdefault(param.file_text, set())
        if param.key is None:
            if param.file_text not in locked.params:
                yield ListChange("param", param.file, param.node, None)
        elif param.file_text not in whole and param.key not in keys:
            keys.add(param.key)
            if param.key not in locked.params.get(param.file_text, {}):
                yield ListChange("param", f"{param.file}:{param.key}", param.node, None)
    for file, values in locked.params.items():
        if file in whole:
            continue
        for key in values:
            if str(key) not in listed.get(file, ()):
                yield ListChange("param", f"{file}:{key}", None, lock.place(locked))
