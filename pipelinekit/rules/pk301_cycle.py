from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.cycles import shortest_cycles
from pipelinekit.graph.graph import Edge, Graph, GraphNode
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Node, Place

#: Of a longer way round the middle is left out.
_SHOWN = 12


@rule("PK301", "cycle", level="error", since="0.1.0")
def cycle(graph: Graph) -> Iterator[Finding]:
    """Stages wait for each other in a circle.

    ## What it does
    Looks for stages that need, directly or through others, what they make themselves. Each group of such stages
    gives one finding: the shortest way round, and for each step the line that needs and the line that makes.

    ## Why it matters
    DVC refuses to run anything of the whole project. It names the stages, in no particular order, and no line;
    `dvc status`, and so the hook that `dvc install` sets up, does not notice at all.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        - report.json
    #     ^^^^^^^^^^^
        outs:
        - model.pkl
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        - model.pkl
        outs:
        - report.json
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        - model.pkl
        outs:
        - report.json
    ```
    """
    for edges in shortest_cycles(graph):
        yield _explain(edges)


def _explain(edges: list[Edge]) -> Finding:
    first, last = (edges, []) if len(edges) <= _SHOWN else (edges[: _SHOWN - 3], edges[-2:])
    names = [label(edge.consumer, edges) for edge in first]
    if last:
        names.append(f"… {len(edges) - len(first) - len(last)} more …")
        names += [label(edge.consumer, edges) for edge in last]
    related: list[tuple[Node | Place, str]] = []
    for edge in (*first, *last):
        needs, makes = label(edge.consumer, edges), label(edge.producer, edges)
        related.append((edge.dep.node, f"'{needs}' needs {edge.path}"))
        related.append((edge.out.node, f"'{makes}' makes it"))
    stage = edges[0].consumer
    return Finding(
        edges[0].dep.node,
        f"stages wait for each other: {' → '.join([*names, names[0]])}",
        why="DVC refuses to run anything of the project",
        help="Remove one of these dependencies, or write one of the outputs under another name.",
        related=related,
        stage=stage if isinstance(stage, Stage) else None,
    )


def label(node: GraphNode, edges: list[Edge]) -> str:
    """A node's name, with its file where the nodes are of several."""
    if not isinstance(node, Stage):
        return node.address
    return node.name if all(edge.consumer.file == node.file for edge in edges) else node.address
