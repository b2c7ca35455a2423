from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK307", "disconnected-stage", level="advice", since="0.1.0")
def disconnected_stage(graph: Graph) -> Iterator[Finding]:
    """A stage neither needs another stage nor is needed by one.

    ## What it does
    In a project whose stages depend on each other, finds those that stand alone.

    ## Why it matters
    Often a path is misspelt on one side, and two stages that belong together don't know of each other: they
    run in either order, and a change of the one does not re-run the other.

    ## Example
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
      report:
    # ^^^^^^
        cmd: python report.py
        deps:
        - report.py
        outs:
        - report.html
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
      report:
        cmd: python report.py
        deps:
        - model.pkl
        - report.py
        outs:
        - report.html
    ```
    """
    if not any(graph.edges.values()) or not graph.index.outs_are_known:
        return
    for stage in graph.index.stages:
        if not graph.edges[stage] and not graph.consumers.get(stage):
            yield Finding(
                stage.name_node,
                f"'{stage.name}' is connected to no other stage",
                why="if it belongs to the others, a path is misspelt on one side",
                help="List what it reads of the other stages under deps.",
                stage=stage,
            )
