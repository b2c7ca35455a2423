"""The report for programs, version 1."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from pipelinekit.adoption.examine import Examined
from pipelinekit.adoption.point import Point
from pipelinekit.adoption.repair import Repaired


def json_report(found: Iterable[tuple[str, Examined, Repaired | None]]) -> str:
    """The projects, each with its folder, grade and points, and what was mended if something was to be."""
    projects = [_project(name, examined, done) for name, examined, done in found]
    return json.dumps({"version": 1, "projects": projects}, indent=2, ensure_ascii=False)


def _project(name: str, examined: Examined, done: Repaired | None) -> dict[str, Any]:
    graded = examined.graded
    return {
        "project": name,
        "grade": graded.grade,
        "percent": graded.percent,
        "score": graded.score,
        "most": graded.most,
        "held_by": graded.held_by.name if graded.held_by is not None else None,
        "points": [_point(point) for point in examined.points],
        "fixed": _repaired(done, examined.looked.root) if done is not None else None,
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "name": point.name,
        "title": point.title,
        "part": point.part,
        "state": point.state,
        "evidence": list(point.verdict.evidence),
        "why": point.why,
        "command": point.verdict.command,
        "step": point.verdict.step or None,
        "weight": point.weight,
        "score": point.score,
    }


def _repaired(done: Repaired, root: str) -> dict[str, Any]:
    def relative(paths: list[str]) -> list[str]:
        return [os.path.relpath(path, root).replace(os.sep, "/") for path in dict.fromkeys(paths)]

    made = relative(done.made)
    changed = [path for path in relative(done.changed) if path not in made]
    return {"made": made, "changed": changed, "mended": done.mended, "notes": done.notes}
