"""How a stage is defined now, against how it was: what of that makes DVC run it again.

DVC compares with the last run by what is listed: a dependency, parameter or output more does, and a path that is
spelled in another way; one less does not, nor do `cache`, `desc`, `meta` and their like.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.freshness.command_words import told_changes
from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.because import Because
from pipelinekit.impact.changes import Changes, ParamsChange
from pipelinekit.impact.recorded import Recorded, recorded
from pipelinekit.project.paths import join
from pipelinekit.resolve.context import Context, UndefinedError, lookup
from pipelinekit.resolve.expression import parse_template
from pipelinekit.resolve.stage import Definition, Param, Stage
from pipelinekit.yaml.tree import Scalar, walk

#: What of a command is told if it takes no more code points.
_LONG_COMMAND = 60


class Cause(NamedTuple):
    """A cause of a stage of its own. `is_recorded`: `dvc.lock` has the run with it already."""

    because: Because
    is_recorded: bool = False


def param_name(param: Param, key: str | None = None) -> str:
    """`params.yaml:train.lr`."""
    key = param.key if key is None else key
    return param.file if key is None else f"{param.file}:{key}"


class Definitions:
    """The stages of two revisions, matched by their addresses."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._graph = changes.after
        self._recorded: Recorded = self._graph.derived(recorded)
        self._earlier = changes.earlier
        addresses = {stage.address for stage in self._graph.index.stages}
        self._gone: dict[tuple[str, ...], list[Stage]] = {}
        for stage in changes.before.index.stages:
            if stage.address not in addresses:
                self._gone.setdefault(_identity(stage), []).append(stage)

    def causes(self) -> dict[Stage, list[Cause]]:
        """For each stage what of its definition is new; no entry where nothing is."""
        if self._changes.before is self._graph:
            return {}
        found: dict[Stage, list[Cause]] = {}
        for stage in self._graph.index.stages:
            causes = list(self._of(stage))
            if causes:
                found[stage] = causes
        return found

    def _of(self, stage: Stage) -> Iterator[Cause]:
        was = self._earlier.get(stage.address)
        if was is None:
            renamed = self._gone.get(_identity(stage), ())
            note = f"renamed from {renamed[0].name}" if len(renamed) == 1 else "new stage"
            yield Cause(Because("definition", stage.file, note=note), self._recorded.has_all(stage))
            return
        yield from self._of_command(was, stage)
        yield from self._of_lists(was, stage)
        if stage.always_changed and not was.always_changed:
            yield Cause(Because("definition", stage.file, note="always_changed is new"))
        elif stage.runs_always and not was.runs_always:
            yield Cause(Because("definition", stage.file, note="lists nothing any more, and so runs each time"))
        elif was.frozen and not stage.frozen:
            is_recorded = self._recorded.has_all(stage) or self._recorded.run_of(stage) is None
            yield Cause(Because("definition", stage.file, note="no longer frozen"), is_recorded)

    def _of_command(self, was: Stage, stage: Stage) -> Iterator[Cause]:
        if not (was.knows("cmd") and stage.knows("cmd")) or was.cmd == stage.cmd:
            return
        is_recorded = self._recorded.has_command(stage) is True
        named = list(changed_variables(stage.definition, self._changes.params, self._graph))
        for path, note in named:
            yield Cause(Because("cmd", path, note=note), is_recorded)
        if not named:
            note = told_changes(was.cmd, stage.cmd, _LONG_COMMAND) or "another command"
            yield Cause(Because("cmd", stage.file, note=note), is_recorded)

    def _of_lists(self, was: Stage, stage: Stage) -> Iterator[Cause]:
        if stage.knows("deps", "wdir") and was.knows("deps", "wdir"):
            deps = {dep.text: dep.path for dep in was.deps}
            paths = set(deps.values())
            for dep in stage.deps:
                if deps.get(dep.text) != dep.path:
                    note = "listed in another way" if dep.path in paths else "new dependency"
                    is_recorded = self._recorded.has_dep(stage, dep) is True
                    yield Cause(Because("definition", dep.path, note=note), is_recorded)
        if stage.knows("outs", "metrics", "plots", "wdir") and was.knows("outs", "metrics", "plots", "wdir"):
            outs = {out.text: out.path for out in was.outs}
            for out in stage.outs:
                if outs.get(out.text) != out.path:
                    is_recorded = self._recorded.lists_out(stage, out) is True
                    yield Cause(Because("definition", out.path, note="new output"), is_recorded)
        if stage.knows("params", "wdir") and was.knows("params", "wdir"):
            listed = {(param.file, param.file_text, param.key) for param in was.params}
            for param in stage.params:
                if (param.file, param.file_text, param.key) not in listed:
                    is_recorded = self._recorded.has_param(stage, param) is True
                    yield Cause(Because("definition", param_name(param), note="new parameter"), is_recorded)


