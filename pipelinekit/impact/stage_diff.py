"""What became of each stage between two graphs: which is new, gone or renamed, and which of its fields changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import SECTIONS, Out, Stage
from pipelinekit.yaml.tree import Mapping

Change = Literal["added", "removed", "changed"]

#: What an output has where nothing is said.
_DEFAULT_FLAGS = {"cache": True, "persist": False, "push": True}


class FieldChange(NamedTuple):
    """A field of a stage, in DVC's words, or one entry of a list in it, or one flag of such an entry.

    `name` is the entry: a path, or `file:key`; for an entry that is new, `old` is None and `new` the entry itself.
    """

    field: str
    old: Any
    new: Any
    name: str = ""
    flag: str = ""


class StageDiff(NamedTuple):
    """A stage that is new, gone, or another than it was."""

    address: str
    change: Change
    fields: tuple[FieldChange, ...] = ()
    #: the address that it had, where that is another one
    was: str | None = None
    #: the address of the foreach or matrix that it comes from
    group: str | None = None


class Matched(NamedTuple):
    """The stages of two graphs side by side, those left out that can't be told on the other side."""

    pairs: list[tuple[Stage, Stage]]
    added: list[Stage]
    removed: list[Stage]


def matched_stages(old: Graph, new: Graph) -> Matched:
    """Stages are the same that have the same address; else those that alone write the same outputs.

    Without outputs, those that alone run the same with the same.
    """
    before = {stage.address: stage for stage in old.index.stages}
    after = {stage.address: stage for stage in new.index.stages}
    pairs = [(before[address], stage) for address, stage in after.items() if address in before]
    gone = [stage for address, stage in before.items() if address not in after]
    come = [stage for address, stage in after.items() if address not in before]
    for what in (_writes, _does):
        renamed = _alike(gone, come, what)
        pairs += renamed
        known = {stage for pair in renamed for stage in pair}
        gone = [stage for stage in gone if stage not in known]
        come = [stage for stage in come if stage not in known]
    hidden_before, hidden_after = _Hidden(old), _Hidden(new)
    return Matched(
        pairs,
        [stage for stage in come if not hidden_before.may_hold(stage)],
        [stage for stage in gone if not hidden_after.may_hold(stage)],
    )


def unread_files(graph: Graph) -> list[str]:
    """The pipeline files of which it is not known which stages they define."""
    index = graph.index
    files = [unreadable.path for unreadable in index.unreadable]
    for pipeline in index.pipelines:
        no_stages = any(
            problem.path[:1] == ("stages",) and len(problem.path) < 2 for problem in pipeline.shape_problems
        )
        no_mapping = pipeline.document.root is not None and not isinstance(pipeline.document.root, Mapping)
        if pipeline.document.is_broken or no_stages or no_mapping:
            files.append(pipeline.path)
    return files


class _Hidden:
    """What can't be known of a graph, because files, or templates of many stages, can't be read."""

    def __init__(self, graph: Graph) -> None:
        self.files = frozenset(unread_files(graph))
        self.definitions = {
            (definition.file, definition.name) for definition in graph.index.definitions if not definition.stages
        }

    def may_hold(self, stage: Stage) -> bool:
        return stage.file in self.files or (stage.file, stage.definition.name) in self.definitions


def _writes(stage: Stage) -> Hashable:
    outs = frozenset(out.path for out in stage.outs)
    return outs if outs and stage.knows("outs", "metrics", "plots", "wdir") else None


def _does(stage: Stage) -> Hashable:
    if stage.outs or not stage.knows("cmd", "deps", "params", "wdir", "outs", "metrics", "plots"):
        return None
    return (str(stage.cmd), stage.wdir, frozenset(dep.path for dep in stage.deps), frozenset(_params(stage)))


def _alike(
    gone: Iterable[Stage], come: Iterable[Stage], what: Callable[[Stage], Hashable]
) -> list[tuple[Stage, Stage]]:
    before: dict[Hashable, list[Stage]] = defaultdict(list)
    after: dict[Hashable, list[Stage]] = defaultdict(list)
    for stage in gone:
        before[what(stage)].append(stage)
    for stage in come:
        after[what(stage)].append(stage)
    return [
        (before[key][0], stages[0])
        for key, stages in after.items()
        if key is not None and len(stages) == len(before.get(key, ())) == 1
    ]


def stage_diffs(matched: Matched, new: Graph) -> Iterator[StageDiff]:
    """What differs, in the order of the new files; what is gone comes last, in the order of the old ones."""
    before = {after: stage for stage, after in matched.pairs}
    added = set(matched.added)
    for stage in new.index.stages:
        if stage in added:
            yield StageDiff(stage.address, "added", group=_group(stage))
        elif stage in before:
            old = before[stage]
            was = old.address if old.address != stage.address else None
            fields = tuple(_field_changes(old, stage))
            if fields or was is not None:
                yield StageDiff(stage.address, "changed", fields, was, _group(stage))
    for stage in matched.removed:
        yield StageDiff(stage.address, "removed", group=_group(stage))


def _group(stage: Stage) -> str | None:
    return f"{stage.file}:{stage.definition.name}" if stage.definition.kind != "plain" else None


def _field_changes(old: Stage, new: Stage) -> Iterator[FieldChange]:
    def is_known(*fields: str) -> bool:
        return old.knows(*fields) and new.knows(*fields)

    if is_known("cmd") and old.cmd != new.cmd:
        yield FieldChange("cmd", old.cmd, new.cmd)
    if is_known("wdir") and old.wdir != new.wdir:
        yield FieldChange("wdir", old.wdir, new.wdir)
    if is_known("wdir", "deps"):
        yield from _entries("deps", [dep.path for dep in old.deps], [dep.path for dep in new.deps])
    if is_known("wdir", "params"):
        yield from _entries("params", _params(old), _params(new))
    if is_known("wdir", "outs", "metrics", "plots"):
        yield from _out_changes(old.outs, new.outs)
    for field in ("frozen", "always_changed"):
        if is_known(field) and getattr(old, field) != getattr(new, field):
            yield FieldChange(field, getattr(old, field), getattr(new, field))


def _params(stage: Stage) -> list[str]:
    """`file:key`, or the file alone where all of it counts."""
    return [f"{file}:{key}" for file, keys in stage.params_by_file().items() for key in keys] + [
        file for file, keys in stage.params_by_file().items() if not keys
    ]


def _entries(field: str, old: list[str], new: list[str]) -> Iterator[FieldChange]:
    before, after = dict.fromkeys(old), dict.fromkeys(new)
    yield from (FieldChange(field, None, entry, entry) for entry in after if entry not in before)
    yield from (FieldChange(field, entry, None, entry) for entry in before if entry not in after)


def _out_changes(old: list[Out], new: list[Out]) -> Iterator[FieldChange]:
    before, after = {out.path: out for out in old}, {out.path: out for out in new}
    for path, out in after.items():
        section = SECTIONS[out.kind]
        if path not in before:
            yield FieldChange(section, None, path, path)
            continue
        if out.kind != before[path].kind:
            yield FieldChange(section, SECTIONS[before[path].kind], section, path, "section")
        were, are = {**_DEFAULT_FLAGS, **before[path].flags}, {**_DEFAULT_FLAGS, **out.flags}
        for flag in dict.fromkeys([*were, *are]):
            if were.get(flag) != are.get(flag):
                yield FieldChange(section, were.get(flag), are.get(flag), path, str(flag))
    yield from (FieldChange(SECTIONS[out.kind], path, None, path) for path, out in before.items() if path not in after)
