"""Findings as JSON, version 1: for editors, CI and scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pipelinekit.report.report import Report, Reported
from pipelinekit.report.shown import position
from pipelinekit.report.symbolic_path import SymbolicPaths
from pipelinekit.rules.finding import Fix
from pipelinekit.yaml.tree import Place


def write(report: Report) -> str:
    """The whole report; lines and columns count from 1, files are relative to the project."""
    paths = SymbolicPaths()
    findings = [_finding(shown, paths) for shown in report.findings]
    return json.dumps({"version": 1, "findings": findings}, indent=2, ensure_ascii=False) + "\n"


def _finding(shown: Reported, paths: SymbolicPaths) -> dict[str, Any]:
    finding, shown_path = shown.finding, shown.path
    return {
        "code": finding.code,
        "name": finding.name,
        "level": finding.level,
        "message": finding.message,
        "why": finding.why or None,
        "help": finding.help or None,
        **_place(finding.place, shown_path),
        "stage": finding.stage,
        "path": paths.at(finding.place),
        "url": None,
        "related": [{"message": related.message, **_place(related.place, shown_path)} for related in finding.related],
        "fix": _fix(finding.fix, shown_path) if finding.fix is not None else None,
    }


def _place(place: Place, shown_path: Callable[[str], str]) -> dict[str, Any]:
    at = position(place)
    return {
        "file": shown_path(place.document.name),
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
    }


def _fix(fix: Fix, shown_path: Callable[[str], str]) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [
            {"file": shown_path(path), "start": edit.start, "end": edit.end, "text": edit.text}
            for path, edits in fix.edits.items()
            for edit in sorted(edits)
        ],
    }
