from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Dep, Stage
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.list_edits import entry_edits
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, remove_entry, remove_item
from pipelinekit.yaml.tree import Mapping

_NAMES = frozenset({"params.yaml", "params.yml", "params.json", "params.toml"})


def _among(graph: Graph) -> frozenset[Stage]:
    """The stages that depend on something called like a params file."""
    names = _NAMES | {file.rpartition("/")[2] for file in graph.derived(_params_files)}
    return frozenset(
        stage for stage in graph.index.stages for dep in stage.deps if dep.path.rpartition("/")[2] in names
    )


@rule(
    "PK206",
    "params-file-as-dep",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("deps", "params", "wdir"),
    among=_among,
)
def params_file_as_dep(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A params file is listed under `deps`.

    ## What it does
    Finds `params.yaml` and its likes, and other files that the pipeline uses for parameters, among the
    dependencies of a stage.

    ## Why it matters
    As a dependency it is one lump: any change in it, a comment included, re-runs the stage, and DVC shows no
    parameters for it. Under `params` only the keys that are listed count.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - params.yaml
    #     ^^^^^^^^^^^
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
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
        - lr
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    lr: 0.1
    ```

    ## Fix safety
    The fix moves the file to `params` as a whole, which re-runs the stage whenever a value changes, as before.
    Where the stage lists keys of the file already, the fix only removes the dependency; that is unsafe, since
    other keys of the file then re-run nothing.
    """
    for dep in stage.deps:
        if _is_params_file(dep, graph) and dep.is_local and not graph.made_by(dep.path):
            yield _explain(stage, dep)


def _is_params_file(dep: Dep, graph: Graph) -> bool:
    name = dep.path.rpartition("/")[2]
    if name in _NAMES:
        return graph.index.project.disk.kind(dep.path) == "file"
    return not name.endswith(".py") and dep.path in graph.derived(_params_files)


def _params_files(graph: Graph) -> frozenset[str]:
    """The files that some stage lists under `params`."""
    return frozenset(param.file for stage in graph.index.stages for param in stage.params)


def _explain(stage: Stage, dep: Dep) -> Finding:
    listed = [param for param in stage.params if param.file == dep.path]
    help_text = "List the keys that the stage uses under params."
    if listed:
        help_text = "The keys that the stage uses are listed under params already: remove it here."
    return Finding(
        dep.node,
        f"{dep.path} is a params file, and is listed as a dependency",
        why="any change in it re-runs the stage, whatever key it is, and DVC shows no parameters",
        help=help_text,
        fix=_fix(stage, dep, already=bool(listed)),
        stage=stage,
    )


def _fix(stage: Stage, dep: Dep, *, already: bool) -> Fix | None:
    definition = stage.definition
    deps = definition.section("deps")
    index = next((index for index, item in enumerate(deps.items) if item is dep.node), None) if deps else None
    if deps is None or index is None or "${" in dep.node.text or not isinstance(definition.body, Mapping):
        return None
    try:
        edits = remove_entry(definition.body, "deps") if len(deps.items) == 1 else remove_item(deps, index)
    except CannotEditError:
        return None
    if not already:
        added = entry_edits(definition, "params", {dep.text: None})
        if added is None:
            return None
        edits = [*edits, *added]
    changes = (
        Change(definition.file, (*definition.path, "deps")),
        Change(definition.file, (*definition.path, "params")),
    )
    title = f"Remove {dep.text} from deps" if already else f"Move {dep.text} to params"
    return Fix(title, {definition.file: tuple(edits)}, changes, frozenset({"deps", "params"}), safe=not already)
