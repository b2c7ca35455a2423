"""Findings as a Markdown table: for the summary of a CI run, or a comment in a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelinekit.report.escape import printable
from pipelinekit.report.report import Report
from pipelinekit.report.shown import by_severity, counted, position, summary
from pipelinekit.rules.finding import LEVELS, Finding, Level

_HEAD = ("| | where | what is wrong | what to do |", "|---|---|---|---|")
_SIGNS: dict[Level, str] = {"error": "🛑 error", "warning": "⚠️ warning", "advice": "💡 advice"}
#: GitHub takes 1 MiB for a step.
_SUMMARY_LIMIT = 1_000_000
# What Markdown, or the HTML in it, could take for something else.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&])")
# What would notify somebody, or link to an issue, in a comment on GitHub or GitLab.
_REFERENCE = re.compile(r"(?<!\w)([@#!])(?=\w)")


def write(report: Report) -> str:
    """A heading, and a table with the most severe findings first."""
    return "".join(f"{line}\n" for line in _lines(report))


def step_summary(report: Report) -> str:
    """The same, cut off before GitHub refuses it."""
    text = write(report)
    if len(text.encode("utf-8", "replace")) <= _SUMMARY_LIMIT:
        return text + "\n"
    kept: list[str] = []
    size = 0
    for line in text.splitlines():
        size += len(line.encode("utf-8", "replace")) + 1
        if size > _SUMMARY_LIMIT:
            break
        kept.append(line)
    return "\n".join(kept) + "\n\nAnd more: see the log.\n\n"


def _lines(report: Report) -> Iterator[str]:
    if not report.findings:
        yield f"### pipelinekit: nothing found in {counted(report.file_count, 'dvc.yaml file')}"
        return
    yield f"### pipelinekit: {summary(shown.finding for shown in report.findings)}"
    yield ""
    yield from _HEAD
    yield from (_row(shown.finding, shown.path(shown.finding.file)) for shown in by_severity(report.findings))
    fixable = sum(shown.finding.fix is not None and shown.finding.fix.safe for shown in report.findings)
    if fixable:
        yield ""
        yield f"`pipelinekit lint --fix` mends {fixable} of {len(report.findings)}."


def findings_table(findings: Sequence[Finding], most: int) -> Iterator[str]:
    """The findings of one project as a table, the most severe ones first, with paths of the project."""
    worst = sorted(findings, key=lambda finding: LEVELS.index(finding.level or "error"))
    yield from _HEAD
    yield from (_row(finding, finding.file) for finding in worst[:most])
    if len(worst) > most:
        yield ""
        yield f"… and {len(worst) - most} more."


def _row(finding: Finding, path: str) -> str:
    where = escape(f"{path}:{position(finding.place).line}")
    why = f"<br>{escape(finding.why)}" if finding.why else ""
    rule = f"**{finding.code}** {finding.name}"
    level = _SIGNS[finding.level or "error"]
    return f"| {level} | {where} | {rule}<br>{escape(finding.message)}{why} | {escape(finding.help)} |"


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _REFERENCE.sub("\\1\u200b", _SPECIAL.sub(r"\\\1", printable(text)))
