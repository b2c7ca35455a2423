"""What a stage used when it last ran, against what is here: code, data, values, and the results of other stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.freshness.contents import contents
from pipelinekit.freshness.records import Record, recorded_entry, records
from pipelinekit.freshness.tracked import tracked_entry
from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import is_outside
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Dep, Out, Param, Stage, TrackedFile
from pipelinekit.yaml.tree import Place


class FileChange(NamedTuple):
    """A file or folder is not what a stage used, or left, when it last ran."""

    item: Dep | Out
    recorded: Place


class ProducerChange(NamedTuple):
    """The stage or `.dvc` file that makes a dependency has made another one since."""

    dep: Dep
    producer: Stage | TrackedFile
    #: where the last run of the stage has its MD5, and where the last run of the producer has
    recorded: Place
    made: Place


class ValueChange(NamedTuple):
    """A parameter has another value. `name` is its key, `was` or `now` is `ABSENT` if one side has none."""

    param: Param
    name: str
    was: Any
    now: Any
    recorded: Place


InputChange = FileChange | ProducerChange | ValueChange
#: The value of a parameter on the side that has not got it.
ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "nothing"})()


def input_changes(stage: Stage, record: Record, graph: Graph) -> Iterator[InputChange]:
    """What has changed for certain; what is not here, or not recorded, says nothing."""
    if stage.knows("deps", "wdir"):
        for dep in stage.deps:
            yield from _dep_change(stage, dep, record, graph)
    if stage.knows("params", "wdir"):
        yield from _value_changes(stage, record, graph)
    if stage.knows("outs", "metrics", "plots", "wdir"):
        for out in stage.outs:
            yield from _out_change(stage, out, record, graph)


def _dep_change(stage: Stage, dep: Dep, record: Record, graph: Graph) -> Iterator[InputChange]:
    lock, locked = record
    entry = recorded_entry(dep, stage, locked)
    if entry is None or entry.md5 is None or not dep.is_local:
        return
    makers = graph.made_by(dep.path)
    if makers:
        made = _made(makers[0], graph) if len(makers) == 1 and makers[0].path == dep.path else None
        if made is not None and _differ(entry, made[0]):
            yield ProducerChange(dep, makers[0].stage, lock.place_of(locked, entry), made[1])
        return
    if _is_changed(dep.path, entry, graph):
        yield FileChange(dep, lock.place_of(locked, entry))


def _is_changed(path: str, entry: LockEntry, graph: Graph) -> bool:
    if not _is_shared(path, graph):
        return False
    comparison = graph.derived(contents).compared(path, entry)
    if comparison == "changed or CRLF" and graph.derived(_is_from_windows):
        return False
    return comparison in ("changed", "changed or CRLF") and not _is_filtered(path, graph)


def _is_filtered(path: str, graph: Graph) -> bool:
    """Whether git has another content than the disk on which the stage ran: a notebook without its outputs, say."""
    git = graph.index.project.git
    # Git LFS gives back what it was given
    return git is not None and graph.derived(_has_filters) and git.filter_of(path) not in ("", "lfs")


def _has_filters(graph: Graph) -> bool:
    project = graph.index.project
    assert project.git is not None
    files = {path for path in project.git.tracked if path.rpartition("/")[2] == ".gitattributes"}
    return any(_sets_filters(path, project) for path in {*files, f"{project.git.levels_up}.gitattributes"})


def _sets_filters(path: str, project: Project) -> bool:
    try:
        return "filter=" in project.disk.read(path)
    except (UnreadableError, FileNotFoundError):
        return False


def _is_shared(path: str, graph: Graph) -> bool:
    """Whether what is here is what everybody has: git tracks it, or there is no git and this is all there is."""
    git = graph.index.project.git
    if git is None or path in git.tracked or path == ".":
        return True
    return path in graph.derived(_shared_outside) if is_outside(path) else git.tracked_below(path) is not None


def _shared_outside(graph: Graph) -> set[str]:
    """Dependencies outside of the project, in the repository that holds it, that git tracks."""
    git = graph.index.project.git
    paths = {dep.path for stage in graph.derived(records) for dep in stage.deps if is_outside(dep.path)}
    return git.tracked_outside(sorted(paths)) if git is not None else set()


def _is_from_windows(graph: Graph) -> bool:
    """Whether something was recorded with the line ends of Windows: then anything may have been."""
    found = graph.derived(contents)
    for stage, record in graph.derived(records).items():
        for dep in stage.deps:
            entry = recorded_entry(dep, stage, record.locked)
            if entry is not None and dep.is_local and found.compared(dep.path, entry) == "same with CRLF":
                return True
    return False


def _differ(one: LockEntry, other: LockEntry) -> bool:
    """Whether two entries are of different contents. DVC 2 counted differently: that can't be compared."""
    return one.md5 is not None and other.md5 is not None and one.md5 != other.md5 and one.legacy == other.legacy


