"""The difference between two graphs as data for JSON."""

from __future__ import annotations

import math
from typing import Any

from pipelinekit.impact.graph_diff import GraphDiff
from pipelinekit.impact.param_diff import NOTHING, ParamDiff
from pipelinekit.impact.stage_diff import FieldChange, StageDiff


def json_difference(diff: GraphDiff) -> dict[str, Any]:
    """Stages, edges, parameters, and the files that nothing is known of; None where there is none."""
    edges = [
        {"from": edge.consumer, "to": edge.producer, "change": edge.change, "old": edge.old, "new": edge.new}
        for edge in diff.edges
    ]
    return {
        "stages": [_stage(stage) for stage in diff.stages],
        "edges": edges,
        "params": [_param(param) for param in diff.params],
        "unread": diff.unread,
    }


def _stage(stage: StageDiff) -> dict[str, Any]:
    fields = [_field(change) for change in stage.fields]
    return {
        "address": stage.address,
        "change": stage.change,
        "was": stage.was,
        "group": stage.group,
        "fields": fields,
    }


def _field(change: FieldChange) -> dict[str, Any]:
    return {
        "field": change.field,
        "name": change.name or None,
        "flag": change.flag or None,
        "old": _plain(change.old),
        "new": _plain(change.new),
    }


def _param(param: ParamDiff) -> dict[str, Any]:
    change = "added" if param.old is NOTHING else "removed" if param.new is NOTHING else "changed"
    return {
        "file": param.file,
        "key": param.key,
        "change": change,
        "old": _plain(param.old),
        "new": _plain(param.new),
        "used_by": param.used_by,
        "in_templates": param.in_templates,
    }


def _plain(value: Any) -> Any:
    """A value of YAML or TOML as JSON can have it: dates and what is no number as text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if value is NOTHING or value is None or isinstance(value, (str, int)):
        return None if value is NOTHING else value
    return value if isinstance(value, float) and math.isfinite(value) else str(value)
