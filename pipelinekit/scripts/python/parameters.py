"""Which keys of which params files the scripts of a stage read."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import ancestors
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.python.exports import is_passed_on
from pipelinekit.scripts.python.observed import KeyUse
from pipelinekit.scripts.python.runs import Run, all_runs
from pipelinekit.scripts.python.source import Source
from pipelinekit.yaml.tree import Scalar, walk

_NAMES = frozenset({"params.yaml", "params.yml", "params.json", "params.toml"})


class ParamRead(NamedTuple):
    """A script looks a parameter up; `keys` lead to it in the file, and are empty for the file as a whole."""

    file: str
    keys: tuple[str, ...]
    #: whether all that stands below is handed on, and nobody knows what of it is used
    is_section: bool
    #: whether nothing comes of it: it is only printed, or gets a name that nobody asks for
    is_idle: bool
    use: KeyUse

    @property
    def key(self) -> str:
        """The key as `params` lists it."""
        return ".".join(self.keys)


def params_files(graph: Graph) -> frozenset[str]:
    """The files of a project that hold parameters: named so, or listed under `params`."""
    project = graph.index.project
    found = {param.file for stage in graph.index.stages for param in stage.params}
    # a dvc.yaml without stages is what dvclive writes, with a params.yaml of values that it was told
    folders = {pipeline.folder for pipeline in graph.index.pipelines if pipeline.definitions} | {"."}
    found.update(
        path
        for folder in folders
        for name in _NAMES
        if project.disk.kind(path := posixpath.normpath(f"{folder}/{name}")) == "file"
    )
    return frozenset(found)


def _loaded_files(graph: Graph) -> frozenset[str]:
    """The files that `vars` load."""
    return frozenset(path for pipeline in graph.index.pipelines for path in pipeline.context.loaded)


def all_parameter_reads(graph: Graph) -> dict[Stage, list[ParamRead]]:
    """The parameters that the scripts of each stage look up; for `Graph.derived`."""
    return {
        stage: [read for run in runs for read in _reads_of(run, graph)]
        for stage, runs in graph.derived(all_runs).items()
    }


def stages_that_read(graph: Graph) -> frozenset[Stage]:
    """The stages whose scripts look up parameters; for `Graph.derived`."""
    return frozenset(stage for stage, reads in graph.derived(all_parameter_reads).items() if reads)


def _reads_of(run: Run, graph: Graph) -> Iterator[ParamRead]:
    """The parameters among the values that a script and its modules look up in files."""
    files = graph.derived(params_files) | graph.derived(_loaded_files)
    sources: list[Source] = []
    uses = run.keys
    # a file that no code opens was put together by hydra: it holds parameters, whatever its name
    opened = {use.path for use in run.files if use.mode == "read"} if uses else set()
    for use in uses:
        if use.file in files or posixpath.basename(use.file) in _NAMES or use.file not in opened:
            params = graph.index.project.params(use.file)
            if isinstance(params, ParamsFile) and params.problem is None:
                sources = sources or run.sources(graph)
                read = _in_file(use, params.data, is_idle=_is_logged(use) or not is_passed_on(use, sources))
                if read is not None:
                    yield read


#: Calls that only tell somebody what a value is.
_LOGGING = frozenset(
    """
    print pprint pformat debug info warning error exception critical log log_param log_params log_dict log_metrics
    """.split()  # noqa: SIM905
)


def _is_logged(use: KeyUse) -> bool:
    """Whether data is handed on as a whole, but only to be printed or written into a log."""
    if not isinstance(use.node, ast.Call):
        return False
    function = use.node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _LOGGING


def _in_file(use: KeyUse, data: Any, *, is_idle: bool) -> ParamRead | None:
    """What is read, up to the first list or value: an item of a list counts as the list."""
    keys: list[str] = []
    for key in use.keys:
        if not isinstance(data, dict):
            break
        if key not in data or not isinstance(key, str):
            return None
        data = data[key]
        keys.append(key)
    return ParamRead(use.file, tuple(keys), isinstance(data, dict), is_idle, use)


def named_by(stage: Stage) -> set[tuple[str, ...]]:
    """The names that the `${…}` of a stage look up: a change of one changes the stage."""
    body = stage.definition.body
    if body is None or "${" not in body.source:
        return set()
    texts = [node.value for node in walk(body) if isinstance(node, Scalar) and isinstance(node.value, str)]
    return {expression.keys for text in texts if "${" in text for expression in parse_template(text).expressions}


def is_declared(read: ParamRead, stage: Stage) -> bool:
    """Whether a stage lists a parameter: itself, a section that holds it, its file, or a part of it."""
    for param in stage.params:
        if param.file == read.file and (param.key is None or overlaps(param.key, read.keys)):
            return True
    above = ancestors(read.file)
    return any(dep.path == read.file or dep.path in above or dep.path == "." for dep in stage.deps)


def overlaps(key: str, keys: tuple[str, ...]) -> bool:
    """Whether one of two keys is the other, or holds it; `*` stands for any name, as DVC has it."""
    parts = key.split(".")
    return all(part == "**" or fnmatchcase(name, part) for part, name in zip(parts, keys, strict=False))


class KeySet:
    """Keys that are used: quick to ask whether one of them is a given key, holds it, or lies in it."""

    def __init__(self) -> None:
        self._whole: set[tuple[str, ...]] = set()
        self._above: set[tuple[str, ...]] = set()
        self._patterns: list[str] = []

    def add(self, keys: tuple[str, ...]) -> None:
        if keys in self._whole:
            return
        if any("*" in key or "?" in key or "[" in key for key in keys):
            self._patterns.append(".".join(keys))
        self._whole.add(keys)
        self._above.update(keys[:length] for length in range(len(keys)))

    def covers(self, keys: tuple[str, ...]) -> bool:
        """Whether a key, or a section that holds it, is used as a whole."""
        if any(keys[:length] in self._whole for length in range(1, len(keys) + 1)):
            return True
        return any(overlaps(pattern, keys) for pattern in self._patterns)

    def touches(self, keys: tuple[str, ...]) -> bool:
        """Whether a key, or something above or below it, is used."""
        return keys in self._above or self.covers(keys)
