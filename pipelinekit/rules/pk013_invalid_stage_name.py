from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK013", "invalid-stage-name", level="error", since="0.1.0")
def invalid_stage_name(graph: Graph) -> Iterator[Finding]:
    """A stage has a name by which DVC can't find or address it.

    ## What it does
    Finds stages with an empty name or an `@` in it, on which every command of DVC fails, and names that no
    command line can address: with a `:`, or beginning with `-`. A name of other punctuation, which
    `dvc stage add` would refuse, is a warning.

    ## Why it matters
    DVC keeps `@` for the stages that `foreach` and `matrix` make: it takes `train@small` for the item `small`
    of a group `train`, and finds none. All stages of the file are lost with it.

    ## Example
    ```yaml dvc.yaml
    stages:
      train@small:
    # ^^^^^^^^^^^
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train_small:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    """
    for pipeline in graph.index.pipelines:
        unreachable = set(pipeline.unreachable)
        for definition in pipeline.definitions:
            if definition in unreachable:
                yield _unreachable(pipeline, definition)
            elif not definition.name.replace("_", "").replace("-", "").isalnum():
                yield from _awkward(definition)


def _unreachable(pipeline: Pipeline, definition: Definition) -> Finding:
    if not definition.name:
        message = "a stage has an empty name"
        why = "DVC stops with every command"
    else:
        group = definition.name.rpartition("@")[0]
        taken = any(stage.name == definition.name for stage in pipeline.stages)
        message = f"the name '{definition.name}' has an '@' in it"
        why = f"DVC looks for an item of a group '{group}' and stops with every command"
        if taken:
            why = f"the group '{group}' makes a stage of that name: DVC uses that one twice, and this one never"
    return Finding(
        definition.name_node, message, why=why, help="Use letters, digits, '_' and '-' in the name.", stage=definition
    )


def _awkward(definition: Definition) -> Iterator[Finding]:
    name = definition.name
    if ":" in name:
        message = f"the name '{name}' has a ':' in it"
        why = "DVC takes what stands before the ':' for a file: no command can address the stage"
    elif name.startswith("-"):
        message = f"the name '{name}' begins with '-'"
        why = "on a command line it is taken for an option: no command can address the stage"
    else:
        odd = sorted({char for char in name if char.isascii() and not char.isalnum() and char not in "_- @"})
        # a path as a name, or a version with a dot, is usual, and every command takes it
        if not odd or set(odd) <= {".", "/", "+", "="}:
            return
        message = f"the name '{name}' has '{odd[0]}' in it"
        why = "'dvc stage add' refuses such a name, and a shell may take it for something else"
    yield Finding(
        definition.name_node,
        message,
        why=why,
        help="Use letters, digits, '_' and '-' in the name.",
        stage=definition,
        level="warning",
    )
