"""What makes a stage run again by itself, before anything comes down from other stages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.because import Because
from pipelinekit.impact.changes import Changes, ParamsChange, read_changes
from pipelinekit.impact.definitions import (
    Cause,
    Definitions,
    Variables,
    changed_variables,
    param_name,
    value_note,
)
from pipelinekit.impact.recorded import Recorded, recorded
from pipelinekit.impact.uses import Paths, makers, undeclared_files, undeclared_reads, uses
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors, is_outside
from pipelinekit.project.revision import RevisionError
from pipelinekit.resolve.stage import Out, Param, Stage, TrackedFile


class Causes(NamedTuple):
    """The causes of each stage of its own, and `.dvc` files whose source changed."""

    of: dict[Stage, list[Cause]]
    sources: set[TrackedFile]
    #: what was asked about, or has changed, relative to the project
    changed: tuple[str, ...]
    #: outputs among these, which DVC puts back if somebody edits them
    made: list[Out]
    #: paths of these that no stage has to do with
    unused: tuple[str, ...] = ()

    def add(self, stage: Stage, because: Because, *, is_recorded: bool = False) -> None:
        causes = self.of.setdefault(stage, [])
        if not any(known.because[:2] == because[:2] for known in causes):
            causes.append(Cause(because, is_recorded))


def _file_causes(path: str, graph: Graph, causes: Causes, check: Recorded | None, note: str = "") -> bool:
    """Add what a file or folder is to stages; with `check`, whether their lock has it already. False: nothing."""
    is_made = _output_causes(path, graph, causes, check)
    if is_made and check is not None:
        return True  # what depends on it runs again if, and only if, the stage does that makes it
    found = is_made
    for user, dep in graph.derived(uses).of(path):
        found = True
        if isinstance(user, TrackedFile):
            causes.sources.add(user)
        else:
            is_recorded = check is not None and check.has_dep(user, dep) is True
            shown = path if dep.path == path or dep.path in ancestors(path) or dep.path == "." else dep.path
            causes.add(user, Because("dep", shown, note=note), is_recorded=is_recorded)
    return found


def _output_causes(path: str, graph: Graph, causes: Causes, check: Recorded | None) -> bool:
    """What it means that an output of a stage is another one. False: it is none.

    DVC puts back what a stage made, from its cache, instead of running it; without that it has to run it.
    """
    found = False
    for out in makers(graph, path):
        stage = out.stage
        assert isinstance(stage, Stage)
        found = True
        if check is None:
            causes.made.append(out)
        elif check.has_out(stage, out) is False:
            if check.can_restore(out):
                causes.made.append(out)
            else:
                causes.add(stage, Because("definition", out.path, note="its own output"))
    return found


# --- since a revision ----------------------------------------------------------------------------------------


def causes_since(changes: Changes) -> Causes:
    """What the changes since a revision mean to each stage."""
    graph = changes.after
    check = graph.derived(recorded)
    causes = Causes({}, set(), (), [])
    for stage, found in Definitions(changes).causes().items():
        for because, is_recorded in found:
            causes.add(stage, because, is_recorded=is_recorded)
    used = {
        path
        for path, change in changes.files.items()
        if _file_causes(path, graph, causes, check, "" if change == "changed" else change)
    }
    for path, file in changes.data.items():
        note = f"recorded in {file}"
        for user, dep in graph.derived(uses).of(path):
            if isinstance(user, TrackedFile):
                causes.sources.add(user)
            else:
                causes.add(user, Because("dep", dep.path, note=note), is_recorded=check.has_dep(user, dep) is True)
    if changes.params:
        for stage in graph.index.stages:
            _param_causes(stage, changes.params, causes, check)
        _undeclared_param_causes(changes.params, graph, causes)
    _run_causes(changes, causes, check)
    for stage, because in undeclared_files(graph, Paths(path for path in changes.files if not _is_dvcs(path))):
        causes.add(stage, because)
        used.add(because.path)
    # of what lies next to the project in its repository only what it uses is of interest
    return causes._replace(changed=tuple(path for path in changes.files if not is_outside(path) or path in used))


def _is_dvcs(path: str) -> bool:
    """Whether a file is DVC's own: no script has to do with it."""
    name = path.rpartition("/")[2]
    return name in (DVC_YAML, LOCK, ".dvcignore", ".gitignore") or name.endswith(".dvc") or path.startswith(".dvc/")


def _param_causes(stage: Stage, params: dict[str, ParamsChange], causes: Causes, check: Recorded) -> None:
    for param in stage.params:
        change = params.get(param.file)
        if change is not None:
            is_recorded = check.has_param(stage, param) is True
            for key in _changed_keys(param, change):
                because = Because("param", param_name(param, key), note=value_note(change, key))
                causes.add(stage, because, is_recorded=is_recorded)


