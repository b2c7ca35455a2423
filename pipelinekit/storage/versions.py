"""The versions of each output that git's history of the locks tells of, with their sizes."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import folder_of, join
from pipelinekit.storage.history import LockHistory


class OutputVersions(NamedTuple):
    """An output through time. `lock` and `path` as the lock spells it."""

    lock: str
    path: str
    #: bytes by MD5, newest first; None where no version of DVC wrote a size
    sizes: dict[str, int | None]

    @property
    def total(self) -> int:
        """Bytes of all versions of known size."""
        return sum(size or 0 for size in self.sizes.values())


class Versions(NamedTuple):
    """The outputs of a project through time."""

    outputs: dict[tuple[str, str], OutputVersions]
    #: bytes of all of them, what several have in common counted once
    total: int


def versions(graph: Graph) -> Versions:
    """The versions of all outputs. Reads the history of the locks: for `graph.derived`, and only when needed."""
    project = graph.index.project
    locks = {join(folder_of(pipeline.path), LOCK, project.root) for pipeline in graph.index.pipelines}
    tracked = sorted(locks & project.git.tracked) if project.git is not None else []
    outputs: dict[tuple[str, str], OutputVersions] = {}
    sizes: dict[str, int] = {}
    for version in LockHistory(project.root, tracked).versions() if tracked else ():
        for stage in version.stages.values():
            for entry in stage.outs.values():
                if entry.md5 is None:
                    continue
                key = (version.path, entry.path)
                known = outputs.get(key)
                if known is None:
                    known = outputs[key] = OutputVersions(*key, {})
                if known.sizes.get(entry.md5) is None:
                    known.sizes[entry.md5] = entry.size
                    sizes[entry.md5] = max(sizes.get(entry.md5, 0), entry.size or 0)
    return Versions(outputs, sum(sizes.values()))
