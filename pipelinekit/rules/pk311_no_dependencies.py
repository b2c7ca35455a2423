from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk104_undeclared_input import has_undeclared_input
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import all_scripts


@rule("PK311", "no-dependencies", level="warning", since="0.1.0", reads=("cmd", "deps", "params", "outs"))
def no_dependencies(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage depends on nothing, so it never runs again.

    ## What it does
    Finds stages with outputs and without `deps` and `params`. Stages that say what is meant, with `frozen` or
    `always_changed`, are left alone, and so are those whose own script or inputs are missing from `deps`: those
    are `script-not-in-deps` and `undeclared-input`.

    ## Why it matters
    DVC runs such a stage once, and then never again unless its command changes. Data that it fetched stays as
    it was on that day.

    ## Example
    ```yaml dvc.yaml
    stages:
      fetch:
    # ^^^^^
        cmd: wget -O data.csv https://example.com/data.csv
        outs:
        - data.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: wget -O data.csv https://example.com/data.csv
        outs:
        - data.csv
        frozen: true
    ```
    """
    if stage.deps or stage.params or not stage.outs or stage.frozen or stage.always_changed or not stage.cmd:
        return
    if graph.derived(all_scripts)[stage] or has_undeclared_input(stage, graph):
        return
    yield Finding(
        stage.name_node,
        f"'{stage.name}' depends on nothing",
        why="DVC runs it once, and never again unless its command changes",
        help="List what it reads under deps or params; else say 'frozen: true' or 'always_changed: true'.",
        stage=stage,
    )
