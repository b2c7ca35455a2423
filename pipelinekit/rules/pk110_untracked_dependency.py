from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_outside
from pipelinekit.resolve.stage import Dep, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK110", "untracked-dependency", level="warning", since="0.1.0", reads=("deps", "wdir"))
def untracked_dependency(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A dependency lies on this disk, but neither git nor DVC tracks it.

    ## What it does
    Looks for every dependency that is there among the files that git tracks, the `.dvc` files, and the outputs
    of all stages. It needs a git repository.

    ## Why it matters
    The pipeline runs here and nowhere else. In a clone the file is missing, and `dvc repro` stops.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data/people.csv
    #     ^^^^^^^^^^^^^^^
        - train.py
        outs:
        - model.json
    ```
    ```text git
    dvc.yaml
    train.py
    ```
    ```text files
    data/people.csv
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data/people.csv
        - train.py
        outs:
        - model.json
    ```
    ```text git
    data/people.csv.dvc
    dvc.yaml
    train.py
    ```
    ```yaml data/people.csv.dvc
    outs:
    - md5: d41d8cd98f00b204e9800998ecf8427e
      size: 0
      hash: md5
      path: people.csv
    ```
    ```text files
    data/people.csv
    train.py
    ```
    """
    git = graph.index.project.git
    if git is None or not git.tracked or not graph.index.outs_are_known:
        return
    for dep in stage.deps:
        if not dep.is_local or is_outside(dep.path) or dep.path == "." or dep.path in git.tracked:
            continue
        kind = graph.index.project.disk.kind(dep.path)
        if kind is None or graph.made_by(dep.path) or git.tracked_below(dep.path) is not None:
            continue
        if not _lies_in_submodule(dep.path, graph):
            yield _explain(stage, dep, kind == "folder")


def _lies_in_submodule(path: str, graph: Graph) -> bool:
    """Whether a repository inside of this one holds a path: git lists its folder as one entry."""
    git = graph.index.project.git
    assert git is not None
    parts = path.split("/")
    return any("/".join(parts[:length]) in git.tracked for length in range(1, len(parts)))


def _explain(stage: Stage, dep: Dep, is_folder: bool) -> Finding:
    what = "the folder" if is_folder else "the file"
    return Finding(
        dep.node,
        f"{dep.path} is tracked by neither git nor DVC",
        why=f"a clone does not have {what}, and dvc repro stops there",
        help=f"Track it with 'git add {dep.path}', or with 'dvc add {dep.path}' if it is data.",
        stage=stage,
    )
