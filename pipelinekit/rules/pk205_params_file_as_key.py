from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import join
from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.stage import Param, Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, replace_item
from pipelinekit.yaml.tree import Scalar

_SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".py")


@rule("PK205", "params-file-as-key", level="error", since="0.1.0", fix="sometimes", reads=("params", "wdir"))
def params_file_as_key(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A params file is listed as if it were a key.

    ## What it does
    Finds entries under `params` that end like a file (`.yaml`, `.json`, `.toml`, `.py`) and are no key of
    `params.yaml`.

    ## Why it matters
    DVC reads `- train.yaml` as the key `yaml` inside of `train` in `params.yaml`. It shows the graph, and stops
    with "Parameters 'train.yaml' are missing" when the stage should run. A file that is tracked as a whole has
    a colon behind it.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.yaml
    #     ^^^^^^^^^^
        outs:
        - model.pkl
    ```
    ```yaml train.yaml
    lr: 0.1
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.yaml:
        outs:
        - model.pkl
    ```
    ```yaml train.yaml
    lr: 0.1
    ```

    ## Fix safety
    If the file exists, the fix adds the colon. If it doesn't, but `params.yaml` has a section of that name, the
    fix names the section instead; that is a guess, and unsafe.
    """
    for param in stage.params:
        if is_params_file_as_key(stage, param, graph):
            yield _explain(stage, param, graph)


def is_params_file_as_key(stage: Stage, param: Param, graph: Graph) -> bool:
    """Whether a key looks like a file, and is no key."""
    if param.key is None or not param.key.endswith(_SUFFIXES) or param.file_text != PARAMS_YAML:
        return False
    if graph.made_by(param.file):
        return False
    params = graph.index.project.params(param.file)
    if not isinstance(params, ParamsFile) or params.problem is not None:
        return True
    try:
        params.find(param.key)
    except (KeyError, ValueError):
        return True
    return False


def _explain(stage: Stage, param: Param, graph: Graph) -> Finding:
    key = param.key or ""
    exists = graph.index.project.disk.kind(join(stage.wdir, key, graph.index.project.root)) == "file"
    section = key.rpartition(".")[0]
    in_params = not exists and _has(param, section, graph)
    fix = None
    if exists:
        help_text = f"To track the whole file, write '- {key}:' with a colon behind it."
        fix = _replace(stage, param, {key: None}, f"Write '{key}:', which tracks the whole file", safe=True)
    elif in_params:
        help_text = f"There is no such file; {param.file} has a section '{section}': write '- {section}'."
        fix = _replace(stage, param, section, f"Write '{section}', the section of {param.file}", safe=False)
    else:
        help_text = f"A whole file is written '- {key}:', with a colon behind it; but there is no such file."
    return Finding(
        param.node,
        f"DVC reads '{key}' as a key of {param.file}, not as a file",
        why="DVC shows the graph, and stops when the stage should run: the key is missing",
        help=help_text,
        fix=fix,
        stage=stage,
    )


def _has(param: Param, key: str, graph: Graph) -> bool:
    params = graph.index.project.params(param.file)
    if not isinstance(params, ParamsFile) or params.problem is not None:
        return False
    try:
        params.find(key)
    except (KeyError, ValueError):
        return False
    return True


def _replace(stage: Stage, param: Param, value: object, title: str, *, safe: bool) -> Fix | None:
    definition = stage.definition
    section = definition.section("params")
    if section is None or not isinstance(param.node, Scalar) or "${" in param.node.text:
        return None
    index = next((index for index, item in enumerate(section.items) if item is param.node), None)
    if index is None:
        return None
    try:
        edits = replace_item(section, index, value)
    except CannotEditError:
        return None
    change = Change(definition.file, (*definition.path, "params"))
    return Fix(title, {definition.file: tuple(edits)}, (change,), frozenset({"params"}), safe)
