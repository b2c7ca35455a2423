"""Outputs whose content lies there under another path as well: the cache keeps it once, every workspace twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.freshness.records import RecordedOut, recorded_entry, recorded_outs
from pipelinekit.graph.graph import Graph


class Copy(NamedTuple):
    """An output that another one, or a dependency of its own stage, is the same as."""

    found: RecordedOut
    #: the path of the dependency; None where it is another output
    repeated_input: str | None
    #: the output that was first; the same one where there is only the dependency
    first: RecordedOut

    @property
    def of(self) -> str:
        """The path that has the same content."""
        return self.repeated_input if self.repeated_input is not None else self.first.out.path


def copies(graph: Graph, min_size: int = 0) -> Iterator[Copy]:
    """The cached outputs of at least so many bytes, by the locks that are here, that are copies."""
    first: dict[str, RecordedOut] = {}
    for found in graph.derived(recorded_outs):
        out, entry = found.out, found.entry
        if not out.cache or entry.md5 is None or (entry.size or 0) < min_size:
            continue
        repeated = _repeated_input(found)
        other = first.setdefault(entry.md5, found)
        if repeated is not None or other.out.path != out.path:
            yield Copy(found, repeated, other)


def _repeated_input(found: RecordedOut) -> str | None:
    for dep in found.stage.deps:
        entry = recorded_entry(dep, found.stage, found.record.locked)
        if entry is not None and entry.md5 == found.entry.md5:
            return dep.path
    return None
