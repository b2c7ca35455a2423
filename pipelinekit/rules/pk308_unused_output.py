from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, join
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence, walk


@rule("PK308", "unused-output", level="advice", since="0.1.0", reads=("outs",))
def unused_output(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """An output that no stage uses.

    ## What it does
    Finds outputs that no other stage depends on and that are no metric, no plot and no artifact.

    ## Why it matters
    It may be the result of the pipeline; then name it under `artifacts`. Otherwise a dependency is missing
    somewhere, or the cache keeps every version of a file that nobody needs.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    #     ^^^^^^^^^
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
    artifacts:
      classifier:
        path: model.pkl
        type: model
    ```
    """
    if not graph.index.outs_are_known:
        return
    used = {edge.out for edge in graph.consumers.get(stage, ())}
    named = graph.derived(_named_at_the_top)
    for out in stage.outs:
        if out.kind == "out" and out not in used and out.path not in named:
            yield Finding(
                out.node,
                f"no stage uses {out.path}",
                why="the cache keeps every version of it",
                help="If it is a result, name it under artifacts; else list it where it is read, or drop it.",
                stage=stage,
            )


def _named_at_the_top(graph: Graph) -> frozenset[str]:
    """Paths, and the folders that hold them, under `artifacts`, `metrics` and `plots` of every file."""
    found: set[str] = set()
    for pipeline in graph.index.pipelines:
        for path in _texts(pipeline):
            joined = join(pipeline.folder, path, graph.index.project.root)
            found.update((joined, *ancestors(joined)))
    return frozenset(found)


def _texts(pipeline: Pipeline) -> Iterator[str]:
    root = pipeline.document.root
    for section in ("artifacts", "metrics", "plots"):
        node: Node | None = root.get(section) if isinstance(root, Mapping) else None
        if isinstance(node, (Mapping, Sequence)):
            for scalar in walk(node):
                if isinstance(scalar, Scalar) and isinstance(scalar.value, str) and scalar.value:
                    yield scalar.value
