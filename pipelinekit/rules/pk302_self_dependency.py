from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Dep, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK302", "self-dependency", level="error", since="0.1.0")
def self_dependency(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage depends on its own output.

    ## What it does
    Finds dependencies and params files that are an output of the same stage, lie inside of one, or hold one
    (`deps: [.]`, a folder into which the stage writes).

    ## Why it matters
    DVC refuses to run anything of the whole project; `dvc status` does not notice.

    ## Example
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py data
        deps:
        - clean.py
        - data
    #     ^^^^
        outs:
        - data/clean.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      clean:
        cmd: python clean.py data
        deps:
        - clean.py
        - data
        outs:
        - clean.csv
    ```
    """
    for edge in graph.edges[stage]:
        if edge.producer is not stage:
            continue
        needed = edge.dep.path if isinstance(edge.dep, Dep) else edge.dep.file
        made = edge.out.path
        if needed == made:
            how = f"needs {needed} and makes it"
        elif made.startswith(needed + "/") or needed == ".":
            how = f"needs the folder {needed}, into which it writes {made}"
        else:
            how = f"needs {needed}, which lies in its own output {made}"
        yield Finding(
            edge.dep.node,
            f"'{stage.name}' {how}",
            why="DVC refuses to run anything of the project",
            help="Write the output elsewhere, or list the files that are needed instead of the folder.",
            related=[(edge.out.node, "it is an output here")],
            stage=stage,
        )
