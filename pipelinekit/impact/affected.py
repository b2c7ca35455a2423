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
from pipelinekit.resolve.stage import Out, Stage

__all__ = [
    "Affected",
    "Because",
    "Impact",
    "Kind",
    "changed_stages",
    "impact_of_files",
    "impact_since",
    "only",
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
    #: outputs that were asked about, or edited: DVC puts back what their stages made
    made: list[Out]
    #: paths that were asked about and that no stage uses
    unused: tuple[str, ...] = ()
    #: what has changed in detail, where a revision was given
    changes: Changes | None = None


def changed_stages(graph: Graph, ref: str) -> frozenset[Stage]:
    """The stages whose definition, code, data or parameters are not those of a revision, whether or not they ran since.

    Raises RevisionError.
    """
    return frozenset(causes_since(read_changes(graph, ref)).of)


def impact_of_files(graph: Graph, paths: Iterable[str]) -> Impact:
    """What re-runs if some files or folders (relative to the project) change, and what is to be said of the rest."""
    return _impact(graph, causes_of(graph, paths))


def impact_since(graph: Graph, ref: str, known: Graph | None = None) -> Impact:
    """The same, because of what changed since a git revision and is in no `dvc.lock` yet.

    `known` is the graph at that revision, for those who have it. Raises RevisionError.
    """
    changes = read_changes(graph, ref, known)
    return _impact(graph, causes_since(changes))._replace(changes=changes)


def only(impact: Impact, stages: Iterable[Stage]) -> Impact:
    """An impact without what it says of other stages."""
    chosen = frozenset(stages)
    return impact._replace(
        affected=[found for found in impact.affected if found.stage in chosen],
        frozen=[found for found in impact.frozen if found.stage in chosen],
        recorded=[stage for stage in impact.recorded if stage in chosen],
        always=[stage for stage in impact.always if stage in chosen],
        made=[out for out in impact.made if out.stage in chosen],
    )


def _impact(graph: Graph, causes: Causes) -> Impact:
    own = {stage: [cause.because for cause in found if not cause.is_recorded] for stage, found in causes.of.items()}
    reached = _reached(graph, [*causes.sources, *(stage for stage, found in own.items() if found)])
    seen = _reached(graph, [*causes.sources, *(stage for stage, found in own.items() if _is_any_seen(stage, found))])
    impact = Impact(causes.changed, [], [], [], [], causes.made, causes.unused)
    for node in run_order(graph):
        if not isinstance(node, Stage):
            continue
        because = _causes(node, own.get(node, []), reached, graph)
        if not because:
            if node in causes.of:
                impact.recorded.append(node)
            if node.runs_always and not node.frozen:
                impact.always.append(node)
        else:
            (impact.frozen if node.frozen else impact.affected).append(Affected(node, tuple(because), node in seen))
    return impact


def _reached(graph: Graph, starts: Iterable[GraphNode]) -> set[GraphNode]:
    """Some nodes and all that comes after them; a frozen one does not run, and passes nothing on."""
    found = {node for node in starts if not node.frozen}
    waiting = list(found)
    while waiting:
        for edge in graph.consumers.get(waiting.pop(), ()):
            if edge.consumer not in found and not edge.consumer.frozen:
                found.add(edge.consumer)
                waiting.append(edge.consumer)
    return found


def _causes(stage: Stage, own: list[Because], reached: set[GraphNode], graph: Graph) -> list[Because]:
    """The causes of a stage, those of its own first; what a stage makes anew is said once."""
    passed = [edge for edge in graph.edges[stage] if edge.producer in reached and edge.producer is not stage]
    made = {edge.path for edge in passed if isinstance(edge.producer, Stage)}
    because = [cause for cause in own if not (cause.kind == "dep" and cause.path in made)]
    known: set[tuple[str, Stage | None]] = set()
    for edge in passed:
        via = edge.producer if isinstance(edge.producer, Stage) else None
        if (edge.path, via) not in known:
            known.add((edge.path, via))
            because.append(Because("upstream", edge.path, via))
    return because


def _is_any_seen(stage: Stage, because: list[Because]) -> bool:
    """Whether DVC sees one of a stage's own causes. One that always runs does so with whatever code it uses."""
    return any(cause.kind != "import" or stage.runs_always for cause in because)


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
