"""A stage as JSON: everything that the text shows, whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipelinekit.impact.durations import Duration
from pipelinekit.impact.explanation import Explanation, GroupExplanation, Neighbours, UsedFile
from pipelinekit.impact.lookup import Found
from pipelinekit.impact.origins import Origin
from pipelinekit.impact.stage_history import Commit
from pipelinekit.project.locked import LockEntry
from pipelinekit.report.escape import encodable
from pipelinekit.report.plain import plain
from pipelinekit.report.shown import position
from pipelinekit.resolve.interpolate import UNKNOWN
from pipelinekit.rules.finding import Finding
from pipelinekit.yaml.tree import Place


def json_explanation(
    word: str,
    found: Found,
    stage: Explanation | None = None,
    findings: Sequence[Finding] = (),
    group: GroupExplanation | None = None,
) -> str:
    """What a word stands for, and, if that is one stage or one group, everything about it. Version 1.

    Paths are relative to the project; a value that is missing is null; a file without MD5 in the lock has none.
    """
    return encodable(
        json.dumps(
            {
                "version": 1,
                "asked": word,
                "found_by": found.reason,
                "stages": [each.address for each in found.stages],
                "stage": _stage(stage, findings) if stage is not None else None,
                "group": _group(group) if group is not None else None,
            },
            indent=2,
            ensure_ascii=False,
            default=str,
        )
    )


def _where(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None}
    at = position(place)
    return {"file": place.document.name, "line": at.line, "column": at.column}


def _value(value: Any) -> Any:
    """A value; null for one that is not there."""
    if value is UNKNOWN:
        return None
    return _entry(value) if isinstance(value, LockEntry) else plain(value)


def _entry(entry: LockEntry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {"md5": entry.md5, "size": entry.size, "nfiles": entry.nfiles}


def _stage(explained: Explanation, findings: Sequence[Finding]) -> dict[str, Any]:
    stage = explained.stage
    definition = stage.definition
    record = explained.record
    cmd = definition.field("cmd")
    return {
        "address": stage.address,
        **_where(stage.place),
        "group": definition.name if definition.kind != "plain" else None,
        "kind": definition.kind,
        "variables": stage.variables,
        "desc": getattr(definition.field("desc"), "data", None),
        "cmd": stage.cmd,
        "template": getattr(cmd, "data", None),
        "wdir": stage.wdir,
        "frozen": stage.frozen,
        "always_changed": stage.always_changed,
        "values": [_origin(origin) for origin in explained.origins],
        "deps": [
            {"path": dep.path, "from": [maker.address for maker in makers], "recorded": _entry(entry)}
            for dep, makers, entry in explained.deps
        ],
        "scripts": [_used(file) for file in explained.scripts],
        "modules": [_used(file) for file in explained.modules],
        "params": [
            {
                "key": param.key,
                "value": _value(value),
                "recorded": _value(recorded),
                **(_where(place) if place is not None else {"file": param.file, "line": None, "column": None}),
            }
            for param, value, recorded, place in explained.params
        ],
        "outs": [
            {"path": out.path, "kind": out.kind, "flags": out.flags, "recorded": _entry(entry)}
            for out, entry in explained.outs
        ],
        "upstream": _neighbours(explained.upstream, is_up=True),
        "downstream": _neighbours(explained.downstream, is_up=False),
        "state": explained.status.state,
        "because": [
            {"kind": cause.kind, "path": cause.path, "was": _value(cause.was), "now": _value(cause.now)}
            for cause in explained.status.because
        ],
        "lock": {**_where(record.lock.place(record.locked)), "cmd": record.locked.cmd} if record is not None else None,
        "duration": _duration(explained.duration),
        "findings": [
            {"code": finding.code, "name": finding.name, "level": finding.level, "message": finding.message}
            | _where(finding.place)
            for finding in findings
        ],
        "history": [_commit(commit) for commit in explained.history.commits],
        "history_is_cut": explained.history.is_cut,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "expression": origin.text,
        "value": _value(origin.value),
        "fields": list(origin.fields),
        **_where(origin.place),
    }


def _used(file: UsedFile) -> dict[str, Any]:
    return {"path": file.path, "by": file.by, "declared": file.declared}


def _neighbours(neighbours: Neighbours, *, is_up: bool) -> dict[str, Any]:
    direct = [
        {"address": (edge.producer if is_up else edge.consumer).address, "path": edge.path} for edge in neighbours.edges
    ]
    return {"direct": direct, "stages": neighbours.total}


def _duration(duration: Duration | None) -> dict[str, Any] | None:
    if duration is None:
        return None
    last = duration.last.isoformat() if duration.last is not None else None
    return {"seconds": duration.seconds, "runs": duration.runs, "last": last, "exact": duration.exact}


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "commit": commit.id or None,
        "date": commit.when.isoformat() if commit.when is not None else None,
        "author": commit.author or None,
        "event": commit.event,
        "changes": [
            {"kind": change.kind, "name": change.name or None, "was": _value(change.was), "now": _value(change.now)}
            for change in commit.changes
        ],
    }


def _group(explained: GroupExplanation) -> dict[str, Any]:
    definition = explained.definition
    cmd = definition.field("cmd")
    over = definition.entry.get(definition.kind)
    return {
        "name": definition.name,
        **_where(definition.name_node.place),
        "kind": definition.kind,
        "over": over.data if over is not None else None,
        "values": [_origin(origin) for origin in explained.origins],
        "template": getattr(cmd, "data", None),
        "stages": [
            {"address": stage.address, "duration": _duration(explained.durations.get(stage))}
            for stage in explained.stages
        ],
    }