def _identity(stage: Stage) -> tuple[str, ...]:
    """What a stage keeps when it gets another name."""
    return (repr(stage.cmd), *sorted(dep.path for dep in stage.deps), *sorted(out.path for out in stage.outs))


# --- variables of templates ----------------------------------------------------------------------------------


def changed_variables(
    definition: Definition, params: dict[str, ParamsChange], graph: Graph
) -> Iterator[tuple[str, str]]:
    """The parameters that the `${…}` of a stage name and that have another value: `file:key`, `0.1 → 0.2`."""
    for file, key in graph.derived(Variables.of).named_by(definition):
        change = params.get(file)
        if change is not None and key and repr(change.values(key)[0]) != repr(change.values(key)[1]):
            yield f"{file}:{key}", value_note(change, key)


class Variables:
    """Which keys of which files the templates of stages name."""

    def __init__(self, graph: Graph) -> None:
        self._root = graph.index.project.root
        self._contexts = {pipeline.path: pipeline.context for pipeline in graph.index.pipelines}
        self._known: dict[int, list[tuple[str, str]]] = {}
        self._files: dict[tuple[str, tuple[str, ...]], str | None] = {}

    @classmethod
    def of(cls, graph: Graph) -> Variables:
        """For `Graph.derived`."""
        return cls(graph)

    def named_by(self, definition: Definition) -> list[tuple[str, str]]:
        """File and dotted key of each variable that comes from a file, `foreach` and `matrix` included.

        No key for a file that a stage loads under its own `vars`.
        """
        known = self._known.get(id(definition))
        if known is None:
            known = self._known[id(definition)] = list(dict.fromkeys(self._find(definition)))
        return known

    def _find(self, definition: Definition) -> Iterator[tuple[str, str]]:
        if "${" not in definition.document.text:
            return
        context = self._contexts[definition.file]
        loaded = definition.section("vars")
        for item in loaded.items if loaded is not None and definition.stages else ():
            if isinstance(item, Scalar) and isinstance(item.value, str) and "${" not in item.value:
                stage = definition.stages[0]
                yield join(stage.wdir, item.value.partition(":")[0], self._root), ""
        for node in walk(definition.entry):
            if isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value:
                for expression in parse_template(node.value).expressions:
                    file = self._file(definition.file, context, expression.keys)
                    if file is not None:
                        yield file, ".".join(expression.keys)

    def _file(self, pipeline: str, context: Context, keys: tuple[str, ...]) -> str | None:
        """The file that a variable comes from: the one that has the first of its names."""
        if (pipeline, keys) not in self._files:
            self._files[pipeline, keys] = _source_of(context, keys)
        return self._files[pipeline, keys]


def _source_of(context: Context, keys: tuple[str, ...]) -> str | None:
    for source in context.sources:
        file = source.file
        if file is None or not keys or (source.keys is not None and keys[0] not in source.keys):
            continue
        try:
            lookup(file.data, keys)
        except UndefinedError:
            continue
        return file.path
    return None


def value_note(change: ParamsChange, key: str) -> str:
    """`0.1 → 0.2`, where both are short; else whether it is new, gone or another one."""
    was, now = change.values(key)
    if was is ABSENT:
        return "new"
    if now is ABSENT:
        return "gone"
    text = f"{_shown(was)} → {_shown(now)}"
    return text if len(text) <= 40 else "another value"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)
