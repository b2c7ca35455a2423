from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import relative
from pipelinekit.resolve.interpolate import expression_place, to_text
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.pk201_hardcoded_param_in_cmd import declare_param, option_value, typed_numbers
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import unwrap
from pipelinekit.scripts.shell import lines_of, parse_command
from pipelinekit.yaml.edit import CannotEditError, replace_within
from pipelinekit.yaml.tree import Place, Scalar, Sequence


class _Typed(NamedTuple):
    """The value of an option as it is typed into a command: its offsets in the value of the node."""

    name: str
    text: str
    start: int
    end: int
    node: Scalar


class _Known(NamedTuple):
    """A value of a params file: the dotted key, where it stands, and the file."""

    key: str
    text: str
    place: Place
    file: ParamsFile


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
    values = _values(pipeline)
    if not values:
        return
    for definition in pipeline.definitions:
        if definition.body is None or not definition.knows("cmd", "params", "wdir"):
            continue
        said = {(number.start, id(number.node)) for number in typed_numbers(definition)}
        for typed in _typed(definition):
            known = _meant(values.get(_folded(typed.name), []), definition)
            if known is not None and known.text == typed.text and (typed.start, id(typed.node)) not in said:
                yield _explain(definition, typed, known)


def _folded(name: str) -> str:
    return name.lower().replace("-", "_").rpartition(".")[2]


def _values(pipeline: Pipeline) -> dict[str, list[_Known]]:
    """The scalars that `${}` can name, by the last part of their name."""
    found: dict[str, list[_Known]] = {}
    for source in pipeline.context.sources:
        file = source.file
        if file is None or file.problem is not None or not isinstance(file.data, dict):
            continue
        for keys, value in _scalars(file.data, ()):
            if source.keys is not None and keys[0] not in source.keys:
                continue
            span = file.locate(keys)
            if span is None or isinstance(value, bool) or value is None or not (text := to_text(value)):
                continue
            known = _Known(".".join(keys), text, Place(file.document, *span), file)
            found.setdefault(_folded(keys[-1]), []).append(known)
    return found


def _scalars(value: dict[Any, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, item in value.items():
        if not isinstance(key, str) or "." in key or "[" in key:
            continue
        if isinstance(item, dict):
            yield from _scalars(item, (*path, key))
        elif isinstance(item, (str, int, float)):
            yield (*path, key), item


def _meant(known: list[_Known], definition: Definition) -> _Known | None:
    """The only parameter of a name; of several the one in the section of the stage, or among those it lists."""
    if len(known) > 1:
        listed = {param.key for stage in definition.stages for param in stage.params}
        own = [one for one in known if definition.name in one.key.split(".")]
        known = own or [one for one in known if any(one.key == key or one.key.startswith(f"{key}.") for key in listed)]
    return known[0] if len(known) == 1 else None


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


def _explain(definition: Definition, typed: _Typed, known: _Known) -> Finding:
    return Finding(
        expression_place(typed.node, typed.start, typed.end),
        f"{typed.text} is typed into the command of '{definition.name}', and is '{known.key}' in {known.file.path} too",
        why="whoever changes it there goes on with the old value here",
        help=f"Write ${{{known.key}}} here.",
        related=[(known.place, "it stands here already")],
        fix=_fix(definition, typed, known),
        stage=definition,
    )


def _fix(definition: Definition, typed: _Typed, known: _Known) -> Fix | None:
    wdirs = {stage.wdir for stage in definition.stages}
    if len(wdirs) != 1:
        return None
    try:
        edits = replace_within(typed.node, typed.start, typed.end, f"${{{known.key}}}")
    except CannotEditError:
        return None
    entry = declare_param(definition, relative(known.file.path, wdirs.pop()), known.key)
    if entry is None:
        return None
    changes = (
        Change(definition.file, (*definition.path, "cmd")),
        Change(definition.file, (*definition.path, "params")),
    )
    return Fix(
        f"Write ${{{known.key}}} in its place", {definition.file: (*edits, *entry)}, changes, frozenset({"params"})
    )
