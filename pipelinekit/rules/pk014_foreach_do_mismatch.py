from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.shape import ShapeProblem
from pipelinekit.resolve.problems import InterpolatedType
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk010_unknown_key import misspelt_loop_key
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Mapping, Node

_DO = "A group of stages has exactly two keys: foreach, and do with the fields of the stage under it."


@rule("PK014", "foreach-do-mismatch", level="error", since="0.1.0")
def foreach_do_mismatch(graph: Graph) -> Iterator[Finding]:
    """`foreach` and `do` don't fit together.

    ## What it does
    Finds `foreach` without `do`, `do` without `foreach`, other keys beside the two (they belong under `do`),
    `matrix` together with `foreach`, and a `foreach` over plain text.

    ## Why it matters
    DVC refuses the whole file.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
    # ^^^^^
        foreach:
        - small
        - large
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        foreach:
        - small
        - large
        do:
          cmd: python train.py ${item}
          deps:
          - train.py
          outs:
          - ${item}.pkl
    ```
    """
    unknown = [problem for _, problem in graph.index.shape_problems("unknown-key") if "foreach" in problem.allowed]
    misspelt = {id(problem.parent) for problem in unknown if misspelt_loop_key(problem)}
    for _, problem in graph.index.shape_problems("missing-key"):
        if problem.key in ("foreach", "do") and problem.path[0] == "stages" and id(problem.node) not in misspelt:
            other = "do" if problem.key == "foreach" else "foreach"
            yield Finding(
                _name(problem),
                f"the stage '{problem.path[1]}' has '{other}' and no '{problem.key}'",
                why="DVC refuses the whole file",
                help=_DO,
            )
    for problem in unknown:
        if misspelt_loop_key(problem) is None:
            yield _beside(problem)
    for _, wrong in graph.index.problems_of(InterpolatedType):
        if "${" not in wrong.text and wrong.wanted == "a list or a mapping":
            yield Finding(
                wrong.place,
                f"'foreach' wants a list or a mapping, but this is {wrong.value_type}",
                why="DVC does not iterate over text, and stops",
                help="Write a list, or ${…} with the name of one.",
                stage=wrong.definition,
            )


def _name(problem: ShapeProblem) -> Node:
    if isinstance(problem.parent, Mapping):
        return problem.parent.key_node(problem.path[-1]) or problem.node
    return problem.node


def _beside(problem: ShapeProblem) -> Finding:
    if problem.key == "matrix":
        return Finding(
            problem.node,
            "a stage can't have 'matrix' and 'foreach'",
            why="DVC refuses the whole file",
            help="Use matrix alone: it takes several lists.",
        )
    return Finding(
        problem.node,
        f"'{problem.key}' stands beside 'foreach', not under 'do'",
        why="DVC refuses the whole file",
        help="Move it under 'do'.",
    )
