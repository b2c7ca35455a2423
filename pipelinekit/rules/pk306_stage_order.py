from __future__ import annotations

import heapq
from collections.abc import Iterator

from pipelinekit.graph.graph import Edge, Graph
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition, Stage
from pipelinekit.rules.finding import Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, reorder_entries
from pipelinekit.yaml.tree import Mapping


@rule("PK306", "stage-order", level="warning", since="0.1.0", fix="sometimes")
def stage_order(pipeline: Pipeline, graph: Graph) -> Iterator[Finding]:
    """A stage stands before one that it depends on.

    ## What it does
    Compares the order of the stages in a file with the order in which DVC runs them.

    ## Why it matters
    DVC does not mind; people do. A pipeline whose stages stand in the order of their work reads from top to
    bottom, and so do its diffs and its graph.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
    # ^^^^^
        cmd: python train.py
        deps:
        - clean.csv
        - train.py
        outs:
        - model.pkl
      clean:
        cmd: python clean.py
        deps:
        - clean.py
        outs:
        - clean.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py
        deps:
        - clean.py
        outs:
        - clean.csv
      train:
        cmd: python train.py
        deps:
        - clean.csv
        - train.py
        outs:
        - model.pkl
    ```

    ## Fix safety
    The fix moves whole stages, with the comments that belong to them, and changes nothing else; stages that
    are in order keep their places towards each other.
    """
    rank = {definition: position for position, definition in enumerate(pipeline.definitions)}
    needs = _needs(pipeline, graph)
    order = _sorted(pipeline.definitions, needs, rank)
    if order is None:
        return
    fix: Fix | None = None
    for definition in pipeline.definitions:
        late = [edge for edge in needs[definition].values() if rank[_definition(edge)] > rank[definition]]
        if not late:
            continue
        fix = fix or _fix(pipeline, order)
        edge = late[0]
        other = _definition(edge)
        yield Finding(
            definition.name_node,
            f"'{definition.name}' stands before '{other.name}', on which it depends",
            why="DVC runs them in the right order, but nobody reads them in it",
            help=f"Move '{definition.name}' below '{other.name}'.",
            related=[(edge.dep.node, f"it needs {edge.path}"), (edge.out.node, f"'{other.name}' makes it")],
            fix=fix,
            stage=definition,
        )


def _definition(edge: Edge) -> Definition:
    assert isinstance(edge.producer, Stage)
    return edge.producer.definition


def _needs(pipeline: Pipeline, graph: Graph) -> dict[Definition, dict[Definition, Edge]]:
    """For each definition the others of the file that it needs, each with an edge that says so."""
    needs: dict[Definition, dict[Definition, Edge]] = {definition: {} for definition in pipeline.definitions}
    for stage in pipeline.stages:
        for edge in graph.edges[stage]:
            producer = edge.producer
            if (
                isinstance(producer, Stage)
                and producer.file == pipeline.path
                and producer.definition is not stage.definition
            ):
                needs[stage.definition].setdefault(producer.definition, edge)
    return needs


def _sorted(
    definitions: list[Definition], needs: dict[Definition, dict[Definition, Edge]], rank: dict[Definition, int]
) -> list[int] | None:
    """Positions so that each stands behind what it needs, else as they are; None if they go in circles."""
    waiting = {definition: len(needs[definition]) for definition in definitions}
    needed_by: dict[Definition, list[Definition]] = {definition: [] for definition in definitions}
    for definition, others in needs.items():
        for other in others:
            needed_by[other].append(definition)
    ready = [rank[definition] for definition in definitions if not waiting[definition]]
    order: list[int] = []
    while ready:
        position = heapq.heappop(ready)
        order.append(position)
        for consumer in needed_by[definitions[position]]:
            waiting[consumer] -= 1
            if not waiting[consumer]:
                heapq.heappush(ready, rank[consumer])
    return order if len(order) == len(definitions) else None


def _fix(pipeline: Pipeline, order: list[int]) -> Fix | None:
    root = pipeline.document.root
    stages = root.get("stages") if isinstance(root, Mapping) else None
    if not isinstance(stages, Mapping) or len(stages.pairs) != len(order):
        return None
    try:
        edits = reorder_entries(stages, order)
    except CannotEditError:
        return None
    return Fix("Put the stages into the order of their dependencies", {pipeline.path: tuple(edits)})
