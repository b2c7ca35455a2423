from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelinekit.freshness.inputs import ABSENT, FileChange, InputChange, ProducerChange, input_changes
from pipelinekit.freshness.records import records
from pipelinekit.freshness.targets import target
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Definition, Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Node, Place

#: Other causes that are pointed to.
_SHOWN = 3
_LONG = 40


@rule("PK604", "stale-output", level="warning", since="0.1.0")
def stale_output(definition: Definition, graph: Graph) -> Iterator[Finding]:
    """The outputs of a stage are not from the code, data and parameters that are here.

    ## What it does
    Compares what `dvc.lock` recorded of the last run with what is here: files and folders that git tracks by
    their MD5, parameters by their values, and what one stage used with what another, or a `.dvc` file, has
    made since. It needs no data: what was not pulled is left alone, as are files larger than 16 MiB, and
    stages that are frozen or always run. Line ends of Windows or Unix make no difference.

    ## Why it matters
    Whoever pulls gets a model and metrics that this code did not make, and nothing in git shows it. `dvc status`
    would, but only where all the data is.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
    #     ^^^^^^^^
        outs:
        - model.pkl
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train:
        cmd: python train.py
        deps:
        - path: train.py
          hash: md5
          md5: 7d865e959b2466918c9863afca942d0f
          size: 1024
        outs:
        - path: model.pkl
          hash: md5
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
          size: 212
    ```
    ```python train.py
    print("trained otherwise")
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
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train:
        cmd: python train.py
        deps:
        - path: train.py
          hash: md5
          md5: f4ec81f7d8f923f594860bcc8e1bb903
          size: 27
        outs:
        - path: model.pkl
          hash: md5
          md5: 1dcca23355272056f04fe8bf20edfce0
          size: 212
    ```
    ```python train.py
    print("trained otherwise")
    ```
    """
    known = graph.derived(records)
    for stage in definition.stages:
        record = known.get(stage)
        if record is None or stage.frozen:
            continue
        changes = list(input_changes(stage, record, graph))
        if changes:
            yield _finding(definition, stage, changes)
            return


def _finding(definition: Definition, stage: Stage, changes: list[InputChange]) -> Finding:
    first = changes[0]
    related: list[tuple[Node | Place, str]] = [(first.recorded, "what it used then")]
    if isinstance(first, ProducerChange):
        related.append((first.made, "what is made now"))
    related += [(_node(change), _message(stage, change)) for change in changes[1 : 1 + _SHOWN]]
    is_out = isinstance(first, FileChange) and isinstance(first.item, Out)
    if is_out:
        related[0] = (first.recorded, "what it wrote then")
    return Finding(
        _node(first),
        _message(stage, first),
        why="this is not the result of its last run"
        if is_out
        else "its outputs, which others pull, are not from what is here",
        help=f"Run 'dvc repro {target(definition)}', and commit dvc.lock with the results.",
        related=related,
        stage=stage,
    )


def _node(change: InputChange) -> Node:
    if isinstance(change, FileChange):
        return change.item.node
    return change.dep.node if isinstance(change, ProducerChange) else change.param.node


def _message(stage: Stage, change: InputChange) -> str:
    if isinstance(change, FileChange):
        if isinstance(change.item, Out):
            return f"{change.item.path} is not what '{stage.name}' wrote when it last ran"
        return f"{change.item.path} has changed since '{stage.name}' last ran"
    if isinstance(change, ProducerChange):
        producer = change.producer
        maker = f"'{producer.name}' has made" if isinstance(producer, Stage) else f"{producer.file} tracks"
        return f"{maker} another {change.dep.path} since '{stage.name}' last ran"
    name = f"{change.param.file}:{change.name}"
    if change.was is ABSENT:
        return f"{name} was not there when '{stage.name}' last ran"
    if change.now is ABSENT:
        return f"{name} is gone since '{stage.name}' last ran"
    was, now = _shown(change.was), _shown(change.now)
    if was is None or now is None:
        return f"{name} has changed since '{stage.name}' last ran"
    return f"{name} is {now}, and was {was} when '{stage.name}' last ran"


def _shown(value: Any) -> str | None:
    """A value as YAML has it, if it is short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return text if isinstance(value, (str, int, float)) and len(text) <= _LONG else None
