"""Which stage is recorded where: concrete stages and the entries of `dvc.lock` that belong to them."""

from __future__ import annotations

import os
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.lock import LOCK
from pipelinekit.project.locked import Lock, LockedStage, LockEntry
from pipelinekit.project.paths import folder_of, is_outside, join, relative
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Dep, Out, Stage


class Record(NamedTuple):
    """The last run of a stage, as its lock has it."""

    lock: Lock
    locked: LockedStage


def lock_path(file: str, root: str) -> str:
    """The lock of a `dvc.yaml`."""
    return join(folder_of(file), LOCK, root)


def lock_paths(graph: Graph) -> list[str]:
    """The locks of all `dvc.yaml`, whether they are there or not."""
    root = graph.index.project.root
    return list(dict.fromkeys(lock_path(pipeline.path, root) for pipeline in graph.index.pipelines))


def lock_of(pipeline: Pipeline) -> Lock | None:
    """The lock of a pipeline; None if there is none, or none that can be read."""
    return pipeline.project.lock(lock_path(pipeline.path, pipeline.project.root))


def unreadable_locks(graph: Graph) -> list[str]:
    """The locks that are there and that DVC could not read: nothing can be said of their stages."""
    project = graph.index.project
    paths = {lock_path(pipeline.path, project.root): None for pipeline in graph.index.pipelines if pipeline.stages}
    return [path for path in paths if project.disk.kind(path) is not None and project.lock(path) is None]


def records(graph: Graph) -> dict[Stage, Record]:
    """The record of each stage that has one. For `graph.derived`."""
    found: dict[Stage, Record] = {}
    for pipeline in graph.index.pipelines:
        lock = lock_of(pipeline) if pipeline.stages else None
        if lock is None:
            continue
        for stage in pipeline.stages:
            locked = lock.stages.get(stage.name)
            if locked is not None:
                found[stage] = Record(lock, locked)
    return found


def recorded_path(item: Dep | Out, stage: Stage) -> str | None:
    """How DVC writes a path into the lock: as it is spelled, but an absolute one relative to `wdir`.

    None for an absolute one that leads out of the project: on the machine where it ran, it may not have.
    """
    if not os.path.isabs(item.text):
        return item.text
    return None if is_outside(item.path) else relative(item.path, stage.wdir)


def recorded_entry(item: Dep | Out, stage: Stage, locked: LockedStage | None) -> LockEntry | None:
    """What the last run of a stage has of a dependency or an output; None without a run."""
    path = recorded_path(item, stage)
    if locked is None or path is None:
        return None
    return (locked.deps if isinstance(item, Dep) else locked.outs).get(path)


class RecordedOut(NamedTuple):
    """An output and what the last run of its stage left there."""

    out: Out
    entry: LockEntry
    stage: Stage
    record: Record


def recorded_outs(graph: Graph) -> list[RecordedOut]:
    """The outputs that are recorded. For `graph.derived`."""
    found: list[RecordedOut] = []
    for stage, record in graph.derived(records).items():
        for out in stage.outs:
            entry = recorded_entry(out, stage, record.locked)
            if entry is not None:
                found.append(RecordedOut(out, entry, stage, record))
    return found


class Orphan(NamedTuple):
    """A record of a stage that `dvc.yaml` no longer has. `renamed` is the stage that it may have become."""

    lock: Lock
    locked: LockedStage
    pipeline: Pipeline
    renamed: Stage | None


def orphans(graph: Graph) -> list[Orphan]:
    """The records that belong to no stage, where all stages of the file are known. For `graph.derived`."""
    known = graph.derived(records)
    found: list[Orphan] = []
    for pipeline in graph.index.pipelines:
        lock = lock_of(pipeline) if _is_known(pipeline) else None
        if lock is None:
            continue
        names = {stage.name for stage in pipeline.stages}
        left = [locked for name, locked in lock.stages.items() if name not in names]
        free = [stage for stage in pipeline.stages if stage not in known] if left else []
        for locked in left:
            renamed = next((stage for stage in free if _is_the_same(stage, locked)), None)
            if renamed is not None:
                free.remove(renamed)
            found.append(Orphan(lock, locked, pipeline, renamed))
    return found


def renamed_stages(graph: Graph) -> dict[Stage, Orphan]:
    """Stages without a record that have one under another name. For `graph.derived`."""
    return {orphan.renamed: orphan for orphan in graph.derived(orphans) if orphan.renamed is not None}


def _is_known(pipeline: Pipeline) -> bool:
    """Whether there can be no stage in the file but those that are known."""
    return not (
        pipeline.document.is_broken
        or pipeline.problems
        or pipeline.unreachable
        or any(problem.kind != "retired-key" for problem in pipeline.shape_problems)
    )


def _is_the_same(stage: Stage, locked: LockedStage) -> bool:
    """Whether a stage makes what another made under its name."""
    outs = {out.text for out in stage.outs}
    return bool(outs) and outs == set(locked.outs)
