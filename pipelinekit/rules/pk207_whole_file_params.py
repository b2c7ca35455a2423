from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.resolve.stage import Param, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

_SHOWN = 3


@rule("PK207", "whole-file-params", level="advice", since="0.1.0", reads=("params", "wdir"))
def whole_file_params(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage lists a whole params file that other stages have keys in.

    ## What it does
    Finds params files that are listed without keys (`- params.yaml:`), where other stages list keys of the same
    file. A file that is there for one stage alone, or one model, is left in peace.

    ## Why it matters
    Any key in it re-runs the stage: change the depth of a tree, and the data is downloaded again.

    ## Example
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps:
        - fetch.py
        params:
        - params.yaml:
    #     ^^^^^^^^^^^
        outs:
        - data.csv
      train:
        cmd: python train.py
        deps:
        - data.csv
        - train.py
        params:
        - train.depth
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    fetch:
      year: 2024
    train:
      depth: 3
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      fetch:
        cmd: python fetch.py
        deps:
        - fetch.py
        params:
        - fetch.year
        outs:
        - data.csv
      train:
        cmd: python train.py
        deps:
        - data.csv
        - train.py
        params:
        - train.depth
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    fetch:
      year: 2024
    train:
      depth: 3
    ```
    """
    for param in stage.params:
        if param.key is not None:
            continue
        listed = graph.derived(_listed).get(param.file, ())
        others = [other for other in listed if other[0] is not stage.definition and other[2].key is not None]
        params = graph.index.project.params(param.file)
        if others and isinstance(params, ParamsFile) and isinstance(params.data, dict) and len(params.data) > 1:
            shown = list(dict.fromkeys(other[1].name for other in others))
            names = ", ".join(f"'{name}'" for name in shown[:_SHOWN]) + (" and others" if len(shown) > _SHOWN else "")
            yield Finding(
                param.node,
                f"'{stage.name}' depends on every key of {param.file}, of which {names} uses some",
                why="a change that is none of its business re-runs it",
                help="List the keys that it reads.",
                related=[(others[0][2].node, f"'{shown[0]}' lists it here")],
                stage=stage,
            )


def _listed(graph: Graph) -> dict[str, list[tuple[object, Stage, Param]]]:
    """Who lists parameters of a file, by file."""
    found: dict[str, list[tuple[object, Stage, Param]]] = {}
    for stage in graph.index.stages:
        for param in stage.params:
            found.setdefault(param.file, []).append((stage.definition, stage, param))
    return found
