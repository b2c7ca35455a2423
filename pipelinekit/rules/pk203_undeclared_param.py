from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import relative
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.param_edits import list_params
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.python.parameters import (
    ParamRead,
    all_parameter_reads,
    is_declared,
    named_by,
    overlaps,
    stages_that_read,
)

_SHOWN = 5


@rule(
    "PK203",
    "undeclared-param",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("cmd", "deps", "params", "wdir"),
    among=stages_that_read,
)
def undeclared_param(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """The script of a stage reads a parameter that the stage doesn't list.

    ## What it does
    Follows the Python script that a stage runs, and the modules of the project that it calls, and finds the
    keys of params files that it looks up: `yaml.safe_load`, `dvc.api.params_show()`, OmegaConf, Hydra, JSON
    and TOML, with `["key"]`, `.get("key")` and attributes, wherever the name of the file comes from. Listed
    is a key that stands under `params` itself, or in a section or a file that does. A key that a `${…}` of the
    stage names needs no listing: its change changes the stage.

    ## Why it matters
    Change the parameter, and `dvc repro` says that everything is up to date, with results of the old value.
    `dvc exp run -S` changes it, and nothing runs.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
    #   ^^^^^^
        - train.depth
        outs:
        - model.json
    ```
    ```yaml params.yaml
    train:
      depth: 3
      rate: 0.1
    ```
    ```python train.py
    import json
    import yaml

    params = yaml.safe_load(open("params.yaml"))["train"]
    model = {"depth": params["depth"], "rate": params["rate"]}
    json.dump(model, open("model.json", "w"))
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.depth
        - train.rate
        outs:
        - model.json
    ```
    ```yaml params.yaml
    train:
      depth: 3
      rate: 0.1
    ```
    ```python train.py
    import json
    import yaml

    params = yaml.safe_load(open("params.yaml"))["train"]
    model = {"depth": params["depth"], "rate": params["rate"]}
    json.dump(model, open("model.json", "w"))
    ```

    ## Fix safety
    The fix lists the keys under `params`. The stage then re-runs once, and whenever one of them changes.
    """
    reads = [read for read in graph.derived(all_parameter_reads)[stage] if read.keys and not read.is_idle]
    named = named_by(stage) if reads else set()
    missing: dict[str, dict[str, ParamRead]] = {}
    for read in reads:
        if is_declared(read, stage) or graph.made_by(read.file) or _is_misspelt(read, stage, graph):
            continue
        if not any(overlaps(".".join(name), read.keys) for name in named):
            missing.setdefault(read.file, {}).setdefault(read.key, read)
    for file, by_key in list(missing.items()):
        for meant in _misspelt(stage, file, graph):
            # it is listed, under a name that is wrong: that is a rule of its own
            for key in [key for key in by_key if key == meant or key.startswith(f"{meant}.")]:
                del by_key[key]
        if not by_key:
            del missing[file]
    if missing:
        yield _explain(stage, missing)


def _misspelt(stage: Stage, file: str, graph: Graph) -> list[str]:
    """The keys of a file that were probably meant by what a stage lists and the file doesn't have."""
    params = graph.index.project.params(file)
    listed = [param.key for param in stage.params if param.file == file and param.key is not None]
    if not isinstance(params, ParamsFile) or params.problem is not None:
        return []
    keys = params.keys()
    return [near for key in listed if key not in keys and (near := closest(key, keys)) is not None]


def _explain(stage: Stage, missing: dict[str, dict[str, ParamRead]]) -> Finding:
    keys = {file: _narrowest(list(reads)) for file, reads in missing.items()}
    count = sum(map(len, keys.values()))
    shown = " and ".join(f"{_list(names)} from {file}" for file, names in keys.items())
    uses = [missing[file][name] for file, names in keys.items() for name in names]
    definition = stage.definition
    place = definition.body.key_node("params") if definition.body is not None else None
    written = {relative(file, stage.wdir): names for file, names in keys.items()}
    return Finding(
        place or definition.name_node,
        f"{uses[0].use.source.path} reads {shown}, which '{stage.name}' does not list",
        why="changing it re-runs nothing: the results stay those of the old value",
        help=f"List {'it' if count == 1 else 'them'} under params.",
        related=[(read.use.place, f"'{read.key}' is read here") for read in uses[:_SHOWN]],
        fix=list_params(definition, written, f"List {shown} under params"),
        stage=stage,
    )


def _is_misspelt(read: ParamRead, stage: Stage, graph: Graph) -> bool:
    """Whether a stage lists what is read, or its section, under a name that is nearly right: that is its own rule."""
    params = graph.index.project.params(read.file)
    listed = [param.key for param in stage.params if param.file == read.file and param.key is not None]
    if not listed or not isinstance(params, ParamsFile) or params.problem is not None:
        return False
    keys = params.keys()
    meant = [closest(key, keys) for key in listed if key not in keys]
    return any(near is not None and (read.key == near or read.key.startswith(f"{near}.")) for near in meant)


def _narrowest(keys: list[str]) -> list[str]:
    """A section of which a key is looked up is that key; the keys of one that is handed on are the section."""
    parts = [key for key in keys if not any(other.startswith(f"{key}.") for other in keys)]
    return [key for key in parts if not any(key.startswith(f"{other}.") for other in parts)]


def _list(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
