from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.project.paths import ancestors
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK309", "redundant-edge", level="advice", since="0.1.0", reads=("deps", "wdir"))
def redundant_edge(stage: Stage) -> Iterator[Finding]:
    """A dependency lies inside of another dependency of the same stage.

    ## What it does
    Finds files and folders under `deps` that lie in a folder which is listed, too.

    ## Why it matters
    The folder covers them: any change in it re-runs the stage. Either the folder is too much, and its other
    files re-run the stage for nothing, or the file says nothing.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
        deps:
        - src
        - src/train.py
    #     ^^^^^^^^^^^^
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
        deps:
        - src/train.py
        outs:
        - model.pkl
    ```
    """
    listed = {dep.path: dep for dep in stage.deps}
    for dep in stage.deps:
        holder = next((listed[folder] for folder in ancestors(dep.path) if folder in listed), None)
        if holder is not None:
            yield Finding(
                dep.node,
                f"{dep.path} lies in {holder.path}, which is a dependency already",
                why="one of the two says nothing, or re-runs the stage for nothing",
                help="Keep the folder if every file in it matters, else the files.",
                related=[(holder.node, "the folder is listed here")],
                stage=stage,
            )
