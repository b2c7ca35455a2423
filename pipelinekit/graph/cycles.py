"""Cycles: for each group of stages that wait for each other, the shortest way round."""

from __future__ import annotations

from pipelinekit.graph.graph import Edge, Graph, GraphNode

#: Stages that are looked at for the shortest way round; behind that any way round will do, there are enough of them.
MAX_STEPS = 100_000


def shortest_cycles(graph: Graph) -> list[list[Edge]]:
    """One cycle per strongly connected component of two or more nodes, its edges in order.

    Deterministic: the shortest one, from the first of its nodes in the order of the files.
    """
    if graph.order is not None:
        return []
    import networkx as nx

    whole = graph.networkx()
    rank = {node: position for position, node in enumerate(graph.nodes)}
    components = [component for component in nx.strongly_connected_components(whole) if len(component) > 1]
    components.sort(key=lambda component: min(rank[node] for node in component))
    cycles = []
    for component in components:
        ordered = sorted(component, key=rank.__getitem__)
        cycles.append(_edges_along(graph, _shortest(graph, ordered)))
    return cycles


def _shortest(graph: Graph, component: list[GraphNode]) -> list[GraphNode]:
    """Breadth-first from each node back to itself; the first shortest one wins."""
    members = set(component)
    best: list[GraphNode] | None = None
    steps = 0
    for start in component:
        if steps > MAX_STEPS and best is not None:
            break
        previous: dict[GraphNode, GraphNode] = {}
        queue = [start]
        found: GraphNode | None = None
        limit = len(best) if best is not None else len(component) + 1
        depth = {start: 0}
        for node in queue:
            steps += 1
            if found is not None or depth[node] + 1 >= limit:
                break
            for edge in graph.edges[node]:
                producer = edge.producer
                if producer is start and node is not start:
                    found = node
                    break
                if producer in members and producer not in depth:
                    depth[producer] = depth[node] + 1
                    previous[producer] = node
                    queue.append(producer)
        if found is not None:
            path = [found]
            while path[-1] is not start:
                path.append(previous[path[-1]])
            best = list(reversed(path))
            if len(best) == 2:
                break
    assert best is not None
    return best


def _edges_along(graph: Graph, nodes: list[GraphNode]) -> list[Edge]:
    edges = []
    for node, following in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
        edges.append(next(edge for edge in graph.edges[node] if edge.producer is following))
    return edges
