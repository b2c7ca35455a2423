"""What changed between a revision and the work tree, as data: files, values of parameters, recorded data, stages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from pipelinekit.freshness.inputs import ABSENT, is_same
from pipelinekit.freshness.records import lock_path, recorded_entry, records, unreadable_locks
from pipelinekit.freshness.tracked import tracked_entry
from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import is_candidate
from pipelinekit.project.locked import LockedStage
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.project import Project, Unreadable
from pipelinekit.project.revision import RevisionDisk
from pipelinekit.project.work_tree import FileChange, changed_files
from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage, TrackedFile


class ParamsChange:
    """A params file on both sides; None where there is none, or none that can be read."""

    def __init__(self, path: str, before: ParamsFile | None, after: ParamsFile | None) -> None:
        self.path = path
        self.before = before
        self.after = after
        self._values: dict[str, tuple[Any, Any]] = {}

    def values(self, key: str) -> tuple[Any, Any]:
        """What a dotted key led to, and what it leads to."""
        if key not in self._values:
            self._values[key] = (_value(self.before, key), _value(self.after, key))
        return self._values[key]

    def is_changed(self, key: str) -> bool:
        was, now = self.values(key)
        if was is ABSENT or now is ABSENT:
            return was is not now
        return not (is_same(now, was) or is_same(was, now))

    @cached_property
    def keys(self) -> list[str]:
        """The keys at the top whose value is another one."""
        before, after = _top(self.before), _top(self.after)
        names = [str(key) for key in dict.fromkeys([*after, *before])]
        return [name for name in names if self.is_changed(name)]


def _top(file: ParamsFile | None) -> dict[Any, Any]:
    return file.data if file is not None and isinstance(file.data, dict) else {}


def _value(file: ParamsFile | None, key: str) -> Any:
    if file is None:
        return ABSENT
    try:
        return file.find(key)
    except (KeyError, ValueError):
        return ABSENT


class Changes(NamedTuple):
    """What is not as it was. `before` and `after` are one graph if nothing that makes up the graph has changed."""

    before: Graph
    after: Graph
    #: every file of the repository that differs, `../x` outside of the project
    files: dict[str, FileChange]
    #: params files among them
    params: dict[str, ParamsChange]
    #: data, by path, whose record in a `.dvc` file or a lock is another one, with the file that has the record
    data: dict[str, str]
    #: the records of the last runs as they were, of stages whose record is another one; None where there was none
    runs: dict[Stage, LockedStage | None]

    @property
    def earlier(self) -> dict[str, Stage]:
        """The stages of the revision by address."""
        return {stage.address: stage for stage in self.before.index.stages}


def read_changes(graph: Graph, revision: str, known: Graph | None = None) -> Changes:
    """Compare the work tree with a revision. Nothing is checked out. Raises RevisionError.

    `known` is the graph at that revision, for those who have it; its project is left open.
    """
    project = graph.index.project
    earlier = project.at_revision(revision) if known is None else known.index.project
    assert isinstance(earlier.disk, RevisionDisk)
    try:
        files = changed_files(project.root, earlier.disk.revision)
        before = graph
        if _concerns_graph(files, graph):
            before = known if known is not None else Graph(Index(earlier))
        named = [path for path in _params_files(files, before, graph) if _is_usable(path, project)]
        params = {path: ParamsChange(path, *_both(path, earlier, project)) for path in named}
        runs = _changed_runs(earlier, graph, files)
        data = {**_changed_data(before, graph), **_changed_results(runs, graph)}
    finally:
        if known is None:
            earlier.disk.close()
    return Changes(before, graph, files, params, data, runs)


def _concerns_graph(files: dict[str, FileChange], graph: Graph) -> bool:
    """Whether the stages may be others: not by scripts, by data, or by what is only listed under `params`."""
    loaded = {path for pipeline in graph.index.pipelines for path in pipeline.context.loaded}
    loaded |= {posixpath.normpath(f"{pipeline.folder}/{PARAMS_YAML}") for pipeline in graph.index.pipelines}
    has_own_vars = any(definition.field("vars") is not None for definition in graph.index.definitions)
    names = {".gitignore", ".dvcignore"}
    return any(
        is_candidate(path)
        or path in loaded
        or path.rpartition("/")[2] in names
        or path == ".dvc/config"
        or (has_own_vars and path.endswith((".yaml", ".yml", ".json", ".toml", ".py")))
        for path in files
    )


def _params_files(files: dict[str, FileChange], before: Graph, after: Graph) -> list[str]:
    """The changed files that hold parameters, or variables of templates."""
    found: set[str] = set()
    for graph in {id(before): before, id(after): after}.values():
        found.update(param.file for stage in graph.index.stages for param in stage.params)
        found.update(path for pipeline in graph.index.pipelines for path in pipeline.context.loaded)
        found.update(posixpath.normpath(f"{pipeline.folder}/{PARAMS_YAML}") for pipeline in graph.index.pipelines)
    return [path for path in files if path in found or path.rpartition("/")[2] == PARAMS_YAML]


def _is_usable(path: str, project: Project) -> bool:
    """Whether the values of a params file are known: with a conflict in it they are not, but they are not gone."""
    file = project.params(path)
    return file is None or (not isinstance(file, Unreadable) and file.problem is None)


def _both(path: str, earlier: Project, project: Project) -> tuple[ParamsFile | None, ParamsFile | None]:
    was, now = earlier.params(path), project.params(path)
    return (
        None if isinstance(was, Unreadable) or (was is not None and was.problem is not None) else was,
        None if isinstance(now, Unreadable) or (now is not None and now.problem is not None) else now,
    )


def _changed_data(before: Graph, after: Graph) -> dict[str, str]:
    """Data whose `.dvc` file has another checksum of it."""
    if before is after:
        return {}
    was = {path: md5 for tracked in before.index.tracked_files for path, md5 in _data_of(tracked)}
    found: dict[str, str] = {}
    for tracked in after.index.tracked_files:
        for path, md5 in _data_of(tracked):
            if md5 is None or was.get(path) != md5:
                found[path] = tracked.file
    return found


def _data_of(tracked: TrackedFile) -> Iterator[tuple[str, str | None]]:
    """What a `.dvc` file tracks, with the MD5 that it has of it."""
    for out in tracked.outs:
        entry = tracked_entry(tracked, out)
        yield out.path, entry.md5 if entry is not None else None


def _changed_runs(earlier: Project, graph: Graph, files: dict[str, FileChange]) -> dict[Stage, LockedStage | None]:
    """The earlier records of the stages whose record has changed, as far as their locks can be read now."""
    found: dict[Stage, LockedStage | None] = {}
    now, unreadable = graph.derived(records), unreadable_locks(graph)
    for pipeline in graph.index.pipelines:
        path = lock_path(pipeline.path, graph.index.project.root)
        if path in unreadable:
            continue
        lock = earlier.lock(path) if path in files else None
        for stage in pipeline.stages if path in files else ():
            was = lock.stages.get(stage.name) if lock is not None else None
            record = now.get(stage)
            if _facts(was) != _facts(record.locked if record is not None else None):
                found[stage] = was
    return found


def _facts(locked: LockedStage | None) -> Any:
    """What a record says, without where it says so."""
    if locked is None:
        return None
    deps = {path: entry.md5 for path, entry in locked.deps.items()}
    return locked.cmd, deps, {path: entry.md5 for path, entry in locked.outs.items()}, locked.params


def _changed_results(runs: dict[Stage, LockedStage | None], graph: Graph) -> dict[str, str]:
    """Outputs that a lock records with another checksum than it did."""
    found: dict[str, str] = {}
    for stage, was in runs.items():
        record = graph.derived(records).get(stage)
        for out in stage.outs if was is not None and record is not None else ():
            assert was is not None
            assert record is not None
            now, old = recorded_entry(out, stage, record.locked), recorded_entry(out, stage, was)
            if now is not None and old is not None and old.md5 != now.md5:
                found[out.path] = record.lock.document.name
    return found