def _made(out: Out, graph: Graph) -> tuple[LockEntry, Place] | None:
    """The record of what a stage, or a `.dvc` file, has made."""
    if isinstance(out.stage, TrackedFile):
        return _tracked(out, out.stage)
    record = graph.derived(records).get(out.stage)
    if record is None:
        return None
    entry = recorded_entry(out, out.stage, record.locked)
    return (entry, record.lock.place_of(record.locked, entry)) if entry is not None else None


def _tracked(out: Out, file: TrackedFile) -> tuple[LockEntry, Place] | None:
    entry = tracked_entry(file, out)
    return (entry, Place(file.document, entry.start, entry.end)) if entry is not None else None


def _out_change(stage: Stage, out: Out, record: Record, graph: Graph) -> Iterator[InputChange]:
    """An output that git keeps is part of the commit, and can be compared."""
    git = graph.index.project.git
    if out.cache or git is None or not out.is_local or graph.outs[out.path] != [out]:
        return
    entry = recorded_entry(out, stage, record.locked)
    if entry is None or entry.is_folder or out.path not in git.tracked:
        return
    if _is_changed(out.path, entry, graph):
        yield FileChange(out, record.lock.place_of(record.locked, entry))


# --- parameters ------------------------------------------------------------------------------------------------


def _value_changes(stage: Stage, record: Record, graph: Graph) -> Iterator[ValueChange]:
    whole = {param.file_text for param in stage.params if param.key is None}
    for param in stage.params:
        values = record.locked.params.get(param.file_text)
        if values is None or graph.made_by(param.file):
            continue
        file = graph.index.project.params(param.file)
        if not isinstance(file, ParamsFile) or file.problem is not None:
            continue
        if param.key is None:
            yield from _whole_file_changes(param, values, file, record)
        elif param.file_text not in whole and param.key in values:
            try:
                now = file.find(param.key)
            except (KeyError, ValueError):
                continue  # a parameter that is not there is found by a rule of its own
            if not is_same(now, values[param.key]):
                yield _value_change(param, param.key, values[param.key], now, record)


def _whole_file_changes(
    param: Param, values: dict[Any, Any], file: ParamsFile, record: Record
) -> Iterator[ValueChange]:
    data = file.data if isinstance(file.data, dict) else {}
    for key in dict.fromkeys([*data, *values]):
        was, now = values.get(key, ABSENT), data.get(key, ABSENT)
        if was is ABSENT or now is ABSENT or not is_same(now, was):
            yield _value_change(param, str(key), was, now, record)


def is_same(now: Any, was: Any) -> bool:
    """By the comparison of DVC: `1`, `1.0` and `true` are equal; a tuple is recorded as a list."""
    return bool(now == was) or (isinstance(now, tuple) and list(now) == was)


def _value_change(param: Param, name: str, was: Any, now: Any, record: Record) -> ValueChange:
    return ValueChange(param, name, was, now, record.lock.place(record.locked))
