"""Which stages run again because of a change, in the order in which they would, and the causes of each.

It is the most that can run: DVC leaves a stage as it is when what it gets turns out the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.impact.because import Affected, Because, Kind
from pipelinekit.impact.causes import Causes, causes_of, causes_since
from pipelinekit.impact.changes import Changes, read_changes
from pipelinekit.resolve.stage import Stage

__all__ = [
    "Affected",
    "Because",
    "Impact",
    "Kind",
    "affected_by_files",
    "affected_since",
    "changed_stages",
    "impact_of_files",
    "impact_since",
    "run_order",
]


class Impact(NamedTuple):
    """What a change does."""

    #: what was asked about, or has changed since the revision; relative to the project
    changed: tuple[str, ...]
    affected: list[Affected]
    #: frozen stages with a cause: DVC does not run them, and nothing comes down through them
    frozen: list[Affected]
    #: stages that have changed and whose `dvc.lock` already holds the run with that
    recorded: list[Stage]
    #: stages that DVC runs each time and that have no cause of their own
    always: list[Stage]
    #: paths that were asked about and that no stage uses
    unused: tuple[str, ...] = ()
    #: what has changed in detail, where a revision was given
    changes: Changes | None = None


def affected_by_files(graph: Graph, paths: Iterable[str]) -> list[Affected]:
    """What re-runs if some files or folders (relative to the project) change, in the order of the runs."""
    return impact_of_files(graph, paths).affected


def affected_since(graph: Graph, ref: str) -> list[Affected]:
    """What re-runs because of what changed since a git revision and is in no `dvc.lock` yet. Raises RevisionError."""
    return impact_since(graph, ref).affected


def changed_stages(graph: Graph, ref: str) -> frozenset[Stage]:
    """The stages whose definition, code, data or parameters are not those of a revision, whether or not they ran since.

    Raises RevisionError.
    """
    return frozenset(causes_since(read_changes(graph, ref)).of)


def impact_of_files(graph: Graph, paths: Iterable[str]) -> Impact:
    """The same as `affected_by_files`, with what there is to say about the rest."""
    return _impact(graph, causes_of(graph, paths))


def impact_since(graph: Graph, ref: str) -> Impact:
    """The same as `affected_since`, with what there is to say about the rest. Raises RevisionError."""
    changes = read_changes(graph, ref)
    return _impact(graph, causes_since(changes))._replace(changes=changes)


def _impact(graph: Graph, causes: Causes) -> Impact:
    reached: dict[GraphNode, Affected | None] = {}  # None: a `.dvc` file
    frozen: list[Affected] = []
    recorded: list[Stage] = []
    always: list[Stage] = []
    for node in run_order(graph):
        passed = [edge for edge in graph.edges[node] if edge.producer in reached and edge.producer is not node]
        if not isinstance(node, Stage):
            if not node.frozen and (node in causes.sources or passed):
                reached[node] = None
            continue
        made = {edge.path for edge in passed if isinstance(edge.producer, Stage)}
        own = causes.of.get(node, ())
        because = [cause.because for cause in own if not cause.is_recorded]
        because = [cause for cause in because if not (cause.kind == "dep" and cause.path in made)]
        for edge in passed:
            via = edge.producer if isinstance(edge.producer, Stage) else None
            if not any(known.path == edge.path and known.via is via for known in because if known.kind == "upstream"):
                because.append(Because("upstream", edge.path, via))
        if not because:
            if own:
                recorded.append(node)
            if node.runs_always and not node.frozen:
                always.append(node)
            continue
        found = Affected(node, tuple(because), any(_is_seen(node, cause, reached) for cause in because))
        if node.frozen:
            frozen.append(found)
        else:
            reached[node] = found
    affected = [found for found in reached.values() if found is not None]
    return Impact(causes.changed, affected, frozen, recorded, always, causes.unused)


def _is_seen(stage: Stage, because: Because, reached: dict[GraphNode, Affected | None]) -> bool:
    """Whether DVC sees a cause."""
    if stage.runs_always:
        return True
    if because.kind != "upstream" or because.via is None:
        return because.kind != "import"
    producer = reached.get(because.via)
    return producer is None or producer.is_seen


def run_order(graph: Graph) -> list[GraphNode]:
    """The nodes as DVC comes to them: what a node needs in front of it, in the order in which it lists that.

    Nodes in a cycle, which DVC refuses, come once.
    """
    ordered: list[GraphNode] = []
    seen: set[GraphNode] = set()
    for start in graph.nodes:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(graph.edges[start]))]
        while stack:
            node, edges = stack[-1]
            edge = next((edge for edge in edges if edge.producer not in seen), None)
            if edge is None:
                stack.pop()
                ordered.append(node)
            else:
                seen.add(edge.producer)
                stack.append((edge.producer, iter(graph.edges[edge.producer])))
    return ordered
