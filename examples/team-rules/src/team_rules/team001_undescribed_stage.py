from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("TEAM001", "undescribed-stage", level="warning", since="1.0.0")
def undescribed_stage(definition: Definition, *, min_words: int = 3) -> Iterator[Finding]:
    """A stage does not say what it is for.

    ## What it does
    Finds stages without a `desc`, and those whose `desc` is shorter than some words.

    ## Why it matters
    We hand pipelines over to each other. A name like `step2` explains nothing to whoever comes next.

    ## Example
    ```yaml dvc.yaml
    stages:
      step2:
    # ^^^^^
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      step2:
        desc: Trains the model on last month's orders
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Options
    - `min-words` (3): how many words a `desc` needs.
    """
    node = definition.field("desc")
    text = node.data if node is not None else None
    if node is None or text is None:
        yield Finding(
            definition.name_node,
            f"'{definition.name}' has no desc",
            why="whoever takes the pipeline over has to guess what it is for",
            help=f"Add 'desc: …' in {min_words} words or more.",
            stage=definition,
        )
    elif isinstance(text, str) and len(text.split()) < min_words:
        yield Finding(
            node,
            f"the desc of '{definition.name}' has fewer than {min_words} words",
            why="whoever takes the pipeline over has to guess what it is for",
            help="Say what goes in and what comes out.",
            stage=definition,
        )
