from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.shape import ShapeProblem
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.problems import InterpolatedType
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Scalar


@rule("PK018", "interpolated-type", level="error", since="0.1.0")
def interpolated_type(graph: Graph) -> Iterator[Finding]:
    """`${}` gives a value of a type that can't stand there.

    ## What it does
    Finds `${}` where DVC's schema wants a boolean, a list or a mapping (DVC checks the file before it
    replaces anything, so a variable can't help), and `${}` that becomes a number, a list or a mapping where
    a path or a command belongs.

    ## Why it matters
    DVC does not check again after it has replaced the variables: it stops with a message about its own
    insides, such as `'int' object has no attribute 'decode'`, or does so only when the stage runs.

    ## Example
    ```yaml dvc.yaml
    vars:
    - sources:
      - train.py
      - model.py
    stages:
      train:
        cmd: python train.py
        deps: ${sources}
    #         ^^^^^^^^^^
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    vars:
    - sources:
        main: train.py
        model: model.py
    stages:
      train:
        cmd: python train.py
        deps:
        - ${sources.main}
        - ${sources.model}
        outs:
        - model.pkl
    ```
    """
    for _, problem in graph.index.shape_problems("wrong-type"):
        node = problem.node
        if is_template(problem):
            name = next((str(step) for step in reversed(problem.path) if isinstance(step, str)), "it")
            yield Finding(
                node,
                f"'{name}' must be {' or '.join(problem.allowed)}: ${{…}} can't stand for it",
                why="DVC checks the file before it replaces variables, and refuses it",
                help="Write the value itself" + (", with ${…} for its items." if "a list" in problem.allowed else "."),
            )
    for _, wrong in graph.index.problems_of(InterpolatedType):
        if "${" not in wrong.text and wrong.wanted == "a list or a mapping":
            continue
        related = [(wrong.defined_at, "defined here")] if wrong.defined_at is not None else []
        yield Finding(
            wrong.place,
            f"{wrong.text} is {wrong.value_type} where {wrong.wanted} belongs",
            why="DVC does not check what a variable becomes, and crashes on it",
            help=_remedy(wrong),
            related=related,
            stage=wrong.definition,
        )


def is_template(problem: ShapeProblem) -> bool:
    """Whether `${}` is the cause: text with `${}` in it where a list belongs is a list that lacks its dash."""
    value = problem.node.value if isinstance(problem.node, Scalar) else None
    if not isinstance(value, str) or "${" not in value:
        return False
    return "a list" not in problem.allowed or parse_template(value).is_exact


def _remedy(wrong: InterpolatedType) -> str:
    if wrong.value_type.startswith("a mapping"):
        return "Name one of its values, ${name.key}; only inside of a longer cmd is a mapping unpacked into options."
    if wrong.value_type == "a list":
        return "Name one of its items, ${name[0]}, or make stages of them with foreach."
    return "Put the value in quotes where it is defined, or write more than the ${…} alone."
