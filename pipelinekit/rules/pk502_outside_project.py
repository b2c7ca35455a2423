from __future__ import annotations

import os
from collections.abc import Iterator

from pipelinekit.graph.among import END, stages_naming
from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_outside
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Node, Scalar


@rule(
    "PK502",
    "outside-project",
    level="warning",
    since="0.1.0",
    reads=("deps", "params", "wdir"),
    among=stages_naming("..", f"{END}/", ":"),
)
def outside_project(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A relative path leads out of the repository.

    ## What it does
    Finds dependencies, params files and `wdir`s that begin with so many `..` that they leave the project. Where
    the project is a part of a larger git repository, paths inside of that are fine.

    ## Why it matters
    A clone does not bring what lies there. The pipeline runs on your disk, and nowhere else.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py ../data/train.csv
        deps:
        - ../data/train.csv
    #     ^^^^^^^^^^^^^^^^^
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py data/train.csv
        deps:
        - data/train.csv
        - train.py
        outs:
        - model.pkl
    ```
    """
    places: list[tuple[Node, str, str]] = [(dep.node, dep.text, dep.path) for dep in stage.deps if is_outside(dep.path)]
    places += [(param.node, param.file_text, param.file) for param in stage.params if is_outside(param.file)]
    wdir = stage.definition.field("wdir")
    if isinstance(wdir, Scalar) and isinstance(wdir.value, str) and is_outside(stage.wdir):
        places.append((wdir, wdir.value, stage.wdir))
    for node, text, path in places:
        if not text.startswith("/") and not _is_in_repository(path, graph):
            yield Finding(
                node,
                f"the path {text} leads out of the project",
                why="a clone does not bring what lies there",
                help="Bring it into the project, or track it with 'dvc import-url'.",
                stage=stage,
            )


def _is_in_repository(path: str, graph: Graph) -> bool:
    """Whether a path that leads out of the project still lies in the git repository around it."""
    top = graph.derived(_repository)
    if top is None:
        return False
    absolute = os.path.normpath(os.path.join(graph.index.project.root, path))
    return absolute == top or absolute.startswith(top + os.sep)


def _repository(graph: Graph) -> str | None:
    folder = graph.index.project.root
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder
