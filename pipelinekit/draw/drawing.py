"""What every drawing of a graph shows: the stages, and one edge per pair of them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pipelinekit.freshness.targets import target
from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.resolve.stage import Stage

#: What became of a stage or an edge since an earlier revision; None where nothing did, or none was asked about.
Change = Literal["added", "removed", "changed"]


#: What stands in front of a name, so that nothing is said by colour alone.
MARKS: dict[Change | None, str] = {"added": "+ ", "removed": "- ", "changed": "~ ", None: ""}
#: What a node stands for: a stage, or what holds several of them.
Kind = Literal["stage", "group", "file", "folder"]


class Node(NamedTuple):
    """A stage. `label` is its name, with its file in front where that is not the project's own `dvc.yaml`.

    Or what holds several stages: a `foreach` or `matrix`, a `dvc.yaml`, a folder; `members` are their addresses.
    """

    address: str
    label: str
    file: str
    line: int
    change: Change | None = None
    #: the `foreach` or `matrix` that a stage comes from
    group: str | None = None
    kind: Kind = "stage"
    members: tuple[str, ...] = ()

    @property
    def stage_count(self) -> int:
        """How many stages it stands for."""
        return len(self.members) or 1

    @property
    def name(self) -> str:
        """The label without the file."""
        is_long = self.kind in ("stage", "group") and self.label.startswith(f"{self.file}:")
        return self.label[len(self.file) + 1 :] if is_long else self.label


class Edge(NamedTuple):
    """`consumer` needs `path`, which `producer` makes; both are addresses.

    Between nodes that hold several stages it stands for `edge_count` edges, of which `path` is the first one's.
    """

    consumer: str
    producer: str
    path: str
    change: Change | None = None
    edge_count: int = 1
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


def drawing_of(graph: Graph) -> Drawing:
    """The stages of all `dvc.yaml` files; data that is only tracked is no stage."""
    nodes = tuple(_node(stage) for stage in graph.index.stages)
    edges = tuple(Edge(edge.consumer.address, edge.producer.address, edge.path) for edge in graph.between_stages())
    return Drawing(nodes, edges)


def _node(stage: Stage) -> Node:
    group = stage.definition.name if stage.definition.kind != "plain" else None
    return Node(stage.address, target(stage), stage.file, stage.name_node.line, group=group)


def in_words(node: Node, label: str) -> str:
    """A label with the mark of its change, and how many stages it stands for: `~ train@… ×12`."""
    return MARKS[node.change] + label + (f" ×{node.stage_count}" if node.kind != "stage" else "")
