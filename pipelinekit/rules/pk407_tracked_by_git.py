from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk401_cached_metric import is_cached_metric
from pipelinekit.rules.rule import rule


@rule("PK407", "tracked-by-git", level="error", since="0.1.0", reads=("outs", "metrics", "plots", "wdir"))
def tracked_by_git(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A cached output, or a file in it, is tracked by git.

    ## What it does
    Asks git which files it tracks, and looks for them among the cached outputs and inside of those that are
    folders. Metrics are left to `cached-metric`.

    ## Why it matters
    DVC deletes the output, runs the command, and refuses only then: "output is already tracked by SCM". The
    run was for nothing, and the files that git tracked are gone from the work tree.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - models
    #     ^^^^^^
    ```
    ```text git
    models/README.md
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - models/model.pkl
    ```
    ```text git
    models/README.md
    train.py
    ```
    """
    git = graph.index.project.git
    if git is None:
        return
    for out in stage.outs:
        if not out.cache or not out.is_local or is_cached_metric(out) or len(graph.outs[out.path]) > 1:
            continue  # the last two are rules of their own, which mend this as well
        tracked = out.path if out.path in git.tracked else git.tracked_below(out.path)
        if tracked is None:
            continue
        inside = tracked != out.path
        message = f"git tracks {tracked}" + (
            f", which lies in the cached output {out.path}" if inside else ", a cached output"
        )
        yield Finding(
            out.node,
            message,
            why="DVC deletes it, runs the stage, and refuses only then to save the result",
            help=f"Run 'git rm -r --cached {tracked}', or keep it in git with 'cache: false'.",
            stage=stage,
        )
