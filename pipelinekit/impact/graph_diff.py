"""The difference between two graphs of a project: its stages, the edges between them, the values of its parameters.

What the files that a stage reads contain is no part of it: that a script has changed does not change the graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.param_diff import ParamDiff, param_diffs
from pipelinekit.impact.stage_diff import Change, Matched, StageDiff, matched_stages, stage_diffs, unread_files
from pipelinekit.resolve.stage import Stage


class EdgeDiff(NamedTuple):
    """`consumer` needs what `producer` makes, or no longer does, or needs other paths of it; both are addresses.

    A stage that was renamed goes by its new address. The paths are what passes, sorted.
    """

    consumer: str
    producer: str
    change: Change
    old: tuple[str, ...]
    new: tuple[str, ...]


class GraphDiff(NamedTuple):
    """What differs, in the order of the new files; what is gone comes last."""

    stages: tuple[StageDiff, ...]
    edges: tuple[EdgeDiff, ...]
    params: tuple[ParamDiff, ...]
    #: files that can't be read on one side or both: nothing is said of what is in them
    unread: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs, as far as can be known."""
        return not (self.stages or self.edges or self.params)


def graph_diff(old: Graph, new: Graph) -> GraphDiff:
    """Compare two graphs, in time that grows with their size."""
    matched = matched_stages(old, new)
    params = param_diffs(old, new)
    unread = dict.fromkeys([*unread_files(old), *unread_files(new), *params.unread])
    return GraphDiff(tuple(stage_diffs(matched, new)), tuple(_edge_diffs(old, new, matched)), params.params, (*unread,))


def narrowed(diff: GraphDiff, addresses: Collection[str]) -> GraphDiff:
    """What of a difference has to do with some stages."""
    return GraphDiff(
        tuple(stage for stage in diff.stages if stage.address in addresses),
        tuple(edge for edge in diff.edges if edge.consumer in addresses or edge.producer in addresses),
        tuple(param for param in diff.params if any(address in addresses for address in param.used_by)),
        diff.unread,
    )


def _edge_diffs(old: Graph, new: Graph, matched: Matched) -> Iterable[EdgeDiff]:
    names = {stage: after.address for stage, after in matched.pairs} | {
        stage: stage.address for stage in matched.removed
    }
    before = _paths(old, names)
    names = {after: after.address for _, after in matched.pairs} | {stage: stage.address for stage in matched.added}
    after = _paths(new, names)
    doubtful = {now.address for was, now in matched.pairs if not _edges_are_known(was) or not _edges_are_known(now)}
    for pair in dict.fromkeys([*after, *before]):
        were, are = before.get(pair, ()), after.get(pair, ())
        if were != are and not doubtful.intersection(pair):
            change: Change = "added" if not were else "removed" if not are else "changed"
            yield EdgeDiff(*pair, change, were, are)


def _edges_are_known(stage: Stage) -> bool:
    return stage.knows("deps", "params", "outs", "metrics", "plots", "wdir")


def _paths(graph: Graph, names: dict[Stage, str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What passes between each pair of stages that have a name."""
    paths: dict[tuple[str, str], set[str]] = {}
    for stage in graph.index.stages:
        for edge in graph.edges[stage]:
            producer = edge.producer
            if stage in names and isinstance(producer, Stage) and producer in names:
                paths.setdefault((names[stage], names[producer]), set()).add(edge.path)
    return {pair: tuple(sorted(found)) for pair, found in paths.items()}
