from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.paths import is_outside, is_url, join, relative
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Mapping, Scalar


@rule("PK703", "unknown-artifact-path", level="error", since="0.1.0")
def unknown_artifact_path(pipeline: Pipeline, graph: Graph) -> Iterator[Finding]:
    """An artifact's path is neither here, nor made by a stage, nor tracked by DVC.

    ## What it does
    Looks for the `path` of every entry under `artifacts` on disk, among the outputs of all stages and in the
    `.dvc` files, and suggests a near miss.

    ## Why it matters
    DVC doesn't check it. The registry offers a model, and whoever asks for it, with `dvc artifacts get` or in a
    deployment, gets "not found".

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - models/model.pkl
    artifacts:
      classifier:
        path: model/model.pkl
    #         ^^^^^^^^^^^^^^^
        type: model
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
    artifacts:
      classifier:
        path: models/model.pkl
        type: model
    ```
    """
    index = graph.index
    root = pipeline.document.root
    artifacts = root.get("artifacts") if isinstance(root, Mapping) else None
    if not isinstance(artifacts, Mapping) or not index.outs_are_known:
        return
    for name_node, entry in artifacts.entries.values():
        node = entry.get("path") if isinstance(entry, Mapping) else None
        text = pipeline.resolved(node) if isinstance(node, Scalar) else None
        if text is None or node is None or not text or is_url(text):
            continue
        path = join(pipeline.folder, text, index.project.root)
        if is_outside(path) or index.project.disk.exists(path) or graph.made_by(path):
            continue
        near = closest(path, list(graph.outs))
        yield Finding(
            node,
            f"{path} does not exist, and no stage makes it",
            why="whoever asks the registry for this artifact gets nothing",
            help=f"Did you mean '{relative(near, pipeline.folder)}'?"
            if near is not None
            else "Name an output of a stage, or what 'dvc add' tracks.",
            related=[(name_node, "the artifact")],
        )
