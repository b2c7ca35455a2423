"""SARIF 2.1.0: GitHub code scanning, Azure DevOps, and viewers in editors read it.

Files are named from the root of the git repository; columns count code points. What comments, settings or a
baseline keep back is in it, marked as suppressed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pipelinekit.report.fingerprint import Fingerprints, numbered
from pipelinekit.report.report import KeptBackFinding, Report, Reported
from pipelinekit.report.rule_pages import markdown_page
from pipelinekit.report.shown import position
from pipelinekit.report.symbolic_path import SymbolicPaths
from pipelinekit.rules.finding import Fix, Level
from pipelinekit.rules.page import page_text, sections
from pipelinekit.rules.rule import Rule
from pipelinekit.yaml.edit import Edit
from pipelinekit.yaml.tree import Document, Place

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: dict[Level, str] = {"error": "error", "warning": "warning", "advice": "note"}
_SEVERITIES: dict[Level, str] = {"error": "error", "warning": "warning", "advice": "recommendation"}
_ROOT = "%SRCROOT%"
_FINGERPRINT = "pipelinekit/v1"


def write(report: Report) -> str:
    """One run with the rules that found something, and their results."""
    return json.dumps(_Log(report).log(), indent=2, ensure_ascii=False) + "\n"


class _Log:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.all = [*report.findings, *(kept.reported for kept in report.kept_back)]
        codes = {shown.finding.code for shown in self.all}
        self.rules = [rule for rule in report.rules if rule.code in codes]
        self.index = {rule.code: index for index, rule in enumerate(self.rules)}
        self.paths = SymbolicPaths()
        self._documents: dict[str, Document] = {}
        made = Fingerprints()
        self.fingerprints = numbered(
            made.of(shown.finding, shown.path_in_repository(shown.finding.file)) for shown in self.all
        )

    def log(self) -> dict[str, Any]:
        kept_back: list[KeptBackFinding | None] = [None] * len(self.report.findings)
        kept_back += self.report.kept_back
        driver = {
            "name": "pipelinekit",
            "version": self.report.version,
            "semanticVersion": self.report.version,
            "rules": [_rule(rule) for rule in self.rules],
        }
        return {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver},
                    "columnKind": "unicodeCodePoints",
                    "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                    "results": [
                        self._result(shown, fingerprint, kept)
                        for shown, fingerprint, kept in zip(self.all, self.fingerprints, kept_back, strict=True)
                    ],
                }
            ],
        }

    def _result(self, shown: Reported, fingerprint: str, kept: KeptBackFinding | None) -> dict[str, Any]:
        finding = shown.finding
        result: dict[str, Any] = {"ruleId": finding.code}
        if finding.code in self.index:
            result["ruleIndex"] = self.index[finding.code]
        result |= {
            "level": _LEVELS[finding.level or "error"],
            "message": {"text": _sentences(finding.message, finding.why, finding.help)},
            "locations": [self._location(finding.place, shown, finding.stage)],
            "partialFingerprints": {_FINGERPRINT: fingerprint},
        }
        if finding.related:
            result["relatedLocations"] = [
                {"id": number, "message": {"text": related.message}, **_physical(related.place, shown)}
                for number, related in enumerate(finding.related, start=1)
            ]
        if finding.fix is not None:
            result["fixes"] = [self._fix(finding.fix, shown)]
        if kept is not None:
            result["suppressions"] = [_suppression(kept)]
        return result

    def _location(self, place: Place, shown: Reported, stage: str | None) -> dict[str, Any]:
        location = _physical(place, shown)
        path = self.paths.at(place)
        if path is not None:
            logical = {"fullyQualifiedName": path, "kind": "member"}
            if stage is not None:
                logical["name"] = stage
            location["logicalLocations"] = [logical]
        return location

    def _fix(self, fix: Fix, shown: Reported) -> dict[str, Any]:
        note = "" if fix.safe else " (unsafe: it may change what the pipeline does)"
        return {
            "description": {"text": fix.title + note},
            "artifactChanges": [
                {
                    "artifactLocation": _artifact(shown.path_in_repository, path),
                    "replacements": [_replacement(edit, self._document(shown, path)) for edit in sorted(edits)],
                }
                for path, edits in fix.edits.items()
            ],
        }

    def _document(self, shown: Reported, path: str) -> Document:
        name = shown.path_in_repository(path)
        if name not in self._documents:
            self._documents[name] = Document(shown.text(path), path)
        return self._documents[name]


def _rule(rule: Rule) -> dict[str, Any]:
    parts = sections(rule)
    about = "\n\n".join(parts[heading] for heading in ("What it does", "Why it matters") if heading in parts)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": about or rule.summary},
        "help": {"text": page_text(rule), "markdown": markdown_page(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {
            "tags": ["dvc", "pipeline"],
            "precision": "high",
            "problem.severity": _SEVERITIES[rule.level],
        },
    }


def _sentences(*texts: str) -> str:
    """`message. Why. What to do.`."""
    sentences = [text[:1].upper() + text[1:] for text in texts if text]
    return " ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in sentences)


def _physical(place: Place, shown: Reported) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(shown.path_in_repository, place.document.name)}
    if place.document.text:
        physical["region"] = _region(place)
    return {"physicalLocation": physical}


def _artifact(name: Callable[[str], str], path: str) -> dict[str, Any]:
    return {"uri": quote(name(path), safe="/", errors="surrogateescape"), "uriBaseId": _ROOT}


def _region(place: Place) -> dict[str, int]:
    at = position(place)
    return {"startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column}


def _replacement(edit: Edit, document: Document) -> dict[str, Any]:
    replacement: dict[str, Any] = {"deletedRegion": _region(Place(document, edit.start, edit.end))}
    if edit.text:
        replacement["insertedContent"] = {"text": edit.text}
    return replacement


def _suppression(kept: KeptBackFinding) -> dict[str, Any]:
    suppression: dict[str, Any] = {"kind": "inSource" if kept.place is not None else "external", "status": "accepted"}
    if kept.reason:
        suppression["justification"] = kept.reason
    if kept.place is not None:
        suppression["location"] = _physical(kept.place, kept.reported)
    return suppression
