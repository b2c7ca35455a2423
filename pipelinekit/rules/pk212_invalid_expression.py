from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.expression import is_of_the_shell, unclosed
from pipelinekit.resolve.interpolate import expression_place
from pipelinekit.resolve.problems import InvalidExpression
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Scalar, walk

# On one line, and with nothing in it that could end the value before the brace comes.
_CLOSED = re.compile(r"""\$\{[^{}"',\n]*\}""")
_FIELDS = ("cmd", "wdir", "deps", "params", "outs", "metrics", "plots")


@rule("PK212", "invalid-expression", level="error", since="0.1.0")
def invalid_expression(graph: Graph) -> Iterator[Finding]:
    """DVC can't parse what stands in `${}`.

    ## What it does
    Parses every `${}` by DVC's grammar: a name, then `.name` or `[index]`. There are no operators, defaults,
    function calls, and no `${}` inside of `${}`; under `vars` none may stand at all. A `${` that is never
    closed is found, too.

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
    for pipeline in graph.index.pipelines:
        if not _are_all_closed(pipeline.document.text):
            for definition in pipeline.definitions:
                yield from _unclosed(definition)
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
        if invalid.found:
            message = f"DVC can't parse {invalid.text}, at '{invalid.found}'"
        elif is_of_the_shell(invalid.text):
            message = f"DVC takes {invalid.text} for the name of a variable, and nothing defines it"
        else:
            message = f"DVC can't parse {invalid.text}"
        yield Finding(
            invalid.place,
            message,
            why="DVC can't load the stage, and stops",
            help=_remedy(invalid.text),
            stage=invalid.definition,
        )


def _are_all_closed(text: str) -> bool:
    return text.count("${") == len(_CLOSED.findall(text))


def _unclosed(definition: Definition) -> Iterator[Finding]:
    """`${name` without its brace is no variable to DVC, and no file or command to anybody."""
    if definition.body is None or _are_all_closed(definition.entry.source):
        return
    for field in _FIELDS:
        node = definition.body.get(field)
        for scalar in walk(node) if node is not None else ():
            start = unclosed(scalar.value) if isinstance(scalar, Scalar) and isinstance(scalar.value, str) else None
            if start is None or not isinstance(scalar, Scalar):
                continue
            end = start + len(re.split(r"\s", scalar.text[start:])[0])
            yield Finding(
                expression_place(scalar, start, end),
                f"{scalar.text[start:end]} is not closed",
                why="the shell stops at it" if field == "cmd" else "DVC takes it for a part of the path",
                help="Close it with a brace: ${name}.",
                stage=definition,
            )


def _remedy(text: str) -> str:
    if is_of_the_shell(text):
        return f"To leave it to the shell, write \\{text}."
    if text == "${}":
        return "Name a variable in it."
    return "DVC knows ${name}, ${name.key} and ${name[0]}, and nothing more."
