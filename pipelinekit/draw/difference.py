"""The difference between two graphs as one drawing: what is new, what is gone, what changed, and what is around it."""

from __future__ import annotations

from collections.abc import Collection

from pipelinekit.draw.drawing import Change, Drawing, Edge, Node, drawing_of
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.graph_diff import GraphDiff


def drawing_of_difference(old: Graph, new: Graph, diff: GraphDiff) -> Drawing:
    """All stages of the new graph, and those of the old one that are gone, each with what became of it.

    A stage counts as changed, too, if a parameter that it declares has another value.
    """
    changes: dict[str, Change] = {address: "changed" for param in diff.params for address in param.used_by}
    changes.update((stage.address, stage.change) for stage in diff.stages)
    now, before = drawing_of(new), drawing_of(old)
    gone = {stage.address for stage in diff.stages if stage.change == "removed"}
    nodes = [*now.nodes, *(node for node in before.nodes if node.address in gone)]
    edges: dict[tuple[str, str], Change] = {(edge.consumer, edge.producer): edge.change for edge in diff.edges}
    drawn = [edge._replace(change=edges.get((edge.consumer, edge.producer))) for edge in now.edges]
    drawn += [
        Edge(edge.consumer, edge.producer, edge.old[0], "removed") for edge in diff.edges if edge.change == "removed"
    ]
    return Drawing(tuple(node._replace(change=changes.get(node.address)) for node in nodes), tuple(drawn))


def around_changes(drawing: Drawing) -> Drawing:
    """Of a difference what changed, and what is one step away from it."""
    changed = {node.address for node in drawing.nodes if node.change is not None}
    changed.update(address for edge in drawing.edges if edge.change is not None for address in edge[:2])
    near = {address for edge in drawing.edges if changed.intersection(edge[:2]) for address in edge[:2]}
    return limited(drawing, changed | near)


def limited(drawing: Drawing, addresses: Collection[str]) -> Drawing:
    """A drawing without the other stages, and without the edges that lead to them."""
    nodes: tuple[Node, ...] = tuple(node for node in drawing.nodes if node.address in addresses)
    edges = tuple(edge for edge in drawing.edges if edge.consumer in addresses and edge.producer in addresses)
    return Drawing(nodes, edges)
