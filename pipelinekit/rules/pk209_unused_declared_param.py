from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Param, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.mentions import AllMentions, is_followed
from pipelinekit.scripts.python.parameters import ParamRead, all_parameter_reads, named_by, overlaps
from pipelinekit.scripts.python.runs import all_runs


@rule("PK209", "unused-declared-param", level="advice", since="0.1.0", reads=("cmd", "params", "wdir"))
def unused_declared_param(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage lists a parameter that its script doesn't read.

    ## What it does
    Follows the Python scripts that a stage runs, and finds the keys under `params` that none of them looks up
    and that no `${…}` of the stage names. It speaks up only where it sees through the whole of the scripts.

    ## Why it matters
    Changing the parameter re-runs the stage for nothing. It may also be the last trace of one that the script
    should still read.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - depth
        - rate
    #     ^^^^
        outs:
        - model.json
    ```
    ```yaml params.yaml
    depth: 3
    rate: 0.1
    ```
    ```python train.py
    import json
    import yaml

    params = yaml.safe_load(open("params.yaml"))
    json.dump({"depth": params["depth"]}, open("model.json", "w"))
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - depth
        outs:
        - model.json
    ```
    ```yaml params.yaml
    depth: 3
    ```
    ```python train.py
    import json
    import yaml

    params = yaml.safe_load(open("params.yaml"))
    json.dump({"depth": params["depth"]}, open("model.json", "w"))
    ```
    """
    listed = [param for param in stage.params if param.key is not None]
    if not listed or not is_followed(stage, graph):
        return
    runs = graph.derived(all_runs)[stage]
    reads = graph.derived(all_parameter_reads)[stage]
    named = named_by(stage)
    for param in listed:
        if _is_read(param, reads) or any(overlaps(param.key or "", name) for name in named):
            continue
        if not any(read.file == param.file for read in reads):
            continue
        if graph.derived(AllMentions).of(param.file).may_use(_last(param)):
            continue  # how the file comes into it is not to be seen
        yield Finding(
            param.node,
            f"'{stage.name}' lists '{param.key}', which {runs[0].script.path} does not read",
            why="changing it re-runs the stage, for the same result",
            help="Remove it, or read it where its value stands now.",
            stage=stage,
        )


def _last(param: Param) -> str:
    return (param.key or "").rpartition(".")[2]


def _is_read(param: Param, reads: list[ParamRead]) -> bool:
    return any(read.file == param.file and overlaps(param.key or "", read.keys) for read in reads)
