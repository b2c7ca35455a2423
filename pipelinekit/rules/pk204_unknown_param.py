from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.project import Unreadable
from pipelinekit.resolve.stage import Param, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk205_params_file_as_key import is_params_file_as_key
from pipelinekit.rules.rule import rule


def _among(graph: Graph) -> frozenset[Stage]:
    """The stages with a parameter that can't be looked up at once."""
    known: dict[tuple[str, str | None], bool] = {}
    found: set[Stage] = set()
    for stage in graph.index.stages:
        for param in stage.params:
            name = (param.file, param.key)
            is_there = known.get(name)
            if is_there is None:
                is_there = known[name] = _is_there(param, graph)
            if not is_there:
                found.add(stage)
    return frozenset(found)


def _is_there(param: Param, graph: Graph) -> bool:
    params = graph.index.project.params(param.file)
    if not isinstance(params, ParamsFile) or params.problem is not None:
        return False
    if param.key is None:
        return True
    try:
        params.find(param.key)
    except (KeyError, ValueError):
        return False
    return isinstance(params.data, (dict, list))


@rule("PK204", "unknown-param", level="error", since="0.1.0", reads=("params", "wdir"), among=_among)
def unknown_param(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A parameter is listed that no params file has.

    ## What it does
    Looks up every key under `params` in its file, as DVC does (a file named there, or the `params.yaml` of the
    folder that the stage runs in), and suggests a near miss. A params file that does not exist is found too.

    ## Why it matters
    DVC loads the pipeline, shows the graph, and stops with "Parameters … are missing" only when the stage
    should run. `dvc status` only says that `params.yaml` is new.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.learning_rat
    #     ^^^^^^^^^^^^^^^^^^
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      learning_rate: 0.1
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.learning_rate
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      learning_rate: 0.1
    ```
    """
    reported: set[str] = set()
    for param in stage.params:
        if graph.made_by(param.file) or is_params_file_as_key(stage, param, graph):
            continue
        params = graph.index.project.params(param.file)
        if isinstance(params, ParamsFile) and params.problem is None:
            yield from _key(stage, param, params)
        elif param.file not in reported:
            reported.add(param.file)
            yield from _file(stage, param, params)


def _file(stage: Stage, param: Param, params: ParamsFile | Unreadable | None) -> Iterator[Finding]:
    if params is None:
        message = f"the params file {param.file} does not exist"
        help_text = "Create it, or correct the path."
        if stage.wdir != "." and param.file_text == "params.yaml":
            help_text = (
                f"The stage runs in '{stage.wdir}', and its params are looked for there: write '- ../params.yaml: […]'."
            )
    elif isinstance(params, Unreadable):
        message = f"the params file {param.file} can't be read: {params.reason}"
        help_text = "Make it a readable file of UTF-8 text."
    else:
        assert params.problem is not None
        message = f"the params file {param.file} is broken in line {params.problem.line}: {params.problem.message}"
        help_text = "Correct the file."
    place = param.file_node or param.node
    yield Finding(place, message, why="DVC stops when the stage should run", help=help_text, stage=stage)


def _key(stage: Stage, param: Param, params: ParamsFile) -> Iterator[Finding]:
    if param.key is None:
        return
    if not isinstance(params.data, (dict, list)):
        yield Finding(
            param.node,
            f"the params file {param.file} holds no mapping, so it has no '{param.key}'",
            why="DVC stops when the stage should run",
            help="Make the file a mapping of names to values.",
            stage=stage,
        )
        return
    try:
        params.find(param.key)
    except KeyError:
        pass
    except ValueError:
        yield Finding(
            param.node,
            f"'{param.key}' matches several keys of {param.file}",
            why="DVC takes a pattern only if it matches exactly one, and crashes",
            help="List the keys.",
            stage=stage,
        )
        return
    else:
        return
    near = closest(param.key, params.keys())
    help_text = f"Did you mean '{near}'?" if near else f"Add it to {param.file}, or correct the name."
    if "[" in param.key:
        help_text = f"Items of a list are written '{param.key.replace('[', '.').replace(']', '')}' here."
    yield Finding(
        param.node,
        f"{param.file} has no '{param.key}'",
        why="DVC shows the graph, and stops when the stage should run",
        help=help_text,
        stage=stage,
    )
