from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.resolve.problems import InvalidExpression, UndefinedVariable
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.pk103_missing_script import missing_scripts
from pipelinekit.rules.pk201_hardcoded_param_in_cmd import typed_numbers
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.mentions import AllMentions
from pipelinekit.scripts.python.parameters import KeySet, all_parameter_reads, params_files
from pipelinekit.yaml.tree import Node, Place, at

_Keys = tuple[str, ...]
_MISSING = object()
_UNCLOSED = re.compile(r"\$\{[^}\n]*$", re.MULTILINE)
#: Sections that are no parameters but say how others are put together.
_COMPOSED = frozenset({"_target_", "defaults", "hydra"})


@rule("PK208", "unused-param", level="warning", since="0.1.0")
def unused_param(graph: Graph) -> Iterator[Finding]:
    """A parameter stands in a params file, and nothing uses it.

    ## What it does
    Goes through the params files of the project, and finds the keys that no `${…}` names, no stage lists, and
    no script reads. It says nothing about a file that is tracked as a whole or handed on in a way that can't
    be followed, and nothing about a key whose name turns up in code that isn't understood.

    ## Why it matters
    Whoever changes it, or queues experiments with `dvc exp run -S`, gets the same result again and may take
    it for an answer. Often the script has a number of its own where this one was meant.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.depth
        outs:
        - model.json
    ```
    ```yaml params.yaml
    train:
      depth: 3
      rate: 0.1
    # ^^^^
    ```
    ```python train.py
    import json
    import yaml

    params = yaml.safe_load(open("params.yaml"))["train"]
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
        - train.depth
        outs:
        - model.json
    ```
    ```yaml params.yaml
    train:
      depth: 3
    ```
    ```python train.py
    import json
    import yaml

    params = yaml.safe_load(open("params.yaml"))["train"]
    json.dump({"depth": params["depth"]}, open("model.json", "w"))
    ```
    """
    if not graph.index.is_complete or any(_UNCLOSED.search(made.document.text) for made in graph.index.pipelines):
        return  # what can't be read may use them
    if graph.derived(missing_scripts):
        return  # and so may what isn't there
    for file in sorted(graph.derived(params_files)):
        if file.endswith(".py"):
            continue  # its names are imported, and used by themselves
        params = graph.index.project.params(file)
        if (
            not isinstance(params, ParamsFile)
            or params.problem is not None
            or not isinstance(params.data, dict)
            or _COMPOSED.intersection(params.data)
            or graph.made_by(file)
        ):
            continue
        used = _used(file, params, graph)
        unused = [] if used is None else list(_unused(params.data, (), used))
        if not unused:
            continue
        mentions = graph.derived(AllMentions).of(file)
        if mentions.is_opaque:
            continue
        for keys in unused:
            span = params.locate(keys)
            if span is None or mentions.may_use(keys[-1]) or _is_repeated(params, keys):
                continue
            if not any(name in graph.derived(_typed_names) for name in _names(params, keys)):
                yield _explain(Place(params.document, *span), keys, file)


def _used(file: str, params: ParamsFile, graph: Graph) -> KeySet | None:
    """The keys of a file that something uses; None if all of them may be."""
    used = KeySet()
    for pipeline in graph.index.pipelines:
        if any(isinstance(problem, (UndefinedVariable, InvalidExpression)) for problem in pipeline.problems):
            return None  # a misspelt name would make the one that was meant look unused
        for name in pipeline.used:
            used.add(name)
    reads = graph.derived(all_parameter_reads)
    for stage in graph.index.stages:
        if not stage.knows("params", "deps"):
            return None
        own = [read for read in reads[stage] if read.file == file and not (read.is_section and read.is_idle)]
        if not all(read.keys for read in own) or (not own and any(dep.path == file for dep in stage.deps)):
            return None
        for keys in [read.keys for read in own]:
            used.add(keys)
        for param in stage.params:
            if param.file == file:
                if param.key is None or not _has(params, param.key):
                    return None
                used.add(tuple(param.key.split(".")))
    return used


def _has(params: ParamsFile, key: str) -> bool:
    value: Any = params.data
    for part in key.split("."):
        value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
    if value is not _MISSING:
        return True
    try:
        params.find(key)
    except KeyError:
        return False
    except ValueError:
        pass
    return True


def _unused(data: dict[Any, Any], path: _Keys, used: KeySet) -> Iterator[_Keys]:
    """The topmost keys of which nothing is used."""
    for key, value in data.items():
        keys = (*path, str(key))
        if not used.touches(keys):
            yield keys
        elif isinstance(value, dict) and not used.covers(keys):
            yield from _unused(value, keys, used)


def _typed_names(graph: Graph) -> frozenset[str]:
    """Options whose value is typed into a command: that is a rule of its own, and may have stood for a parameter."""
    found = (typed_numbers(definition) for definition in graph.index.definitions)
    return frozenset(number.name.rpartition(".")[2].replace("-", "_") for numbers in found for number in numbers)


def _names(params: ParamsFile, keys: _Keys) -> Iterator[str]:
    """The last parts of the names of a parameter, or of all in a section."""
    value: Any = params.data
    for key in keys:
        value = next((item for name, item in value.items() if str(name) == key), None)
    yield keys[-1]
    waiting = [value]
    while waiting:
        section = waiting.pop()
        for key, item in section.items() if isinstance(section, dict) else ():
            yield str(key)
            waiting.append(item)


def _is_repeated(params: ParamsFile, keys: _Keys) -> bool:
    """Whether a YAML alias elsewhere in the file repeats it, or a part of it."""
    node: Node | None = at(params.document.root, keys)
    return node is not None and any(
        node.start <= repeated.start and repeated.end <= node.end for _, repeated in params.document.repeated
    )


def _explain(place: Place, keys: _Keys, file: str) -> Finding:
    return Finding(
        place,
        f"the parameter '{'.'.join(keys)}' in {file} is used by nothing",
        why="changing it changes no result, and experiments that differ in it are all the same",
        help="Use it where its value stands now, or remove it.",
    )
