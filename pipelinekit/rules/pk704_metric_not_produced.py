from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import is_outside, is_url, join, relative
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import all_scripts
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence

#: Writes metrics files without being told their names.
_TRACKER = "dvclive"


@rule("PK704", "metric-not-produced", level="warning", since="0.1.0")
def metric_not_produced(pipeline: Pipeline, graph: Graph) -> Iterator[Finding]:
    """A metrics file under `metrics` at the top is not here, and no stage makes it.

    ## What it does
    Looks for the files that `metrics` at the top of a `dvc.yaml` lists: on disk, among the outputs of all
    stages, and by name in the commands and scripts that stages run. Projects that use DVCLive write such files
    without an output, and are left alone.

    ## Why it matters
    `dvc metrics show` and `dvc metrics diff` complain about the file with every call, or stop; the numbers that
    it should show are nowhere.

    ## Example
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - results/metrics.json:
            cache: false
    metrics:
    - result/metrics.json
    # ^^^^^^^^^^^^^^^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - results/metrics.json:
            cache: false
    metrics:
    - results/metrics.json
    ```
    """
    index = graph.index
    root = pipeline.document.root
    metrics = root.get("metrics") if isinstance(root, Mapping) else None
    if not isinstance(metrics, Sequence) or not index.outs_are_known:
        return
    for node in metrics.items:
        text = pipeline.resolved(node) if isinstance(node, Scalar) else None
        if not text or is_url(text):
            continue
        path = join(pipeline.folder, text, index.project.root)
        if is_outside(path) or index.project.disk.exists(path) or graph.made_by(path) or _is_named(path, graph):
            continue
        near = closest(path, list(graph.outs))
        yield Finding(
            node,
            f"the metrics file {path} does not exist, and no stage makes it",
            why="dvc metrics show has nothing to show for it",
            help=f"Did you mean '{relative(near, pipeline.folder)}'?"
            if near is not None
            else "Add it to the metrics of the stage that writes it, or remove the line.",
        )


def _is_named(path: str, graph: Graph) -> bool:
    """Whether some command or script speaks of the file, so that it may be written after all."""
    name = posixpath.basename(path)
    if any(posixpath.basename(out) == name for out in graph.outs):
        name = path  # the bare name speaks of another file
    disk = graph.index.project.disk
    if any(name in command or _TRACKER in command for stage in graph.index.stages for command in stage.commands):
        return True
    for script in {script.path for found in graph.derived(all_scripts).values() for script in found}:
        try:
            text = disk.read(script)
        except (UnreadableError, FileNotFoundError):
            continue
        if name in text or _TRACKER in text:
            return True
    return False
