from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.ignore import IgnoredBy
from pipelinekit.resolve.stage import Dep, Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Document, Place


@rule(
    "PK408", "ignored-by-dvcignore", level="warning", since="0.1.0", reads=("deps", "outs", "metrics", "plots", "wdir")
)
def ignored_by_dvcignore(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """An output, or a folder that a stage depends on, is ignored by `.dvcignore`.

    ## What it does
    Matches outputs, and dependencies that are folders, against the `.dvcignore` files of the project.

    ## Why it matters
    DVC refuses to load a stage with such an output, and with it the whole project: that is an error. A folder
    that is ignored looks empty to DVC: whatever changes in it re-runs nothing.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.bin
    #     ^^^^^^^^^
    ```
    ```text .dvcignore
    *.bin
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
    ```
    ```text .dvcignore
    *.bin
    ```
    """
    project = graph.index.project
    if not project.dvcignore:
        return
    for out in stage.outs:
        found = project.dvcignore.match(out.path, is_folder=project.disk.kind(out.path) == "folder")
        if found is not None and out.is_local:
            yield _explain(stage, out, found, graph)
    for dep in stage.deps:
        if dep.is_local and project.disk.kind(dep.path) == "folder":
            found = project.dvcignore.match(dep.path, is_folder=True)
            if found is not None:
                yield _explain(stage, dep, found, graph)


def _explain(stage: Stage, path: Dep | Out, ignored: IgnoredBy, graph: Graph) -> Finding:
    document = Document(graph.index.project.disk.read(ignored.file), ignored.file)
    is_out = isinstance(path, Out)
    return Finding(
        path.node,
        f"{path.path} is ignored by the pattern '{ignored.pattern}' in {ignored.file}",
        why="DVC refuses to load the stage, and with it the project"
        if is_out
        else "the folder looks empty to DVC: what changes in it re-runs nothing",
        help="Change the pattern, or write '!' and the path below it.",
        related=[(Place(document, *document.line_span(ignored.line)), "the pattern stands here")],
        stage=stage,
        level="error" if is_out else None,
    )
