from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, is_outside
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK304", "overlapping-outputs", level="error", since="0.1.0")
def overlapping_outputs(graph: Graph) -> Iterator[Finding]:
    """An output lies inside of another output.

    ## What it does
    Finds outputs that lie in a folder which is an output too, of the same stage, of another one, or of a
    `.dvc` file.

    ## Why it matters
    DVC refuses to run anything of the whole project; `dvc stage list` and `dvc status` do not notice. Were it
    allowed, the stage that makes the folder would delete the file of the other one before each run.

    ## Example
    ```yaml dvc.yaml
    stages:
      split:
        cmd: python split.py
        deps:
        - split.py
        outs:
        - data
        - data/train.csv
    #     ^^^^^^^^^^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      split:
        cmd: python split.py
        deps:
        - split.py
        outs:
        - data/test.csv
        - data/train.csv
    ```
    """
    for path, outs in graph.outs.items():
        holders = [folder for folder in ancestors(path) if folder in graph.outs]
        if "." in graph.outs and path != "." and outs[0].is_local and not is_outside(path):
            holders.append(".")
        if holders:
            yield _explain(outs[0], graph.outs[holders[0]][0])


def _explain(inner: Out, outer: Out) -> Finding:
    inner_name, outer_name = _label(inner), _label(outer)
    if inner.stage is outer.stage:
        message = f"{inner_name} has {outer.path} and, inside of it, {inner.path}"
        help_text = "List the folder alone, or its files one by one."
    else:
        message = f"{inner.path}, made by {inner_name}, lies in {outer.path}, made by {outer_name}"
        help_text = "Write one of them elsewhere, or list the files of the folder one by one."
    at, other, text = inner, outer, "the folder is an output here"
    if not isinstance(inner.stage, Stage):
        at, other, text = outer, inner, "the file in it is tracked here"
    return Finding(
        at.node,
        message,
        why="DVC refuses to run anything of the project",
        help=help_text,
        related=[(other.node, text)],
        stage=at.stage if isinstance(at.stage, Stage) else None,
    )


def _label(out: Out) -> str:
    return f"'{out.stage.name}'" if isinstance(out.stage, Stage) else out.stage.address
