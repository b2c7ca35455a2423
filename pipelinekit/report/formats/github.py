"""Workflow commands: GitHub Actions shows them as annotations of the files, ten of each level per step."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.report.escape import printable
from pipelinekit.report.report import Report, Reported
from pipelinekit.report.shown import by_severity, position
from pipelinekit.rules.finding import Level

_COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "advice": "notice"}


def write(report: Report) -> str:
    """One command per finding, the most severe first."""
    return "".join(f"{line}\n" for shown in by_severity(report.findings) for line in _command(shown))


def _command(shown: Reported) -> Iterator[str]:
    finding = shown.finding
    at = position(finding.place)
    properties = {
        "title": f"{finding.code} {finding.name}",
        "file": shown.path_in_repository(finding.file),
        "line": str(at.line),
        "endLine": str(at.end_line),
    }
    if at.line == at.end_line:  # GitHub refuses columns of a place that spans lines
        properties["col"] = str(at.column)
        properties["endColumn"] = str(at.end_column)
    parts = [
        finding.message,
        f"why: {finding.why}" if finding.why else "",
        f"fix: {finding.help}" if finding.help else "",
    ]
    message = "\n".join(printable(part) for part in parts if part)
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    yield f"::{_COMMANDS[finding.level or 'error']} {listed}::{escape_message(message)}"


def escape_message(text: str) -> str:
    """As GitHub wants the text behind the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """As GitHub wants the value of a property: what separates properties is escaped as well."""
    return escape_message(text).replace(":", "%3A").replace(",", "%2C")