def _changed_keys(param: Param, change: ParamsChange) -> list[str]:
    if param.key is None:
        return change.keys
    return [param.key] if change.is_changed(param.key) else []


def _undeclared_param_causes(params: dict[str, ParamsChange], graph: Graph, causes: Causes) -> None:
    for stage, read in undeclared_reads(graph):
        change = params.get(read.file)
        if change is not None and change.is_changed(read.key):
            chain = (read.use.source.path, f"{read.file}:{read.key}")
            note = value_note(change, read.key)
            causes.add(stage, Because("import", chain[1], note=note, chain=chain, rule="PK203"))


def _run_causes(changes: Changes, causes: Causes, check: Recorded) -> None:
    """Locks that have changed, and no longer fit: a conflict that was resolved in favour of the wrong side, say."""
    for stage, was in changes.runs.items():
        if was is None or stage.address not in changes.earlier:
            continue
        locked = check.run_of(stage)
        if locked is None:
            causes.add(stage, Because("definition", stage.file, note=f"no longer recorded in {LOCK}"))
            continue
        note = f"{LOCK} records another"
        if check.has_command(stage) is False:
            causes.add(stage, Because("cmd", stage.file, note=note))
        for dep in stage.deps:
            if check.has_dep(stage, dep) is False:
                causes.add(stage, Because("dep", dep.path, note=note))
        for param in stage.params:
            if check.has_param(stage, param) is False:
                causes.add(stage, Because("param", param_name(param), note=note))


# --- if some files change ------------------------------------------------------------------------------------


def causes_of(graph: Graph, paths: Iterable[str]) -> Causes:
    """What it would mean to each stage if some files or folders changed.

    Of a params file or a `dvc.yaml` that has changed already, only what is different counts.
    """
    asked = tuple(dict.fromkeys(paths))
    causes = Causes({}, set(), asked, [])
    special = _Special(graph)
    used = {path for path in asked if _path_causes(path, graph, causes, special)}
    plain = Paths(path for path in asked if not _is_dvcs(path))
    for stage, because in undeclared_files(graph, plain):
        causes.add(stage, because)
        used.update(path for path in asked if because.path in Paths([path]))
    return causes._replace(unused=tuple(path for path in asked if path not in used and not _is_dvcs_record(path)))


def _is_dvcs_record(path: str) -> bool:
    """A lock is what runs leave; nothing runs because of it."""
    return path.rpartition("/")[2] == LOCK


def _path_causes(path: str, graph: Graph, causes: Causes, special: _Special) -> bool:
    found = False
    for file in special.pipelines(path):
        found = True
        special.definition_causes(file, causes)
    for tracked in special.tracked(path):
        for out in tracked.outs:
            found = _file_causes(out.path, graph, causes, None, f"tracked by {tracked.file}") or found
    for file in special.params_files(path) if not _is_dvcs(path) else ():
        found = special.param_causes(file, causes) or found
    return _file_causes(path, graph, causes, None) or found


