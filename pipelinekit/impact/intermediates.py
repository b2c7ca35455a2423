"""Results that other stages use and that can be made again: what they weigh, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.freshness.records import recorded_outs
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.durations import Duration, durations
from pipelinekit.resolve.stage import Out, Stage


class Intermediate(NamedTuple):
    """A result that is pushed, that another stage uses, and whose stage was timed."""

    out: Out
    stage: Stage
    #: bytes of the version that is recorded
    size: int
    took: Duration


def intermediates(graph: Graph, min_size: int = 0) -> Iterator[Intermediate]:
    """Those of at least so many bytes; of stages that were never timed nothing is known.

    Raises ConfigurationError.
    """
    large = [found for found in graph.derived(recorded_outs) if (found.entry.size or 0) >= min_size]
    timed = graph.derived(durations) if large else {}
    for out, entry, stage, _ in large:
        took = timed.get(stage)
        if took is not None and _is_pushed(out) and _is_used(out, graph):
            yield Intermediate(out, stage, entry.size or 0, took)


def _is_pushed(out: Out) -> bool:
    return out.kind == "out" and out.cache and out.is_local and out.flags.get("push", True) is not False


def _is_used(out: Out, graph: Graph) -> bool:
    """Whether another stage uses an output, and it is no end in itself."""
    return any(edge.out is out and edge.consumer is not out.stage for edge in graph.consumers.get(out.stage, ()))
