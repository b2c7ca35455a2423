from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.problems import RedefinedVariable, UnusableVars
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Document, Place, YamlProblem


@rule("PK002", "duplicate-key", level="error", since="0.1.0")
def duplicate_key(graph: Graph) -> Iterator[Finding]:
    """A key stands twice in one mapping, or a variable is defined twice.

    ## What it does
    Finds keys that are equal to DVC (`1`, `1.0` and `true` are, too), stages of one name among them, and
    variables that `params.yaml` and `vars` both define.

    ## Why it matters
    DVC refuses the whole file. Other YAML readers keep the last one without a word, so that a check with
    another tool can pass while half of a stage is gone.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
      train:
    # ^^^^^
        cmd: python train.py --fast
        deps:
        - train.py
        outs:
        - fast.pkl
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
      train_fast:
        cmd: python train.py --fast
        deps:
        - train.py
        outs:
        - fast.pkl
    ```
    """
    refused = {
        unusable.place.document.name: unusable.place.document
        for _, unusable in graph.index.problems_of(UnusableVars)
        if any(problem.message == unusable.reason for problem in unusable.place.document.problems)
    }
    for document in [*graph.index.documents, *refused.values()]:
        for problem in document.problems:
            if problem.kind == "duplicate-key":
                yield _twice(document, problem)
    for _, redefined in graph.index.problems_of(RedefinedVariable):
        place, name, source, other, first, _ = redefined
        if name in ("item", "key") and first is None:
            message = f"'{name}' is what DVC calls the current value of a foreach or matrix: it can't be redefined"
        elif other == "vars" or source == "vars":
            message = f"'{name}' is loaded a second time"
        else:
            message = f"the variable '{name}' is already defined in {other}"
        yield Finding(
            place,
            message,
            why="DVC refuses to overwrite a variable and loads no stage of this file",
            help="Rename or remove one of the two.",
            related=[(first, "first defined here")] if first is not None else [],
        )


def _twice(document: Document, problem: YamlProblem) -> Finding:
    related = []
    if problem.related is not None and problem.related != problem.start:
        length = problem.end - problem.start
        related.append((Place(document, problem.related, problem.related + length), "it stands here first"))
    return Finding(
        Place(document, problem.start, problem.end),
        f"the key '{problem.message}' stands twice in one mapping",
        why="DVC refuses the whole file",
        help="Rename or remove one of the two.",
        related=related,
    )
