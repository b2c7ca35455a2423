"""Which of the data that DVC keeps is on this machine: in the workspace, in the cache, or not at all.

In a fresh clone nothing is; after a `dvc pull` of one stage, some is. What is nowhere was never fetched, and that it
is missing says nothing about a pipeline. What is missing here but lies in the cache, or is kept by git, was deleted.
"""

from __future__ import annotations

from functools import cached_property

from pipelinekit.freshness.hashes import Hashes
from pipelinekit.freshness.records import recorded_entry, records
from pipelinekit.freshness.tracked import is_cached, tracked_entry
from pipelinekit.graph.graph import Graph
from pipelinekit.project.cache import Cache
from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.disk import Kind, UnreadableError
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.paths import is_outside
from pipelinekit.resolve.stage import Out, TrackedFile


class Presence:
    """What is here of a project's outputs and dependencies."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._project = graph.index.project
        self.hashes = graph.derived(hashes)
        self.cache = Cache(self._project)
        #: without `.dvc` there is no cache, and no DVC that could miss something in it
        self.has_cache = self._project.disk.kind(DVC_FOLDER) == "folder"
        self._cached: dict[Out, bool] = {}
        self._absent: dict[Out, bool] = {}
        self._entries: dict[Out, LockEntry | None] = {}
        self._known = graph.derived(records)

    def kind(self, path: str) -> Kind | None:
        """What is at a path in the workspace."""
        return self._project.disk.kind(path)

    def entry(self, out: Out) -> LockEntry | None:
        """What the last run, or a `.dvc` file, recorded of an output; None if nothing, or without an MD5."""
        if out not in self._entries:
            self._entries[out] = self._read_entry(out)
        return self._entries[out]

    def _read_entry(self, out: Out) -> LockEntry | None:
        if isinstance(out.stage, TrackedFile):
            return tracked_entry(out.stage, out)
        record = self._known.get(out.stage)
        entry = recorded_entry(out, out.stage, record.locked if record is not None else None)
        return entry if entry is not None and entry.md5 is not None else None

    def is_kept(self, out: Out) -> bool:
        """Whether the cache is to have an output."""
        if not out.is_local or out.is_outside:
            return False
        return is_cached(out.stage, out) if isinstance(out.stage, TrackedFile) else out.cache

    def is_in_cache(self, out: Out) -> bool:
        """Whether the cache has all of a recorded output."""
        known = self._cached.get(out)
        if known is None:
            known = self._cached[out] = self.is_kept(out) and self.can_be_restored(out)
        return known

    def can_be_restored(self, out: Out) -> bool:
        """Whether the cache has all of a recorded output, kept there or not: a run keeps what git has, too."""
        entry = self.entry(out)
        return (
            entry is not None
            and entry.md5 is not None
            and self.has_cache
            and self.cache.has(entry.md5, legacy=entry.legacy, is_sound=self._is_sound)
        )

    def _is_sound(self, path: str, md5: str, legacy: bool) -> bool:
        try:
            return self.hashes.of_file(path, legacy=legacy) == md5
        except UnreadableError:
            return False

    def is_absent(self, out: Out) -> bool:
        """Whether a recorded output was never fetched: it is neither in the workspace nor in the cache.

        What no cache keeps, and git neither, only a run brings: it counts as deleted where other data is here.
        """
        known = self._absent.get(out)
        if known is None:
            known = self._absent[out] = self.entry(out) is not None and self._was_not_fetched(out)
        return known

    def _was_not_fetched(self, out: Out) -> bool:
        kind = self.kind(out.path)
        if kind is not None:
            return kind == "folder" and self.is_kept(out) and not self.is_in_cache(out) and self._is_bare(out.path)
        if self.is_kept(out):
            return not self.is_in_cache(out)
        return not self.is_tracked_by_git(out.path) and not self.has_data

    def _is_bare(self, folder: str) -> bool:
        """Whether there is nothing in a folder but what git keeps there, such as a `.gitkeep`."""
        git = self._project.git
        try:
            members = self.hashes.members(folder)
        except UnreadableError:
            return False
        return all(git is not None and path in git.tracked for path in members)

    def is_tracked_by_git(self, path: str) -> bool:
        git = self._project.git
        if git is None:
            return False
        if is_outside(path):
            return bool(git.tracked_outside([path]))
        return path in git.tracked or git.tracked_below(path) is not None

    def _may_be_in_git(self, out: Out) -> bool:
        """Whether an output could have come with a clone, or, where git is not asked, with an archive of one."""
        return self.is_tracked_by_git(out.path) or (self._project.git is None and not self.is_kept(out))

    @cached_property
    def has_data(self) -> bool:
        """Whether anything that git does not keep was made or fetched here: then this is no fresh clone."""
        for outs in self._graph.outs.values():
            for out in outs:
                if self.entry(out) is None or not out.is_local:
                    continue
                if self.is_in_cache(out):
                    return True
                kind = self.kind(out.path)
                if kind is None or self._may_be_in_git(out):
                    continue
                if kind != "folder" or not self._is_bare(out.path):
                    return True
        return False


def hashes(graph: Graph) -> Hashes:
    """The MD5s of a project's files. For `graph.derived`."""
    return Hashes(graph.index.project)


def presence(graph: Graph) -> Presence:
    """What is here. For `graph.derived`."""
    return Presence(graph)
