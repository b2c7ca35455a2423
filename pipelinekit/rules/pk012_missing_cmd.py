from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.shape import ShapeProblem
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk010_unknown_key import suggestion
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence


@rule("PK012", "missing-cmd", level="error", since="0.1.0")
def missing_cmd(graph: Graph) -> Iterator[Finding]:
    """A stage has no command.

    ## What it does
    Finds stages without `cmd`, and those whose `cmd` is empty.

    ## Why it matters
    Without the key DVC refuses the whole file. With an empty command it loads the file, shows the stage as
    part of the pipeline, and fails when it should run it.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
    # ^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
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
    ```
    """
    misspelt = {
        problem.path[:-1]
        for _, problem in graph.index.shape_problems("unknown-key")
        if "cmd" in problem.allowed and suggestion(problem) == "cmd"
    }
    for document, problem in graph.index.shape_problems("missing-key"):
        if problem.key == "cmd" and problem.path not in misspelt and document.name.endswith("dvc.yaml"):
            name = problem.path[1]
            yield Finding(
                _key(problem),
                f"the stage '{name}' has no cmd",
                why="DVC refuses the whole file",
                help="Say what the stage runs: 'cmd: …'.",
            )
    for definition in graph.index.definitions:
        node = definition.field("cmd")
        empty = (isinstance(node, Scalar) and node.value == "") or (isinstance(node, Sequence) and not node.items)
        if node is not None and empty:
            yield Finding(
                node,
                f"the cmd of the stage '{definition.name}' is empty",
                why="DVC shows the stage as part of the pipeline, and fails when it should run it",
                help="Say what the stage runs, or track the data with 'dvc add' instead.",
                stage=definition,
            )


def _key(problem: ShapeProblem) -> Node:
    if isinstance(problem.parent, Mapping):
        return problem.parent.key_node(problem.path[-1]) or problem.node
    return problem.node
