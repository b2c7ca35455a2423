from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.among import END, stages_naming
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule(
    "PK313",
    "output-outside-project",
    level="error",
    since="0.1.0",
    reads=("outs", "metrics", "plots", "wdir"),
    among=stages_naming("..", f"{END}/", ":"),
)
def output_outside_project(stage: Stage) -> Iterator[Finding]:
    """A cached output lies outside of the project.

    ## What it does
    Finds outputs with an absolute path, a path with `..`, or an address, that lead out of the folder that holds
    `.dvc`, and that DVC should cache.

    ## Why it matters
    DVC runs the command, for hours perhaps, and refuses only then: it can't cache what lies outside. With
    `cache: false` it is allowed.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --out ../models/model.pkl
        deps:
        - train.py
        outs:
        - ../models/model.pkl
    #     ^^^^^^^^^^^^^^^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --out models/model.pkl
        deps:
        - train.py
        outs:
        - models/model.pkl
    ```
    """
    for out in stage.outs:
        if out.cache and (out.is_outside or not out.is_local):
            yield Finding(
                out.node,
                f"the output {out.text} lies outside of the project",
                why="DVC runs the command first, and refuses then: it can't cache what lies outside",
                help="Write it into the project; or set 'cache: false', and keep it yourself.",
                stage=stage,
            )
