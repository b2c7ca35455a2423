from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelinekit.graph.among import stages_matching
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.context import UndefinedError, lookup
from pipelinekit.resolve.expression import Expression, parse_template
from pipelinekit.resolve.interpolate import expression_place
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.connections import Part, part_at
from pipelinekit.scripts.invocations import command_node
from pipelinekit.yaml.edit import CannotEditError, Edit, replace_within
from pipelinekit.yaml.tree import Scalar

# What a shell makes something else of: ends of commands, pipes, redirections, quotes, variables.
_SPECIAL = re.compile(r"[;|&<>()`'\"\\\n]|\$[\w{(]|(?:\A|[\s\0])#")
_OPTIONS = re.compile(r"(?:\A|\s)-")
_special = stages_matching(_SPECIAL)
_SUFFIX = re.compile(r"\.\w{1,5}\Z")


def _among(graph: Graph) -> frozenset[Stage]:
    """The stages to whose commands a value may have brought something odd."""
    odd = graph.derived(_special)
    found: set[Stage] = set()
    for stage in graph.index.stages:
        node = stage.definition.field("cmd")
        if not isinstance(node, Scalar) or not isinstance(stage.cmd, str):
            found.add(stage)
        elif "${" in node.text:
            has_blanks = stage.cmd.count(" ") > node.text.count(" ") or "${ " in node.text
            if has_blanks or stage in odd:
                found.add(stage)
    return frozenset(found)


@rule(
    "PK510",
    "unquoted-interpolation",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "wdir"),
    among=_among,
)
def unquoted_interpolation(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A value is put into a command without quotes, and the shell takes it apart.

    ## What it does
    Looks at each `${…}` in a command and at the value that it gets. If that has blanks in a file name or in the
    middle of a word, or characters that mean something to a shell (`;`, `&`, `(`, quotes…), and no quotes stand
    around it, it is reported. Values that are options themselves (`--a 1 --b`) are meant to be split.

    ## Why it matters
    The program gets two arguments for one, or the shell runs half of the value as a command of its own.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --data ${data}
    #                               ^^^^^^^
        deps:
        - ${data}
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    data: my data.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --data "${data}"
        deps:
        - ${data}
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    data: my data.csv
    ```

    ## Fix safety
    The fix puts quotes around the `${…}`. It is unsafe: DVC sees a new command, and the program gets one argument
    where it got several.
    """
    for command in stage.commands:
        node = command_node(stage, command)
        if node is None or "${" not in node.text or not isinstance(node.value, str):
            continue
        if command.count(" ") <= node.text.count(" ") and not _SPECIAL.search(command) and "${ " not in node.text:
            continue  # no value can have brought anything odd
        for expression in parse_template(node.text).expressions:
            value = _value(stage, expression, graph)
            if not isinstance(value, str) or not re.search(r"[^\w./:=,@%+-]", value):
                continue
            part = _part(stage, node, expression)
            if part is not None and not part.is_quoted and not part.is_program and _is_taken_apart(value, part):
                yield _explain(stage, node, expression, value, graph)


def _value(stage: Stage, expression: Expression, graph: Graph) -> Any:
    """What a `${…}` stands for; None where that can't be told."""
    if stage.definition.field("vars") is not None or expression.error is not None:
        return None
    data = graph.derived(_contexts)[stage.file]
    try:
        return lookup({**data, **stage.variables} if stage.variables else data, expression.keys)
    except UndefinedError:
        return None


def _contexts(graph: Graph) -> dict[str, dict[str, Any]]:
    return {pipeline.path: pipeline.context.data for pipeline in graph.index.pipelines}


def _part(stage: Stage, node: Scalar, expression: Expression) -> Part | None:
    text, start, end = node.text, expression.start, expression.end
    if isinstance(stage.cmd, str):
        # each line is a command of its own
        begin = text.rfind("\n", 0, start) + 1
        stop = text.find("\n", end)
        text, start, end = text[begin : stop if stop >= 0 else len(text)], start - begin, end - begin
    return part_at(text, start, end)


def _is_taken_apart(value: str, part: Part) -> bool:
    if _OPTIONS.search(value):
        return False
    if _SPECIAL.search(value):
        return True
    names = value.split()
    if len(names) < 2:
        return False
    return not part.is_whole or (_SUFFIX.search(names[-1]) is not None and not any(map(_SUFFIX.search, names[:-1])))


def _explain(stage: Stage, node: Scalar, expression: Expression, value: str, graph: Graph) -> Finding:
    shown = value if len(value) <= 40 else value[:37] + "…"
    return Finding(
        expression_place(node, expression.start, expression.end),
        f"{expression.text} is {shown!r}, which a shell takes apart",
        why="the program gets other arguments than were meant, or the shell runs a part of the value",
        help=f'Put it in quotes: "{expression.text}".',
        fix=_fix(stage, node, expression, graph),
        stage=stage,
    )


def _fix(stage: Stage, node: Scalar, expression: Expression, graph: Graph) -> Fix | None:
    """Quotes that hold whatever the stages of a group put in."""
    definition = stage.definition
    values = set("".join(str(_value(other, expression, graph)) for other in definition.stages))
    change = Change(definition.file, (*definition.path, "cmd"))
    title = f"Quote {expression.text}"
    for quote, special in (('"', '"$`\\\n'), ("'", "'\n")):
        edits = _quoted(node, expression, quote) if not values & set(special) else None
        if edits is not None:
            return Fix(title, {definition.file: tuple(edits)}, (change,), frozenset({"cmd"}), safe=False)
    return None


def _quoted(node: Scalar, expression: Expression, quote: str) -> list[Edit] | None:
    try:
        return replace_within(node, expression.start, expression.end, f"{quote}{expression.text}{quote}")
    except CannotEditError:
        return None
