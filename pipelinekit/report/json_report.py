"""Findings as JSON, version 1: for editors, CI and scripts."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from pipelinekit.report.shown import position
from pipelinekit.rules.finding import Finding, Fix
from pipelinekit.yaml.tree import Mapping, Node, Place, Scalar, Sequence


def json_report(findings: Iterable[Finding], shown_path: Callable[[Finding, str], str]) -> str:
    """The whole report; lines and columns count from 1. `shown_path` is given a path of the finding's project."""
    paths = _Paths()
    shown = [_finding(finding, paths, lambda path, of=finding: shown_path(of, path)) for finding in findings]  # type: ignore[misc]
    return json.dumps({"version": 1, "findings": shown}, indent=2, ensure_ascii=False)


def _finding(finding: Finding, paths: _Paths, shown_path: Callable[[str], str]) -> dict[str, Any]:
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


class _Paths:
    """Finds out where in the data of its document a place is: `stages.train.deps[2]`."""

    def __init__(self) -> None:
        self._starts: dict[int, tuple[list[int], list[tuple[str, Node]]]] = {}

    def at(self, place: Place) -> str | None:
        """The path of the innermost value that holds the place, or whose key does."""
        node = place.document.root
        path = ""
        while isinstance(node, (Mapping, Sequence)):
            starts, children = self._children(node)
            index = bisect_right(starts, place.start) - 1
            if index < 0 or place.end > max(children[index][1].end, starts[index]):
                break
            step, node = children[index]
            path += step if step.startswith("[") or not path else f".{step}"
        return path or None

    def _children(self, node: Mapping | Sequence) -> tuple[list[int], list[tuple[str, Node]]]:
        """The children that stand inside of their parent, by where they (or their keys) start."""
        known = self._starts.get(id(node))
        if known is None:
            found: list[tuple[int, str, Node]] = []
            if isinstance(node, Sequence):
                found = [(item.start, f"[{index}]", item) for index, item in enumerate(node.items)]
            else:
                for key, value in node.pairs:
                    if isinstance(key, Scalar) and value.start >= key.start:
                        found.append((key.start, key.text, value))
            inside = sorted(
                (entry for entry in found if node.start <= entry[0] <= node.end), key=lambda entry: entry[0]
            )
            known = self._starts[id(node)] = [entry[0] for entry in inside], [entry[1:] for entry in inside]
        return known
