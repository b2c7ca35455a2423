"""Which stage somebody means: by address, name, group, output, or a file that it runs, imports or reads."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Literal, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import did_you_mean
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.paths import join, relative
from pipelinekit.resolve.stage import Definition, Stage, TrackedFile
from pipelinekit.scripts.programs import all_scripts

Reason = Literal["stage", "group", "makes", "runs", "imports", "needs"]
#: Stages that an error names.
_NAMED = 5


class UnknownStageError(Exception):
    """No stage, or no single one, is meant by a word; the message says what could be."""


class Found(NamedTuple):
    """The stages that a word stands for, and why."""

    reason: Reason
    stages: tuple[Stage, ...]
    #: for a group as a whole
    definition: Definition | None = None
    #: what was found by it
    path: str = ""


def lookup(graph: Graph, word: str, here: str) -> Found:
    """What a word stands for; `here` is the current folder, relative to the project. Raises UnknownStageError."""
    return _by_name(graph, word, here) or _by_path(graph, word, here) or _refuse(graph, word)


# --- names -----------------------------------------------------------------------------------------------------


def _by_name(graph: Graph, word: str, here: str) -> Found | None:
    names = {pipeline.path: _spellings(pipeline.path, here) for pipeline in graph.index.pipelines}

    def is_meant(node: Stage | Definition) -> bool:
        return word.endswith(node.name) and word.removesuffix(node.name) in names[node.file]

    found = [Found("stage", (stage,)) for stage in graph.index.stages if is_meant(stage)]
    found += [
        Found("group", tuple(definition.stages), definition)
        for definition in graph.index.definitions
        if definition.kind != "plain" and is_meant(definition)
    ]
    if len(found) < 2:
        return found[0] if found else None
    near = [each for each in found if _file(each) == join(here, DVC_YAML, graph.index.project.root)]
    if len(near) == 1:
        return near[0]
    addresses = _listed(f"{_file(each)}:{word}" for each in found)
    raise UnknownStageError(f"{len(found)} dvc.yaml files have a stage '{word}': name one of {addresses}")


def _spellings(file: str, here: str) -> tuple[str, ...]:
    """What may stand before a name: nothing, or the file, as the project or somebody in a folder of it names it."""
    return ("", f"{file}:", f"{relative(file, here)}:")


def _file(found: Found) -> str:
    return found.definition.file if found.definition is not None else found.stages[0].file


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f", and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


# --- paths -----------------------------------------------------------------------------------------------------


def _by_path(graph: Graph, word: str, here: str) -> Found | None:
    root = graph.index.project.root
    # a path as one sees it from the current folder, else as the project has it
    for path in dict.fromkeys((join(here, word, root), posixpath.normpath(word))):
        found = _of_path(graph, path) if path != "." else None
        if found is not None:
            return found
    return None


def _of_path(graph: Graph, path: str) -> Found | None:
    makers = dict.fromkeys(out.stage for out in graph.holding(path))
    stages = tuple(maker for maker in makers if isinstance(maker, Stage))
    if stages:
        return Found("makes", stages, path=path)
    running = tuple(
        stage for stage, scripts in graph.derived(all_scripts).items() if any(script.path == path for script in scripts)
    )
    if running:
        return Found("runs", running, path=path)
    if path.endswith((".py", ".ipynb")):
        from pipelinekit.scripts.imports import all_imports

        importing = tuple(
            stage for stage, found in graph.derived(all_imports).items() if any(path in each.files for each in found)
        )
        if importing:
            return Found("imports", importing, path=path)
    made = [out.stage for out in graph.inside(path) if isinstance(out.stage, Stage)]
    if made:
        return Found("makes", tuple(dict.fromkeys(made)), path=path)
    needing = [stage for stage in graph.index.stages if any(dep.path == path for dep in stage.deps)]
    needing += [stage for stage in graph.index.stages if any(param.file == path for param in stage.params)]
    if needing:
        return Found("needs", tuple(dict.fromkeys(needing)), path=path)
    for maker in makers:
        if isinstance(maker, TrackedFile):
            raise UnknownStageError(f"no stage makes or needs {path}: {maker.file} tracks it")
    return None


def _refuse(graph: Graph, word: str) -> Found:
    unread = [definition for definition in graph.index.definitions if not definition.stages]
    for definition in unread:
        if word in (definition.name, f"{definition.file}:{definition.name}"):
            raise UnknownStageError(f"the stage '{word}' can't be read ('pipelinekit lint' says why)")
    known = [definition.name for definition in graph.index.definitions]
    known += [name for stage in graph.index.stages for name in (stage.name, stage.address)]
    known += list(graph.outs)
    hint = did_you_mean(word, known) or "'pipelinekit stages' lists them"
    raise UnknownStageError(f"no stage is called '{word}', and none makes, runs or needs such a file. {hint}")
