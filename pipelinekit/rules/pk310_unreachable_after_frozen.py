from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK310", "unreachable-after-frozen", level="warning", since="0.1.0")
def unreachable_after_frozen(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A frozen stage stands between stages that change and stages that should follow.

    ## What it does
    Finds stages with `frozen: true` that need the output of another stage and are needed by a third one.

    ## Why it matters
    DVC never re-runs a frozen stage. What changes before it does not reach what comes after it: the results at
    the end stay those of the old data, and `dvc repro` says that all is well.

    ## Example
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps:
        - fetch.py
        outs:
        - raw.csv
      clean:
        cmd: python clean.py
        deps:
        - clean.py
        - raw.csv
        outs:
        - clean.csv
        frozen: true
    #   ^^^^^^
      train:
        cmd: python train.py
        deps:
        - clean.csv
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps:
        - fetch.py
        outs:
        - raw.csv
        frozen: true
      clean:
        cmd: python clean.py
        deps:
        - clean.py
        - raw.csv
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
    """
    if not stage.frozen or stage.definition.body is None:
        return
    before = [
        edge.producer for edge in graph.edges[stage] if isinstance(edge.producer, Stage) and not edge.producer.frozen
    ]
    if before and not graph.downstream(stage).isdisjoint(before):
        return  # they go in circles, which is a rule of its own
    after = [edge.consumer for edge in graph.consumers.get(stage, ()) if isinstance(edge.consumer, Stage)]
    key = stage.definition.body.key_node("frozen")
    if before and after and key is not None:
        yield Finding(
            key,
            f"'{stage.name}' is frozen: what '{before[0].name}' makes anew never reaches '{after[0].name}'",
            why="the results at the end stay those of the old data, and nothing says so",
            help=f"Freeze '{before[0].name}' instead, or unfreeze '{stage.name}'.",
            stage=stage,
        )
