from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import join
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.problems import InvalidExpression, UndefinedVariable
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import CannotEditError, Edit, remove_entry, remove_item
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence, walk

_Names = frozenset[tuple[str, ...]]


@rule("PK211", "unused-variable", level="warning", since="0.1.0", fix="sometimes")
def unused_variable(pipeline: Pipeline) -> Iterator[Finding]:
    """A variable is defined under `vars`, and nothing uses it.

    ## What it does
    Finds the names under `vars` that no `${…}` of the file names, and files listed there of which no value is
    used. A section that is used as a whole (`foreach: ${models}`, `python train.py ${train}`) is used with all
    that is in it. An entry that only holds YAML anchors is left alone.

    ## Why it matters
    Whoever changes it expects a result, and none comes: the value was meant for a place that still has one of
    its own. DVC also refuses to run when a file under `vars` is missing, used or not.

    ## Example
    ```yaml dvc.yaml
    vars:
    - data: raw/data.csv
      model: model.pkl
    # ^^^^^

    stages:
      train:
        cmd: python train.py ${data} model.pkl
        deps:
        - ${data}
        - train.py
        outs:
        - model.pkl
    ```
    ```text files
    raw/data.csv
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    vars:
    - data: raw/data.csv
      model: model.pkl

    stages:
      train:
        cmd: python train.py ${data} ${model}
        deps:
        - ${data}
        - train.py
        outs:
        - ${model}
    ```
    ```text files
    raw/data.csv
    train.py
    ```

    ## Fix safety
    The fix removes the variable or the file from `vars`. No stage changes by it, which is checked.
    """
    if any(isinstance(problem, (UndefinedVariable, InvalidExpression)) for problem in pipeline.problems):
        return  # a name is misspelt somewhere: what it was meant to be would be called unused
    root = pipeline.document.root
    if not isinstance(root, Mapping):
        return
    entries = root.get("vars")
    if isinstance(entries, Sequence):
        yield from _unused(pipeline, root, entries, ("vars",), None)
    for definition in pipeline.definitions:
        own = definition.field("vars")
        if isinstance(own, Sequence) and definition.body is not None and definition.stages:
            yield from _unused(pipeline, definition.body, own, (*definition.path, "vars"), definition)


def _unused(
    pipeline: Pipeline, holder: Mapping, entries: Sequence, path: tuple[Any, ...], definition: Definition | None
) -> Iterator[Finding]:
    used = _names_in(holder) if definition is not None else _names_in(holder).union(pipeline.used)
    found: list[tuple[int, tuple[Any, ...], str, Node]] = []
    for index, entry in enumerate(entries.items):
        if isinstance(entry, Mapping):
            found += [
                (index, keys, ".".join(map(str, keys)), node) for keys, node in _unused_keys(entry, (), used, pipeline)
            ]
        elif isinstance(entry, Scalar) and isinstance(entry.value, str):
            found += [(index, (), name, entry) for name in _unused_file(entry, used, pipeline, definition)]
    whole = {index for index, keys, _, _ in found if not keys}
    for index, entry in enumerate(entries.items):
        unused = [keys for at, keys, _, _ in found if at == index and len(keys) == 1]
        if isinstance(entry, Mapping) and len(unused) == len(entry.entries):
            whole.add(index)  # a mapping all of whose names are unused goes as one
    for index, keys, name, node in found:
        edits = _edits(holder, entries, index, keys, whole)
        fix = None
        if edits is not None:
            fix = Fix(f"Remove {name} from vars", {pipeline.path: tuple(edits)}, (Change(pipeline.path, path),))
        what = f"the variable '{name}' is" if keys else f"the variables of '{name}' are"
        yield Finding(
            node,
            f"{what} used by no ${{…}}",
            why="changing it changes nothing, whatever its name promises",
            help="Use it where the value stands now, or remove it.",
            fix=fix,
            stage=definition,
        )


def _names_in(holder: Mapping) -> _Names:
    """Every name that a `${}` below a node looks up."""
    text = holder.document.text[holder.start : holder.end]
    if "${" not in text:
        return frozenset()
    names: set[tuple[str, ...]] = set()
    for node in walk(holder):
        if isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value:
            names.update(expression.keys for expression in parse_template(node.value).expressions if expression.keys)
    return frozenset(names)


def _unused_keys(
    mapping: Mapping, path: tuple[str, ...], used: _Names, pipeline: Pipeline
) -> Iterator[tuple[tuple[str, ...], Node]]:
    """The topmost names below a mapping of which nothing is used."""
    for key, (key_node, value) in mapping.entries.items():
        keys = (*path, str(key))
        if not _is_below(keys, used):
            if not any(name[: len(keys)] == keys for name in used):
                if not _is_anchor(value, pipeline):
                    yield keys, key_node
            elif isinstance(value, Mapping):
                yield from _unused_keys(value, keys, used, pipeline)


def _is_below(keys: tuple[str, ...], used: _Names) -> bool:
    """Whether a name, or a section that holds it, is used as a whole."""
    return any(keys[:length] in used for length in range(1, len(keys) + 1))


def _is_anchor(value: Node, pipeline: Pipeline) -> bool:
    """Whether something in a value is repeated elsewhere by a YAML alias."""
    repeated = pipeline.document.repeated
    return bool(repeated) and any(value.start <= node.start and node.end <= value.end for _, node in repeated)


def _unused_file(entry: Scalar, used: _Names, pipeline: Pipeline, definition: Definition | None) -> Iterator[str]:
    file, _, names = entry.value.partition(":")
    keys = [name for name in names.split(",") if name]
    if keys:
        if not any(name[0] in keys for name in used):
            yield entry.value
        return
    project = pipeline.project
    folder = definition.stages[0].wdir if definition is not None else pipeline.folder
    params = project.params(join(folder, file, project.root))
    if not isinstance(params, ParamsFile) or params.problem is not None or not isinstance(params.data, dict):
        return
    if not any(name and name[0] in params.data for name in used):
        yield file


def _edits(holder: Mapping, entries: Sequence, index: int, keys: tuple[Any, ...], whole: set[int]) -> list[Edit] | None:
    try:
        if len(whole) == len(entries.items):
            return remove_entry(holder, "vars")
        if index in whole:
            return remove_item(entries, index)
        node: Node = entries.items[index]
        for key in keys[:-1]:
            if not isinstance(node, Mapping):
                return None
            node = node.entries[key][1]
        return remove_entry(node, keys[-1]) if isinstance(node, Mapping) else None
    except (CannotEditError, KeyError):
        return None
