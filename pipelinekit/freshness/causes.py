"""Why a stage is stale: what DVC compares, compared as DVC does, and what it is called in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pipelinekit.freshness.command_words import told_changes
from pipelinekit.freshness.contents import contents, folder_md5, md5_within
from pipelinekit.freshness.definition import CommandChange, definition_changes
from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.freshness.presence import Presence, presence
from pipelinekit.freshness.records import Record, recorded_entry
from pipelinekit.freshness.targets import target
from pipelinekit.freshness.tracked import has_changed_by_hand, tracked_entry
from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import is_outside, relative
from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.stage import Dep, Out, Param, Stage, TrackedFile

#: `dep`, `param`, `out`: it is not what it was when the stage last ran. `cmd`: another command. `always`: it runs
#: every time. `lock`: there is no record of a run. `upstream`: a stage that would run before it makes what it needs.
#: `definition`: it is listed no longer, which DVC does not notice.
CauseKind = Literal["dep", "param", "out", "cmd", "always", "lock", "upstream", "definition"]
#: The word that DVC has for it; empty where DVC has none.
Change = Literal[
    "modified", "deleted", "new", "not in cache", "changed command", "always changed", "changed checksum", ""
]

#: A value that is longer than this is not shown.
_LONG = 40
#: How the words end of a cause that needs no run to go away.
RESTORABLE = "the cache has it: 'dvc checkout' brings it back"
#: What is said of a command of which so much has changed that it is not told word by word.
ANOTHER_COMMAND = "its command is another one"
_LONG_COMMAND = 200
#: Files of a folder that are named.
_NAMED = 2


class Cause(NamedTuple):
    """One reason for the state of a stage. `path` is relative to the project; of a parameter it is `file:key`."""

    kind: CauseKind
    path: str
    #: the MD5, value or command that the last run used, and what is here; None where there is none
    was: Any
    now: Any
    change: Change
    #: in words, without the name of the stage
    words: str
    #: address of the stage or `.dvc` file through which it comes, or that made another `path`
    via: str | None = None
    #: whether it makes the stage stale; otherwise it is something to know, or nothing that can be decided here
    is_decisive: bool = True

    @property
    def is_dvc(self) -> bool:
        """Whether `dvc status` says so, too, where the data is."""
        return bool(self.change) or self.kind == "lock"


def name_of(node: Stage | TrackedFile) -> str:
    """What people call a stage: its name, with its file in front where that is not the project's own `dvc.yaml`."""
    return target(node) if isinstance(node, Stage) else node.address