class _Special:
    """The files that are more than their content: `dvc.yaml`, `.dvc`, params files."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._recorded: Recorded = graph.derived(recorded)
        self._changes: Changes | None = None
        self._asked = False
        self._definitions: dict[Stage, list[Cause]] | None = None
        self._params: dict[str, None] | None = None
        self._earlier: dict[str, Stage] | None = None
        self._reads: list[tuple[Stage, str, str, str]] | None = None

    @property
    def changes(self) -> Changes | None:
        """What has changed since the last commit; None without one."""
        if not self._asked:
            self._asked = True
            try:
                self._changes = read_changes(self._graph, "HEAD")
            except RevisionError:
                self._changes = None
        return self._changes

    def pipelines(self, path: str) -> list[str]:
        """The `dvc.yaml` files that a path is or holds."""
        return [pipeline.path for pipeline in self._graph.index.pipelines if _is_or_holds(path, pipeline.path)]

    def tracked(self, path: str) -> list[TrackedFile]:
        return [tracked for tracked in self._graph.index.tracked_files if _is_or_holds(path, tracked.file)]

    def params_files(self, path: str) -> list[str]:
        if self._params is None:
            index = self._graph.index
            self._params = dict.fromkeys(param.file for stage in index.stages for param in stage.params)
            self._params.update(dict.fromkeys(path for pipeline in index.pipelines for path in pipeline.context.loaded))
            self._params.update(dict.fromkeys(file for _, file, _, _ in self.reads))
            variables = self._graph.derived(Variables.of)
            named = (file for definition in index.definitions for file, _ in variables.named_by(definition))
            self._params.update(dict.fromkeys(named))
        return [file for file in self._params if _is_or_holds(path, file)]

    @property
    def reads(self) -> list[tuple[Stage, str, str, str]]:
        """The undeclared reads of parameters: stage, file, key, and the source that has it."""
        if self._reads is None:
            found = undeclared_reads(self._graph)
            self._reads = [(stage, read.file, read.key, read.use.source.path) for stage, read in found]
        return self._reads

    def _is_another(self, stage: Stage) -> bool:
        """Whether the last commit has not got the stage, or with another command."""
        if self._earlier is None:
            self._earlier = self.changes.earlier if self.changes is not None else {}
        was = self._earlier.get(stage.address)
        return was is None or was.cmd != stage.cmd

    def definition_causes(self, file: str, causes: Causes) -> None:
        """The stages of a `dvc.yaml` whose definition is not that of the last commit; all of them if none is."""
        changes = self.changes
        if changes is not None and file in changes.files:
            if self._definitions is None:
                self._definitions = Definitions(changes).causes()
            for stage, found in self._definitions.items():
                for because, is_recorded in found if stage.file == file else ():
                    if not (because.kind == "cmd" and because.path != file):  # it is not the file that did this
                        causes.add(stage, because, is_recorded=is_recorded)
            return
        for stage in self._graph.index.stages:
            if stage.file == file:
                causes.add(stage, Because("definition", file))

    def param_causes(self, file: str, causes: Causes) -> bool:
        """The stages that use a params file; those whose values are not those of their last run, if there are any."""
        users = [(stage, param) for stage in self._graph.index.stages for param in stage.params if param.file == file]
        variables = self._graph.derived(Variables.of)
        named = {
            stage: keys
            for stage in self._graph.index.stages
            if (keys := [key for path, key in variables.named_by(stage.definition) if path == file])
        }
        reads = [(stage, key, source) for stage, path, key, source in self.reads if path == file]
        change = self.changes.params.get(file) if self.changes is not None else None
        is_stale = any(self._recorded.has_param(stage, param) is False for stage, param in users)
        is_stale = is_stale or any(self._recorded.has_command(stage) is False for stage in named)
        if change is None and not is_stale:
            self._any_value(file, users, named, reads, causes)
        else:
            self._changed_values(change or ParamsChange(file, None, None), users, named, reads, causes)
        return bool(users or named or reads)

    def _any_value(
        self,
        file: str,
        users: list[tuple[Stage, Param]],
        named: dict[Stage, list[str]],
        reads: list[tuple[Stage, str, str]],
        causes: Causes,
    ) -> None:
        for stage, param in users:
            causes.add(stage, Because("param", param_name(param)))
        for stage, keys in named.items():
            for key in keys:
                causes.add(stage, Because("cmd", f"{file}:{key}" if key else file))
        for stage, key, source in reads:
            name = f"{file}:{key}"
            causes.add(stage, Because("import", name, chain=(source, name), rule="PK203"))

    def _changed_values(
        self,
        change: ParamsChange,
        users: list[tuple[Stage, Param]],
        named: dict[Stage, list[str]],
        reads: list[tuple[Stage, str, str]],
        causes: Causes,
    ) -> None:
        file, check = change.path, self._recorded
        for stage, param in users:
            is_recorded = check.has_param(stage, param)
            keys = _changed_keys(param, change)
            if is_recorded is None and not keys:
                continue
            shown: list[str | None] = [*keys] or [param.key]
            for key in shown:
                note = value_note(change, key) if keys and key is not None else "not the value of the last run"
                if keys or is_recorded is False:
                    name = param_name(param, key)
                    causes.add(stage, Because("param", name, note=note), is_recorded=is_recorded is True)
        for stage in named:
            variables = list(changed_variables(stage.definition, {file: change}, self._graph))
            has_command = check.has_command(stage)
            if has_command is False or (has_command is None and self._is_another(stage)):
                for name, note in variables or [(file, "not the command of the last run")]:
                    causes.add(stage, Because("cmd", name, note=note))
        for stage, key, source in reads:
            if change.is_changed(key):
                name = f"{file}:{key}"
                note = value_note(change, key)
                causes.add(stage, Because("import", name, note=note, chain=(source, name), rule="PK203"))


def _is_or_holds(path: str, file: str) -> bool:
    return path == file or path in ancestors(file) or (path == "." and not file.startswith("../"))


__all__ = ["Causes", "causes_of", "causes_since"]
