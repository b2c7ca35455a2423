"""The DAG of concrete stages: which needs which, and the two places that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pipelinekit.project.paths import ancestors, is_above, is_outside, is_url, lies_below
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Dep, Out, Param, Stage, TrackedFile

if TYPE_CHECKING:
    import networkx

GraphNode = Stage | TrackedFile
_Result = TypeVar("_Result")


class Edge(NamedTuple):
    """`consumer` needs what `producer` makes: `dep` is or lies in `out`, or holds it."""

    consumer: GraphNode
    producer: GraphNode
    dep: Dep | Param
    out: Out

    @property
    def path(self) -> str:
        """What passes between the two: the narrower of the two paths."""
        dep = self.dep.path if isinstance(self.dep, Dep) else self.dep.file
        return max(dep, self.out.path, key=len)


class Graph:
    """Stages and `.dvc` files of a project, and the edges between them. Nothing in it refuses a bad graph."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.nodes: list[GraphNode] = [*index.stages, *index.tracked_files]
        self.outs: dict[str, list[Out]] = defaultdict(list)
        self._inside: dict[str, list[Out]] = defaultdict(list)
        self._derived: dict[Callable[[Graph], Any], Any] = {}
        for node in self.nodes:
            for out in node.outs:
                path = out.path
                self.outs[path].append(out)
                if not out.is_local:
                    for folder in ancestors(path):
                        if is_url(folder):
                            self._inside[folder].append(out)
                    continue
                for folder in ancestors(path):
                    self._inside[folder].append(out)
                if path != "." and not is_outside(path):
                    self._inside["."].append(out)
        self.edges: dict[GraphNode, list[Edge]] = {node: self._edges_of(node) for node in self.nodes}

    def derived(self, compute: Callable[[Graph], _Result]) -> _Result:
        """What a function makes of the graph, computed once however many ask."""
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        result: _Result = self._derived[compute]
        return result

    def made_by(self, path: str) -> list[Out]:
        """The outputs that are a path, hold it, or lie inside of it."""
        found = self.holding(path)
        if "." in self.outs and path != "." and not is_outside(path) and not is_url(path):
            found.extend(self.outs["."])
        found.extend(self.inside(path))
        return found

    def holding(self, path: str) -> list[Out]:
        """The outputs that are a path or hold it: whoever makes them makes the path."""
        found = list(self.outs.get(path, ()))
        for folder in ancestors(path):
            found.extend(self.outs.get(folder, ()))
        return found

    def inside(self, folder: str) -> list[Out]:
        """The outputs that lie inside of a folder."""
        if is_above(folder):
            local = (out for outs in self.outs.values() for out in outs if out.is_local)
            return [out for out in local if lies_below(out.path, folder)]
        return self._inside.get(folder, [])

    def _edges_of(self, node: GraphNode) -> list[Edge]:
        edges: list[Edge] = []
        for dep in node.deps:
            edges += [Edge(node, out.stage, dep, out) for out in self.made_by(dep.path)]
        if isinstance(node, Stage):
            seen: set[str] = set()
            for param in node.params:
                if param.file not in seen:
                    seen.add(param.file)
                    edges += [Edge(node, out.stage, param, out) for out in self.made_by(param.file)]
        return edges

    @cached_property
    def consumers(self) -> dict[GraphNode, list[Edge]]:
        """The edges by the node that makes what they pass."""
        by_producer: dict[GraphNode, list[Edge]] = defaultdict(list)
        for edges in self.edges.values():
            for edge in edges:
                by_producer[edge.producer].append(edge)
        return by_producer

    def between_stages(self) -> list[Edge]:
        """One edge per pair of stages of `dvc.yaml` files, in the order of the stages and their dependencies."""
        found: list[Edge] = []
        for node, edges in self.edges.items():
            if isinstance(node, Stage):
                seen: set[GraphNode] = set()
                for edge in edges:
                    if isinstance(edge.producer, Stage) and edge.producer not in seen:
                        seen.add(edge.producer)
                        found.append(edge)
        return found

    def upstream(self, node: GraphNode) -> set[GraphNode]:
        """Everything that a node needs, directly or not; the node itself only if it is in a cycle."""
        return _reachable(node, lambda current: [edge.producer for edge in self.edges.get(current, ())])

    def downstream(self, node: GraphNode) -> set[GraphNode]:
        """Everything that needs a node, directly or not."""
        return _reachable(node, lambda current: [edge.consumer for edge in self.consumers.get(current, ())])

    @cached_property
    def order(self) -> list[GraphNode] | None:
        """The nodes so that each stands behind what it needs, else in the order of the files.

        None if there are cycles; a node that needs itself is none.
        """
        import heapq

        waiting: dict[GraphNode, int] = {}
        for node in self.nodes:
            waiting[node] = len({edge.producer for edge in self.edges[node]} - {node})
        rank = {node: position for position, node in enumerate(self.nodes)}
        ready = [rank[node] for node in self.nodes if not waiting[node]]
        heapq.heapify(ready)
        ordered: list[GraphNode] = []
        while ready:
            node = self.nodes[heapq.heappop(ready)]
            ordered.append(node)
            for consumer in {edge.consumer for edge in self.consumers.get(node, ())} - {node}:
                waiting[consumer] -= 1
                if not waiting[consumer]:
                    heapq.heappush(ready, rank[consumer])
        return ordered if len(ordered) == len(self.nodes) else None

    def networkx(self) -> networkx.DiGraph[GraphNode]:
        """The graph as networkx has it, edges from the stage that needs to the one that makes."""
        import networkx as nx

        graph: networkx.DiGraph[GraphNode] = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from((edge.consumer, edge.producer) for edges in self.edges.values() for edge in edges)
        return graph


def _reachable(start: GraphNode, step: object) -> set[GraphNode]:
    assert callable(step)
    seen: set[GraphNode] = set()
    stack = list(step(start))
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(step(node))
    return seen
