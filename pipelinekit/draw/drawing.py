"""What every drawing of a graph shows: the stages, and one edge per pair of them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.resolve.stage import Stage

#: What became of a stage or an edge since an earlier revision; None where nothing did, or none was asked about.
Change = Literal["added", "removed", "changed"]


class Node(NamedTuple):
    """A stage. `label` is its name, with its file in front where that is not the project's own `dvc.yaml`."""

    address: str
    label: str
    file: str
    line: int
    change: Change | None = None


class Edge(NamedTuple):
    """`consumer` needs `path`, which `producer` makes; both are addresses."""

    consumer: str
    producer: str
    path: str
    change: Change | None = None
    #: the stages in between that are not drawn, from the one that needs to the one that makes
    via: tuple[str, ...] = ()

    @property
    def way(self) -> str:
        """`via prepare`, `via 2 stages`; empty where what is made is needed at once."""
        if len(self.via) == 1:
            return f"via {self.via[0].removeprefix(f'{DVC_YAML}:')}"
        return f"via {len(self.via)} stages" if self.via else ""


class Drawing(NamedTuple):
    """The stages in the order of the files, the edges in the order of the stages that need."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def notes(self) -> list[str]:
        """What is to be said of each edge beside its path: the way, and a change that its two stages don't show."""
        told = {node.address for node in self.nodes if node.change in ("added", "removed")}
        return [
            edge.way or (edge.change if edge.change and not told.intersection(edge[:2]) else "") for edge in self.edges
        ]


def drawing_of(graph: Graph) -> Drawing:
    """The stages of all `dvc.yaml` files; data that is only tracked is no stage."""
    nodes = tuple(_node(stage) for stage in graph.index.stages)
    edges = tuple(Edge(edge.consumer.address, edge.producer.address, edge.path) for edge in graph.between_stages())
    return Drawing(nodes, edges)


def _node(stage: Stage) -> Node:
    label = stage.name if stage.file == DVC_YAML else stage.address
    return Node(stage.address, label, stage.file, stage.name_node.line)
