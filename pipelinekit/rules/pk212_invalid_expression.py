from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.problems import InvalidExpression
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

_SHELL = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-+=?]|[#%/^,])")


@rule("PK212", "invalid-expression", level="error", since="0.1.0")
def invalid_expression(graph: Graph) -> Iterator[Finding]:
    """DVC can't parse what stands in `${}`.

    ## What it does
    Parses every `${}` by DVC's grammar: a name, then `.name` or `[index]`. There are no operators, defaults,
    function calls, and no `${}` inside of `${}`; under `vars` none may stand at all.

    ## Why it matters
    DVC can't load the stage, and stops. What was meant is often an expression of the shell: DVC leaves
    `\\${VAR:-default}` to the shell.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --epochs ${train.}
    #                                 ^^^^^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      epochs: 10
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --epochs ${train.epochs}
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      epochs: 10
    ```
    """
    for _, invalid in graph.index.problems_of(InvalidExpression):
        if invalid.in_vars:
            yield Finding(
                invalid.place,
                f"{invalid.text} can't stand under vars",
                why="DVC does not replace variables there, and loads no stage of this file",
                help="Write the value itself.",
                stage=invalid.definition,
            )
            continue
        stumbles = f", at '{invalid.found}'" if invalid.found else ""
        yield Finding(
            invalid.place,
            f"DVC can't parse {invalid.text}{stumbles}",
            why="DVC can't load the stage, and stops",
            help=_remedy(invalid.text),
            stage=invalid.definition,
        )


def _remedy(text: str) -> str:
    if _SHELL.match(text):
        return f"To leave it to the shell, write \\{text}."
    if text == "${}":
        return "Name a variable in it."
    return "DVC knows ${name}, ${name.key} and ${name[0]}, and nothing more."
