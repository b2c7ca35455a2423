"""What is to be logged of a commit: its locks, and of each stage what its last run used and made.

A record is plain data. It can be kept as JSON until a server is there, and logged then just the same.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from pipelinekit.freshness.records import Record, lock_path, records
from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.locked import Lock, LockedStage, LockEntry
from pipelinekit.project.paths import join
from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.models import models_of
from pipelinekit.run.provenance import Provenance
from pipelinekit.run.script_claims import claim_of
from pipelinekit.yaml.tree import Mapping, Sequence

#: Hexadecimal digits of a key.
KEY_LENGTH = 32


class FileRecord(NamedTuple):
    """A file or folder that a stage used or made. `path` is relative to the project."""

    path: str
    #: the checksum in the lock; empty where it has none
    digest: str
    size: int | None = None
    #: `dep`, `out`, `metric` or `plot`
    kind: str = "dep"
    #: written by DVC 2, whose MD5 is not that of the bytes
    legacy: bool = False


class ModelRecord(NamedTuple):
    """A model that a stage made."""

    registered: str
    path: str
    #: the output that is the model, or holds it
    out: FileRecord


class StageRecord(NamedTuple):
    """The last run of a stage. Equal keys mean equal commands, inputs and results."""

    address: str
    name: str
    key: str
    cmd: str
    #: as texts, by `key`, or `file:key` for others than `params.yaml`
    params: dict[str, str]
    deps: list[FileRecord]
    outs: list[FileRecord]
    models: list[ModelRecord]
    #: the experiment that the stage's own scripts name; empty if they name none
    experiment: str = ""
    #: None where they have not been read yet
    metrics: dict[str, float] | None = None


class CommitRecord(NamedTuple):
    """The state of a project that is logged as one parent run."""

    provenance: Provenance
    #: of all stages: equal keys mean equal results
    key: str
    #: texts of the locks, by path
    locks: dict[str, str]
    stages: list[StageRecord]
    #: milliseconds since 1970
    time: int

    def to_json(self) -> str:
        return json.dumps(self, ensure_ascii=False)


# --- made from a project -------------------------------------------------------------------------------------


def commit_record(graph: Graph, provenance: Provenance) -> CommitRecord:
    """The state of a project, as its locks have it; metrics are not read."""
    known = graph.derived(records)
    stages = [stage_record(stage, record, graph) for stage, record in known.items()]
    locks: dict[str, str] = {}
    for stage in known:
        path = lock_path(stage.file, graph.index.project.root)
        if path not in locks:
            try:
                locks[path] = graph.index.project.disk.read(path)
            except (UnreadableError, FileNotFoundError):
                continue
    moment = provenance.time if provenance.is_committed else int(time.time() * 1000)
    return CommitRecord(provenance, key_of_all(stages), locks, stages, moment)


def key_of_all(stages: Iterable[StageRecord]) -> str:
    """One key for the results of all stages."""
    return _digest(sorted((stage.address, stage.key) for stage in stages))


def stage_record(stage: Stage, record: Record, graph: Graph) -> StageRecord:
    """What the last run of a stage used and made; metrics are not read."""
    lock, locked = record
    raw = _raw(lock, locked)
    root = graph.index.project.root
    kinds = {out.path: out.kind for out in stage.outs}
    deps = [_file(entry, stage, root, raw, {}) for entry in locked.deps.values()]
    outs = [_file(entry, stage, root, raw, kinds) for entry in locked.outs.values()]
    by_path = {out.path: out for out in outs}
    made = [
        ModelRecord(model.registered, model.path, by_path[model.out.path])
        for model in models_of(stage, graph)
        if model.out is not None and model.out.path in by_path
    ]
    return StageRecord(
        stage.address, stage.name, stage_key(stage.address, locked, raw), _command(locked.cmd), _params(locked.params),
        deps, outs, made, claim_of(stage, graph).experiment or "",
    )  # fmt: skip


def stage_key(address: str, locked: LockedStage, raw: dict[str, Any]) -> str:
    """A digest of a stage's name, command, dependencies, parameters and outputs, however the lock is written."""
    deps = {path: _checksum(entry, raw) for path, entry in locked.deps.items()}
    outs = {path: _checksum(entry, raw) for path, entry in locked.outs.items()}
    return _digest([address, locked.cmd, deps, locked.params, outs])


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:KEY_LENGTH]


def _raw(lock: Lock, locked: LockedStage) -> dict[str, Any]:
    """Entries with other checksums than an MD5, by their path: as the lock has them."""
    if all(entry.md5 is not None for entry in (*locked.deps.values(), *locked.outs.values())):
        return {}
    found: dict[str, Any] = {}
    root = lock.document.root
    holder = root.get("stages") if isinstance(root, Mapping) else None
    stage = holder.get(locked.name) if isinstance(holder, Mapping) else None
    for section in ("deps", "outs"):
        entries = stage.get(section) if isinstance(stage, Mapping) else None
        for item in entries.items if isinstance(entries, Sequence) else ():
            data = item.data
            if isinstance(data, dict):
                found[str(data.get("path"))] = {
                    key: value for key, value in data.items() if key not in ("path", "size", "nfiles", "isexec", "hash")
                }
    return found


def _checksum(entry: LockEntry, raw: dict[str, Any]) -> str:
    if entry.md5 is not None:
        return entry.md5
    others = raw.get(entry.path) or {}
    return json.dumps(others, sort_keys=True, default=str) if others else ""


def _file(entry: LockEntry, stage: Stage, root: str, raw: dict[str, Any], kinds: dict[str, Any]) -> FileRecord:
    path = join(stage.wdir, entry.path, root)
    digest = _checksum(entry, raw)
    if entry.md5 is None and digest:
        digest = next((str(value) for value in raw[entry.path].values() if isinstance(value, str)), digest)
    return FileRecord(path, digest, entry.size, kinds.get(path, "out") if kinds else "dep", entry.legacy)


def _command(cmd: Any) -> str:
    return "\n".join(map(str, cmd)) if isinstance(cmd, list) else str(cmd)


def _params(files: dict[str, dict[Any, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for file, values in files.items():
        prefix = "" if file == PARAMS_YAML else f"{file}:"
        waiting: list[tuple[str, Any]] = [(str(key), value) for key, value in reversed(values.items())]
        while waiting:
            key, value = waiting.pop()
            if isinstance(value, dict) and value:
                waiting += [(f"{key}.{inner}", item) for inner, item in reversed(value.items())]
            elif isinstance(value, str):
                found[prefix + key] = value
            else:
                found[prefix + key] = json.dumps(value, default=str, ensure_ascii=False)
    return found


# --- read again ----------------------------------------------------------------------------------------------


def record_from_json(text: str) -> CommitRecord:
    """What `to_json` wrote. Raises ValueError."""
    try:
        provenance, key, locks, stages, moment = json.loads(text)
        commit, branch, committed_at, changed, results = provenance
        return CommitRecord(
            Provenance(commit, branch, committed_at, tuple(changed), tuple(results)),
            key,
            dict(locks),
            [_stage_from(stage) for stage in stages],
            moment,
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"it is no record of a commit: {error}") from None


def _stage_from(data: Any) -> StageRecord:
    address, name, key, cmd, params, deps, outs, models, experiment, metrics = data
    return StageRecord(
        address,
        name,
        key,
        cmd,
        dict(params),
        [FileRecord(*dep) for dep in deps],
        [FileRecord(*out) for out in outs],
        [ModelRecord(registered, path, FileRecord(*out)) for registered, path, out in models],
        experiment,
        metrics,
    )
