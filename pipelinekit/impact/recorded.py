"""Whether `dvc.lock` already holds the run of a stage with what is here now: then DVC does not run it again."""

from __future__ import annotations

from pipelinekit.freshness.contents import md5_within
from pipelinekit.freshness.inputs import is_same
from pipelinekit.freshness.presence import presence
from pipelinekit.freshness.records import recorded_entry, recorded_path, records
from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.locked import LockedStage, LockEntry
from pipelinekit.project.params import ParamsFile
from pipelinekit.resolve.stage import Dep, Out, Param, Stage


class Recorded:
    """The locks of a project against what is here. Every answer is None where nothing can tell."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._project = graph.index.project
        self._here = graph.derived(presence)

    def run_of(self, stage: Stage) -> LockedStage | None:
        """What the lock has of a stage."""
        record = self._graph.derived(records).get(stage)
        return record.locked if record is not None else None

    def has_all(self, stage: Stage) -> bool:
        """Whether the stage ran just as it is now, with what is here now."""
        return (
            self.has_command(stage) is True
            and all(self.has_dep(stage, dep) for dep in stage.deps)
            and all(self.has_param(stage, param) for param in stage.params)
            and all(self.has_out(stage, out) is not None for out in stage.outs)
        )

    def has_command(self, stage: Stage) -> bool | None:
        """Whether the command is the one that ran."""
        locked = self.run_of(stage)
        return None if locked is None or not stage.knows("cmd") else bool(locked.cmd == stage.cmd)

    def has_dep(self, stage: Stage, dep: Dep) -> bool | None:
        """Whether a dependency is what the stage ran with; False for one that it ran without."""
        locked = self.run_of(stage)
        if locked is None:
            return None
        entry = recorded_entry(dep, stage, locked)
        if entry is None:
            return None if dep.path.startswith("ds://") else False
        return self._is_now(dep.path, entry)

    def has_out(self, stage: Stage, out: Out) -> bool | None:
        """Whether an output that lies here is what the stage made; None as well where nothing was recorded of it."""
        locked = self.run_of(stage)
        entry = recorded_entry(out, stage, locked)
        if entry is None or entry.md5 is None:
            return None
        if not out.is_local or self._project.disk.kind(out.path) is None:
            return False
        return self._is_content(out.path, entry)

    def can_restore(self, out: Out) -> bool:
        """Whether the cache has what the stage made."""
        return self._here.can_be_restored(out)

    def lists_out(self, stage: Stage, out: Out) -> bool | None:
        """Whether the run made this output, too."""
        locked = self.run_of(stage)
        return None if locked is None else recorded_path(out, stage) in locked.outs

    def has_param(self, stage: Stage, param: Param) -> bool | None:
        """Whether a parameter has the value that the stage ran with."""
        locked = self.run_of(stage)
        if locked is None:
            return None
        values = locked.params.get(param.file_text)
        if values is None:
            return False
        file = self._project.params(param.file)
        if not isinstance(file, ParamsFile) or file.problem is not None:
            return None if file is not None else False
        if param.key is None:
            data = file.data if isinstance(file.data, dict) else {}
            return set(data) == set(values) and all(is_same(data[key], values[key]) for key in data)
        if param.key not in values:
            return False
        try:
            return is_same(file.find(param.key), values[param.key])
        except (KeyError, ValueError):
            return False

    # --- contents ------------------------------------------------------------------------------------------

    def _is_now(self, path: str, entry: LockEntry) -> bool | None:
        """Whether a path has the content of an entry: by the record of whoever makes it, else by the disk."""
        if entry.md5 is None:
            return None
        makers = self._graph.holding(path)
        if len(makers) == 1:
            made = self._here.entry(makers[0])
            if made is None or made.legacy != entry.legacy:
                return None
            if makers[0].path == path:
                return made.md5 == entry.md5
            return self._is_member(path[len(makers[0].path) + 1 :], made, entry)
        if makers or self._graph.inside(path):
            return None
        return self._is_content(path, entry) if self._project.disk.exists(path) else False

    def _is_member(self, name: str, made: LockEntry, entry: LockEntry) -> bool | None:
        """The same for a part of a folder, where the cache has the list of the folder."""
        files = self._here.cache.files_of(made.md5) if made.md5 is not None and made.is_folder else None
        return None if files is None else md5_within(files, name) == entry.md5

    def _is_content(self, path: str, entry: LockEntry) -> bool | None:
        try:
            return self._here.hashes.of(path, legacy=entry.legacy) == entry.md5
        except UnreadableError:
            return None


def recorded(graph: Graph) -> Recorded:
    """For `Graph.derived`."""
    return Recorded(graph)