class Causes:
    """Finds the causes, for one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._project = graph.index.project
        self._here: Presence = graph.derived(presence)
        # many stages may use one folder: each of these looks at all that is in it
        self._lacking: dict[str, bool] = {}
        self._mixtures: dict[tuple[str, bool], str | None] = {}
        self._words: dict[tuple[str, str], str] = {}

    # --- a stage -------------------------------------------------------------------------------------------------

    def of_stage(self, stage: Stage, record: Record) -> Iterator[Cause]:
        """The stage against its record, in the order in which DVC looks: what it needs, makes, and runs."""
        locked = record.locked
        if not stage.frozen:
            if stage.knows("deps", "wdir"):
                for dep in stage.deps:
                    yield from self._dep(dep, recorded_entry(dep, stage, locked))
            if stage.knows("params", "wdir"):
                yield from self._params(stage, record)
        if stage.knows("outs", "metrics", "plots", "wdir"):
            for out in stage.outs:
                yield from self._out(out, recorded_entry(out, stage, locked))
        yield from always(stage)
        if stage.knows("cmd") and stage.cmd != locked.cmd:
            changes = told_changes(locked.cmd, stage.cmd, _LONG_COMMAND)
            words = f"its command changed: {changes}" if changes is not None else ANOTHER_COMMAND
            yield Cause("cmd", stage.file, locked.cmd, stage.cmd, "changed command", words)
        yield from self._no_longer_listed(stage, record)

    def _no_longer_listed(self, stage: Stage, record: Record) -> Iterator[Cause]:
        nouns = {"dep": "dependency", "out": "output", "param": "parameter"}
        for change in definition_changes(stage, record, self._project):
            if isinstance(change, CommandChange) or change.is_new:
                continue
            name = _param_name(change.name) if change.kind == "param" else change.name
            words = f"{name} is no {nouns[change.kind]} any more; DVC does not notice"
            yield Cause("definition", change.name, change.name, None, "", words, is_decisive=False)

    # --- a `.dvc` file -------------------------------------------------------------------------------------------

    def of_tracked(self, file: TrackedFile) -> Iterator[Cause]:
        """A `.dvc` file against the data; whether an import could be updated only its source could tell."""
        if not file.frozen:
            for dep in file.deps:
                entry = tracked_entry(file, dep)
                yield from self._dep(dep, entry) if dep.is_local else [_elsewhere(dep, entry)]
        for out in file.outs:
            yield from self._out(out, tracked_entry(file, out))
        if has_changed_by_hand(file):
            words = "the .dvc file was edited since DVC wrote it"
            yield Cause("definition", file.file, None, None, "changed checksum", words)

    # --- dependencies --------------------------------------------------------------------------------------------

    def _dep(self, dep: Dep, entry: LockEntry | None) -> Iterator[Cause]:
        path, kind = dep.path, self._here.kind(dep.path) if dep.is_local else None
        if entry is None:
            change: Change = "deleted" if dep.is_local and kind is None else "modified"
            yield Cause("dep", path, None, None, change, f"{path} is a new dependency")
        elif not dep.is_local:
            yield _elsewhere(dep, entry)
        elif entry.md5 is None:
            words = f"{path} is recorded in a way that only DVC can compare"
            yield Cause("dep", path, None, None, "", words, is_decisive=False)
        elif kind is None:
            yield from self._missing_dep(dep, entry)
        elif kind == "folder" and self._lacks_something(path):
            yield from self._by_chain(dep, entry)
        else:
            yield from self._compared("dep", path, entry)

    def _lacks_something(self, folder: str) -> bool:
        """Whether something that belongs into a folder was not fetched."""
        if folder not in self._lacking:
            self._lacking[folder] = any(map(self._here.is_absent, self._graph.made_by(folder)))
        return self._lacking[folder]

    def _missing_dep(self, dep: Dep, entry: LockEntry) -> Iterator[Cause]:
        path = dep.path
        makers = [out for out in self._graph.made_by(path) if not out.is_local or self._here.entry(out) is not None]
        if makers and all(self._here.is_absent(out) for out in makers):
            yield from self._by_chain(dep, entry)
        elif makers or self._here.is_tracked_by_git(path):
            yield Cause("dep", path, entry.md5, None, "deleted", self._words_of_missing(path, makers))
        elif self._graph.made_by(path):
            return  # by a stage that never ran: that is what there is to say
        elif self._here.has_data:
            yield Cause("dep", path, entry.md5, None, "deleted", f"{path} is gone")
        else:
            words = f"{path} is not here, and neither git, DVC nor a stage could bring it"
            yield Cause("dep", path, entry.md5, None, "", words, is_decisive=False)

    def _words_of_missing(self, path: str, makers: list[Out]) -> str:
        if any(self._here.is_in_cache(out) for out in makers):
            return f"{path} is gone; {RESTORABLE}"
        return f"{path} is gone"

    def _by_chain(self, dep: Dep, entry: LockEntry) -> Iterator[Cause]:
        """A dependency that was not fetched, by what its makers recorded of it."""
        found, maker = self._md5_by_chain(dep.path, entry)
        via = maker.stage.address if maker is not None else None
        if found is None:
            words = f"{dep.path} is not here, and what it should be can't be told without it ('dvc pull')"
            yield Cause("dep", dep.path, entry.md5, None, "", words, via, is_decisive=False)
        elif found != entry.md5:
            by = name_of(maker.stage) if maker is not None else ""
            verb = "tracks" if maker is not None and isinstance(maker.stage, TrackedFile) else "has made"
            words = f"{by} {verb} another {dep.path} since" if by else f"{dep.path} changed"
            yield Cause("dep", dep.path, entry.md5, found or None, "modified", words, via)

    def _md5_by_chain(self, path: str, entry: LockEntry) -> tuple[str | None, Out | None]:
        """The MD5 that a path must have by what its makers recorded, empty if it is not among it; None if unknown."""
        for out in self._graph.holding(path):
            made = self._here.entry(out)
            if made is None or made.md5 is None or made.legacy != entry.legacy:
                return None, out
            if out.path == path:
                return made.md5, out
            listed = self._here.cache.files_of(made.md5)
            return (None if listed is None else md5_within(listed, path[len(out.path) + 1 :])), out
        key = (path, entry.legacy)
        if key not in self._mixtures:
            self._mixtures[key] = self._md5_of_mixture(path, legacy=entry.legacy)
        return self._mixtures[key], None

    def _md5_of_mixture(self, folder: str, *, legacy: bool) -> str | None:
        """The MD5 of a folder in which outputs are missing, from what is there and what is recorded of those."""
        prefix = 0 if folder == "." else len(folder) + 1
        try:
            here = self._here.kind(folder) == "folder"
            files = dict(self._here.hashes.of_members(folder, legacy=legacy)) if here else {}
        except UnreadableError:
            return None
        for out in self._graph.inside(folder):
            if not self._here.is_absent(out):
                continue
            made = self._here.entry(out)
            if made is None or made.md5 is None or made.legacy != legacy:
                return None
            if not made.is_folder:
                files[out.path[prefix:]] = made.md5
                continue
            listed = self._here.cache.files_of(made.md5)
            if listed is None:
                return None
            files.update({f"{out.path[prefix:]}/{name}": md5 for name, md5 in listed.items()})
        return folder_md5(files)

    # --- outputs -------------------------------------------------------------------------------------------------

    def _out(self, out: Out, entry: LockEntry | None) -> Iterator[Cause]:
        path, kind = out.path, self._here.kind(out.path) if out.is_local else None
        if not out.is_local:
            return
        if entry is None:
            change: Change = "deleted" if kind is None else "modified"
            yield Cause("out", path, None, None, change, f"{path} is a new output")
        elif entry.md5 is None or self._here.is_absent(out):
            return
        elif self._here.has_cache and self._here.is_kept(out) and not self._here.is_in_cache(out):
            yield Cause("out", path, entry.md5, None, "not in cache", f"{path} is here, but the cache has lost it")
        elif kind is None:
            yield Cause("out", path, entry.md5, None, "deleted", self._words_of_missing(path, [out]))
        else:
            for cause in self._compared("out", path, entry):
                # data of a `.dvc` file may be new on purpose
                is_made = isinstance(out.stage, Stage) and cause.change == "modified"
                is_restorable = is_made and self._here.is_in_cache(out)
                yield cause._replace(words=f"{cause.words}; {RESTORABLE}") if is_restorable else cause

    # --- contents ------------------------------------------------------------------------------------------------

    def _compared(self, kind: Literal["dep", "out"], path: str, entry: LockEntry) -> Iterator[Cause]:
        """What is in the workspace against what is recorded."""
        legacy = entry.legacy and not is_outside(path)
        try:
            now = self._here.hashes.of(path, legacy=legacy)
        except UnreadableError as error:
            words = f"{path} can't be read: {error}"
            yield Cause(kind, path, entry.md5, None, "", words, is_decisive=False)
            return
        if now == entry.md5:
            return
        if self._here.hashes.is_pointer(path):
            words = f"{path} was not fetched: 'git lfs pull' brings it"
            yield Cause(kind, path, entry.md5, None, "", words, is_decisive=False)
            return
        key = (path, str(entry.md5))
        if key not in self._words:
            self._words[key] = self._words_of_change(path, entry, legacy)
        words = self._words[key]
        if kind == "out" and words.endswith(" changed"):
            words = f"{path} is not what was made, or committed, last"
        yield Cause(kind, path, entry.md5, now, "modified", words)

    def _words_of_change(self, path: str, entry: LockEntry, legacy: bool) -> str:
        assert entry.md5 is not None
        is_folder = self._here.kind(path) == "folder"
        if is_folder != entry.is_folder:
            return f"{path} is a {'folder' if is_folder else 'file'} now"
        if not is_folder:
            same = self._graph.derived(contents).compared(path, entry) in ("same", "same with CRLF")
            return f"{path} changed, but only in its line ends" if same else f"{path} changed"
        was = self._here.cache.files_of(entry.md5)
        if was is None:
            return f"{path} changed"
        now = self._here.hashes.of_members(path, legacy=legacy)
        changed = [f"{name} {word}" for name, word in _differences(was, now)]
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        return f"{path} changed: {', '.join(changed[:_NAMED])}{more}"

    # --- parameters ----------------------------------------------------------------------------------------------

    def _params(self, stage: Stage, record: Record) -> Iterator[Cause]:
        by_file: dict[str, list[Param]] = {}
        for param in stage.params:
            by_file.setdefault(param.file_text, []).append(param)
        for text, params in by_file.items():
            file = params[0].file
            spelled = text if not text.startswith("/") else relative(file, stage.wdir)
            yield from self._params_of(file, params, record.locked.params.get(spelled))

    def _params_of(self, path: str, params: list[Param], values: dict[Any, Any] | None) -> Iterator[Cause]:
        file = self._project.params(path)
        if file is None:
            yield from self._missing_params(path, values)
            return
        if not isinstance(file, ParamsFile) or file.problem is not None:
            reason = file.reason if not isinstance(file, ParamsFile) else file.problem.message if file.problem else ""
            words = f"{path} can't be read: {reason}"
            yield Cause("param", path, None, None, "", words, is_decisive=False)
            return
        if any(param.key is None for param in params):
            data = file.data if isinstance(file.data, dict) else {}
            if values is None:
                yield Cause("param", path, None, None, "new", f"{path} is new as a file of parameters")
                return
            for key in dict.fromkeys([*data, *values]):
                yield from _value(path, str(key), values.get(key, ABSENT), data.get(key, ABSENT))
            return
        for key in dict.fromkeys(param.key for param in params if param.key is not None):
            try:
                now = file.find(key)
            except (KeyError, ValueError):
                now = ABSENT
            if values is None:
                yield _new_param(path, key, now)
            else:
                yield from _value(path, key, values.get(key, ABSENT), now, is_listed=True)

    def _missing_params(self, path: str, values: dict[Any, Any] | None) -> Iterator[Cause]:
        makers = self._graph.made_by(path)
        if makers and any(self._here.is_absent(out) for out in makers):
            words = f"{path} is not here, and its values can't be told without it ('dvc pull')"
            yield Cause("param", path, values, None, "", words, makers[0].stage.address, is_decisive=False)
        elif makers or values is None or self._here.is_tracked_by_git(path) or self._here.has_data:
            yield Cause("param", path, values, None, "deleted", f"{path} is gone")
        else:
            words = f"{path} is not here, and neither git, DVC nor a stage could bring it"
            yield Cause("param", path, values, None, "", words, is_decisive=False)


def _elsewhere(dep: Dep, entry: LockEntry | None) -> Cause:
    words = f"{dep.path} is not on this machine: only DVC can compare it"
    return Cause("dep", dep.path, entry.md5 if entry is not None else None, None, "", words, is_decisive=False)


def always(stage: Stage) -> Iterator[Cause]:
    """Stages that run every time: by their own wish, or because nothing says that they need not."""
    if stage.always_changed:
        yield Cause("always", stage.file, None, None, "always changed", "it runs every time: always_changed is set")
    elif stage.cmd and not stage.deps and not stage.outs and not stage.params and not stage.unknown:
        words = "it runs every time: it has neither dependencies nor outputs"
        yield Cause("always", stage.file, None, None, "always changed", words)


def _value(path: str, key: str, was: Any, now: Any, *, is_listed: bool = False) -> Iterator[Cause]:
    """A value against the recorded one, by the comparison of DVC: `1`, `1.0` and `true` are equal."""
    name = _param_name(f"{path}:{key}")
    if now is ABSENT:
        if was is ABSENT:
            yield Cause("param", f"{path}:{key}", None, None, "deleted", f"{name} is not in {path}")
        else:
            shown = shown_value(was)
            words = f"{name} is gone from {path}" + (f" (it was {shown})" if shown is not None else "")
            yield Cause("param", f"{path}:{key}", was, None, "deleted", words)
    elif was is ABSENT:
        yield (
            _new_param(path, key, now)
            if is_listed
            else Cause("param", f"{path}:{key}", None, now, "new", f"{name} is new in {path}")
        )
    elif now != was and not (isinstance(now, tuple) and list(now) == was):
        before, after = shown_value(was), shown_value(now)
        words = f"{name}: {before} → {after}" if before is not None and after is not None else f"{name} changed"
        yield Cause("param", f"{path}:{key}", was, now, "modified", words)


def _new_param(path: str, key: str, now: Any) -> Cause:
    name = _param_name(f"{path}:{key}")
    return Cause("param", f"{path}:{key}", None, None if now is ABSENT else now, "new", f"{name} is a new parameter")


def _param_name(path: str) -> str:
    """`train.lr` for `params.yaml:train.lr`."""
    return path.removeprefix(f"{PARAMS_YAML}:")


def shown_value(value: Any) -> str | None:
    """A value as JSON has it, a text as it is; None if it takes more room, or lines."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    except (TypeError, ValueError):
        text = str(value)
    if isinstance(value, str) and (not value or value != value.strip()):
        text = f"'{value}'"
    return text if len(text) <= _LONG and "\n" not in text else None


def _differences(was: dict[str, str], now: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted({*was, *now}):
        if name not in was:
            yield name, "is new"
        elif name not in now:
            yield name, "is gone"
        elif was[name] != now[name]:
            yield name, "changed"
