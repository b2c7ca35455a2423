"""The data that one state of a project has and another has not: what the cache and the remote grow by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.freshness.presence import presence
from pipelinekit.graph.graph import Graph
from pipelinekit.project.locked import LockEntry
from pipelinekit.resolve.stage import Out, Stage, TrackedFile


class AddedData(NamedTuple):
    """A cached output of which the later state has another content."""

    path: str
    maker: Stage | TrackedFile
    #: bytes; None if no lock has it
    size: int | None


def added_data(old: Graph, new: Graph) -> list[AddedData]:
    """What the locks and `.dvc` files of the new state record and those of the old one do not, each content once.

    Of a folder the size is that of all its files, those that were there before included.
    """
    known = {entry.md5 for _, entry in _recorded(old)}
    found: list[AddedData] = []
    for out, entry in _recorded(new):
        if entry.md5 not in known:
            known.add(entry.md5)
            found.append(AddedData(out.path, out.stage, entry.size))
    return found


def _recorded(graph: Graph) -> Iterator[tuple[Out, LockEntry]]:
    here = graph.derived(presence)
    for node in graph.nodes:
        for out in node.outs:
            entry = here.entry(out) if here.is_kept(out) else None
            if entry is not None:
                yield out, entry
