from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelinekit.freshness.command_words import WordChange, word_changes
from pipelinekit.freshness.definition import CommandChange, DefinitionChange, definition_changes
from pipelinekit.freshness.records import records
from pipelinekit.freshness.targets import target
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Definition, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.rules.said_elsewhere import is_said_elsewhere
from pipelinekit.yaml.tree import Node, Place

_NAMED = {"dep": "dependency", "out": "output", "param": "parameter"}
#: More than this is a list that nobody reads.
_SHOWN = 3
_LONG = 50


@rule("PK602", "lock-disagrees", level="warning", since="0.1.0")
def lock_disagrees(definition: Definition, graph: Graph) -> Iterator[Finding]:
    """A stage in `dvc.yaml` is not the one that last ran.

    ## What it does
    Compares each stage, after `${…}`, with its record in `dvc.lock`: the command, and which dependencies,
    outputs and parameters are listed. Whether their contents have changed is for `stale-output` to say. Stages
    that are frozen or always run are left alone.

    ## Why it matters
    The results that everybody pulls were made by another command, or from other inputs, than the pipeline
    says. Where something was only taken away, DVC doesn't even notice: it says that all is up to date.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --gpu
    #   ^^^
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
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: model.pkl
          hash: md5
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
          size: 212
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --gpu
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train:
        cmd: python train.py --gpu
        deps:
        - path: train.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: model.pkl
          hash: md5
          md5: 7d865e959b2466918c9863afca942d0f
          size: 212
    ```
    """
    known = graph.derived(records)
    for stage in definition.stages:
        record = known.get(stage)
        if record is None or stage.frozen:
            continue
        changes = list(definition_changes(stage, record, graph.index.project))
        changes = [change for change in changes if not is_said_elsewhere(change, stage, graph)]
        if changes:
            yield _finding(definition, stage, changes)
            return


def _finding(definition: Definition, stage: Stage, changes: list[DefinitionChange]) -> Finding:
    parts = [_described(change) for change in changes[:_SHOWN]]
    if len(changes) > _SHOWN:
        parts.append(f"and {len(changes) - _SHOWN} more")
    is_noticed = any(isinstance(change, CommandChange) or change.is_new for change in changes)
    return Finding(
        _place(definition, changes),
        f"'{stage.name}' is not the stage that last ran: {'; '.join(parts)}",
        why="its outputs were made by something else than the pipeline says"
        if is_noticed
        else "its outputs were made with that, and DVC says that they are up to date",
        help=f"Run 'dvc repro {'' if is_noticed else '--force '}{target(definition)}', and commit dvc.lock.",
        related=[(change.recorded, "the last run") for change in changes[:_SHOWN] if change.recorded is not None],
        stage=stage,
    )


def _place(definition: Definition, changes: list[DefinitionChange]) -> Node | Place:
    """The command if it is another one, else the first new entry, else the stage."""
    body = definition.body
    assert body is not None
    if isinstance(changes[0], CommandChange):
        return body.key_node("cmd") or definition.name_node
    nodes = [change.node for change in changes if not isinstance(change, CommandChange) and change.node is not None]
    return nodes[0] if nodes else definition.name_node


def _described(change: DefinitionChange) -> str:
    if isinstance(change, CommandChange):
        return _command_change(change.was, change.now)
    return f"{change.name} {'is a new' if change.is_new else 'was a'} {_NAMED[change.kind]}"


def _command_change(was: Any, now: Any) -> str:
    """What of the command has changed, if that is short enough to show."""
    if not isinstance(was, str) or not isinstance(now, str):
        return "the command was another one"
    parts = [_word_change(change) for change in word_changes(was, now)]
    if not parts:
        return "the command had other blanks or lines"
    if len(parts) > _SHOWN or any(part is None for part in parts):
        return "the command was another one"
    return f"the command had {', '.join(filter(None, parts))}"


def _word_change(change: WordChange) -> str | None:
    if len(change.had) > _LONG or len(change.has) > _LONG:
        return None
    if not change.had:
        return f"no '{change.has}'"
    return f"'{change.had}' " + (f"in place of '{change.has}'" if change.has else "as well")
