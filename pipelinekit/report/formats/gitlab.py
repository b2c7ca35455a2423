"""GitLab's code quality report: `artifacts: reports: codequality: FILE` shows it in merge requests."""

from __future__ import annotations

import json
from typing import Any

from pipelinekit.report.fingerprint import Fingerprints, numbered
from pipelinekit.report.report import Report, Reported
from pipelinekit.report.shown import position
from pipelinekit.rules.finding import Level

_SEVERITIES: dict[Level, str] = {"error": "critical", "warning": "major", "advice": "info"}


def write(report: Report) -> str:
    """A list of issues. GitLab shows one for each fingerprint, so equal ones are told apart."""
    made = Fingerprints()
    fingerprints = numbered(
        made.of(shown.finding, shown.path_in_repository(shown.finding.file)) for shown in report.findings
    )
    issues = [_issue(shown, mark) for shown, mark in zip(report.findings, fingerprints, strict=True)]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(shown: Reported, fingerprint: str) -> dict[str, Any]:
    finding = shown.finding
    at = position(finding.place)
    more = "\n\n".join(text for text in (finding.why, finding.help) if text)
    return {
        "type": "issue",
        "check_name": f"{finding.code} {finding.name}",
        "description": finding.message,
        "content": {"body": more or finding.message},
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[finding.level or "error"],
        "fingerprint": fingerprint,
        "location": {
            "path": shown.path_in_repository(finding.file),
            "lines": {"begin": at.line, "end": at.end_line},
            "positions": {
                "begin": {"line": at.line, "column": at.column},
                "end": {"line": at.end_line, "column": at.end_column},
            },
        },
    }
