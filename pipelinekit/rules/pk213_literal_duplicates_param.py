from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.interpolate import expression_place
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.known_params import KnownParam, known_params, meant_by
from pipelinekit.rules.pk201_hardcoded_param_in_cmd import option_value, typed_numbers, use_known
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import unwrap
from pipelinekit.scripts.shell import lines_of, parse_command
from pipelinekit.yaml.tree import Scalar, Sequence


class _Typed(NamedTuple):
    """The value of an option as it is typed into a command: its offsets in the value of the node."""

    name: str
    text: str
    start: int
    end: int
    node: Scalar


@rule("PK213", "literal-duplicates-param", level="warning", since="0.1.0", fix="sometimes")
def literal_duplicates_param(pipeline: Pipeline, graph: Graph) -> Iterator[Finding]:
    """A value stands in a params file, and is typed into a command again.

    ## What it does
    Compares the options that a command is given (`--model forest`, `--loss=mse`) with the parameters that
    `${…}` can name: one of the same name and the same value should be written once. Where several parameters
    have that name, the one in the stage's own section counts, or the one that the stage lists. Numbers are left
    to hardcoded-param-in-cmd (PK201), which says more about them.

    ## Why it matters
    There are two of one thing. Change the value in the params file, or set it with `dvc exp run -S`, and the
    command goes on with the old one.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --loss squared
    #                               ^^^^^^^
        deps:
        - train.py
        params:
        - train.loss
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      loss: squared
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --loss ${train.loss}
        deps:
        - train.py
        params:
        - train.loss
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      loss: squared
    ```

    ## Fix safety
    The fix writes `${…}` in place of the value, and lists the key under `params`. The command stays the same
    to the letter.
    """
    values = known_params(pipeline)
    if not values:
        return
    for definition in pipeline.definitions:
        if definition.body is None or not definition.knows("cmd", "params", "wdir"):
            continue
        said = {(number.start, id(number.node)) for number in typed_numbers(definition)}
        for typed in _typed(definition):
            known = meant_by(typed.name, values, definition)
            if known is not None and known.text == typed.text and (typed.start, id(typed.node)) not in said:
                yield _explain(definition, typed, known)


def _typed(definition: Definition) -> Iterator[_Typed]:
    node = definition.field("cmd")
    for item in node.items if isinstance(node, Sequence) else [node]:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            continue
        lines = [item.text] if isinstance(node, Sequence) else lines_of(item.text)
        offset = 0
        for line in lines:
            offset = item.text.index(line, offset)
            for command in parse_command(line) if "-" in line or "=" in line else ():
                words, _ = unwrap(command)
                for before, word in pairwise(words):
                    option = option_value(before, word)
                    if option is None:
                        continue
                    name, text = option
                    start = line.find(text, word.start, word.end)
                    if start >= 0:
                        yield _Typed(name, text, offset + start, offset + start + len(text), item)
            offset += len(line)


def _explain(definition: Definition, typed: _Typed, known: KnownParam) -> Finding:
    return Finding(
        expression_place(typed.node, typed.start, typed.end),
        f"{typed.text} is typed into the command of '{definition.name}', and is '{known.key}' in {known.file.path} too",
        why="whoever changes it there goes on with the old value here",
        help=f"Write ${{{known.key}}} here.",
        related=[(known.place, "it stands here already")],
        fix=use_known(definition, known, typed.node, typed.start, typed.end),
        stage=definition,
    )
