from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.problems import NameCollision
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK017", "stage-name-collision", level="error", since="0.1.0")
def stage_name_collision(graph: Graph) -> Iterator[Finding]:
    """Items of a `foreach` or `matrix` make one stage, or none, where several were meant.

    ## What it does
    Computes the names of all generated stages as DVC does, and finds items that are equal, combinations that
    make equal names (`x-y` × `z` and `x` × `y-z`), items with an `@` or without a name, and lists that make
    no stage at all.

    ## Why it matters
    DVC keeps one of the stages and drops the others without a word: a model that everybody believes to be
    trained isn't. With an `@` or an empty item, every command of DVC fails.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        foreach:
        - small
        - large
        - small
    #     ^^^^^
        do:
          cmd: python train.py ${item}
          deps:
          - train.py
          outs:
          - ${item}.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        foreach:
        - small
        - medium
        - large
        do:
          cmd: python train.py ${item}
          deps:
          - train.py
          outs:
          - ${item}.pkl
    ```
    """
    for _, collision in graph.index.problems_of(NameCollision):
        yield Finding(
            collision.place,
            f"'{collision.name}' {collision.reason}",
            why="a stage that is dropped never runs, and nothing says so" if collision.first is not None else "",
            help="Give every item a name of its own." if collision.first is not None else "Correct the items.",
            related=[(collision.first, "the other one is made from this")] if collision.first is not None else [],
            stage=collision.definition,
        )
