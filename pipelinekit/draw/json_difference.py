"""The difference between two graphs as data for JSON."""

from __future__ import annotations

from typing import Any

from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.impact.graph_diff import GraphDiff
from pipelinekit.impact.param_diff import ParamDiff
from pipelinekit.impact.stage_diff import FieldChange, StageDiff
from pipelinekit.report.plain import plain


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
        "old": plain(change.old),
        "new": plain(change.new),
    }


def _param(param: ParamDiff) -> dict[str, Any]:
    change = "added" if param.old is ABSENT else "removed" if param.new is ABSENT else "changed"
    return {
        "file": param.file,
        "key": param.key,
        "change": change,
        "old": plain(param.old),
        "new": plain(param.new),
        "used_by": param.used_by,
        "in_templates": param.in_templates,
    }
