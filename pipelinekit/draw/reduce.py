"""Leaves out the edges that other edges imply: transitive reduction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pipelinekit.draw.drawing import Drawing, Edge

#: How many nodes are looked for at a time. It bounds the memory: this many bits for each node.
BLOCK = 4096


def reduced(drawing: Drawing) -> Drawing:
    """The drawing without the edges that a longer way implies; which stage waits for which stays the same.

    An edge that came, went or changed is always kept, and what went implies nothing. So is an edge of a node in
    a cycle.
    """
    position = {node.address: index for index, node in enumerate(drawing.nodes)}
    steps: list[set[int]] = [set() for _ in drawing.nodes]
    for edge in drawing.edges:
        if edge.change != "removed" and edge.producer != edge.consumer:
            steps[position[edge.producer]].add(position[edge.consumer])
    component = _components(steps)
    sizes: dict[int, int] = defaultdict(int)
    for number in component:
        sizes[number] += 1
    implied = _implied(steps, component)

    def is_implied(edge: Edge) -> bool:
        start, end = position[edge.producer], position[edge.consumer]
        if edge.change is not None or sizes[component[start]] > 1 or sizes[component[end]] > 1:
            return False
        return (component[start], component[end]) in implied

    return drawing._replace(edges=tuple(edge for edge in drawing.edges if not is_implied(edge)))


def _components(steps: list[set[int]]) -> list[int]:
    """For each node the number of its strongly connected component; a component has a lower one than those it leads to.

    Without a cycle, and that is nearly always, each node is its own.
    """
    waiting = [0] * len(steps)
    for targets in steps:
        for target in targets:
            waiting[target] += 1
    ready = [node for node, count in enumerate(waiting) if not count]
    for node in ready:
        for target in steps[node]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    component = [0] * len(steps)
    if len(ready) == len(steps):
        for number, node in enumerate(ready):
            component[node] = number
        return component
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(steps)))
    graph.add_edges_from((node, target) for node, targets in enumerate(steps) for target in sorted(targets))
    condensed = nx.condensation(graph)
    for number, found in enumerate(nx.topological_sort(condensed)):
        for node in condensed.nodes[found]["members"]:
            component[node] = number
    return component


def _implied(steps: list[set[int]], component: list[int]) -> set[tuple[int, int]]:
    """The pairs of components with an edge and a longer way between them."""
    onward: list[set[int]] = [set() for _ in range(max(component, default=-1) + 1)]
    for node, targets in enumerate(steps):
        onward[component[node]].update(component[target] for target in targets)
        onward[component[node]].discard(component[node])
    found: set[tuple[int, int]] = set()
    for first in range(0, len(onward), BLOCK):
        found.update(_implied_in_block(onward, first))
    return found


def _implied_in_block(onward: list[set[int]], first: int) -> Iterable[tuple[int, int]]:
    """Those whose second one is among `BLOCK` components; what can be reached is a number with a bit for each."""
    behind = [0] * len(onward)
    # numbers grow along the edges, so nothing behind the block leads into it
    for node in range(min(first + BLOCK, len(onward)) - 1, -1, -1):
        further = direct = 0
        for target in onward[node]:
            if target < first + BLOCK:
                further |= behind[target]
                if target >= first:
                    direct |= 1 << (target - first)
        behind[node] = further | direct
        both = further & direct
        while both:
            lowest = both & -both
            yield node, first + lowest.bit_length() - 1
            both ^= lowest
