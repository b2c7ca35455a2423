"""How large the outputs of stages are, as the locks recorded them. No data is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.freshness.records import recorded_entry, records
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage


class Size(NamedTuple):
    """Bytes, and the outputs that they don't tell of."""

    size: int
    #: outputs that no lock has a size of
    unknown: int


class StageSizes(NamedTuple):
    """What a stage left when it last ran."""

    outs: Size
    #: of these, what the cache holds
    cached: Size


def sizes(graph: Graph) -> dict[Stage, StageSizes]:
    """The sizes of the outputs of every stage. For `graph.derived`."""
    recorded = graph.derived(records)
    found: dict[Stage, StageSizes] = {}
    for stage in graph.index.stages:
        record = recorded.get(stage)
        size = cached = unknown = unknown_cached = 0
        for out in stage.outs:
            entry = recorded_entry(out, stage, record.locked if record is not None else None)
            is_cached = out.cache and out.is_local
            if entry is None or entry.size is None:
                unknown += 1
                unknown_cached += is_cached
            else:
                size += entry.size
                cached += entry.size if is_cached else 0
        found[stage] = StageSizes(Size(size, unknown), Size(cached, unknown_cached))
    return found


def added_at_most(graph: Graph, stages: Iterable[Stage]) -> Size:
    """What the cache grows by if the stages run again and all of their outputs become others of the same size."""
    known = graph.derived(sizes)
    found = [known[stage].cached for stage in stages if not stage.frozen]
    return Size(sum(each.size for each in found), sum(each.unknown for each in found))
