"""JUnit's XML, which nearly every CI shows: a test that fails for each finding, one that passes for clean files."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from pipelinekit.report.escape import printable
from pipelinekit.report.report import Report, Reported
from pipelinekit.report.shown import position


def write(report: Report) -> str:
    """A suite of tests per file."""
    suites: dict[str, list[Reported]] = {path: [] for path in report.files}
    for shown in report.findings:
        suites.setdefault(shown.path(shown.finding.file), []).append(shown)
    return "".join(f"{line}\n" for line in _lines(suites, len(report.findings)))


def _lines(suites: dict[str, list[Reported]], failures: int) -> Iterator[str]:
    tests = sum(max(1, len(found)) for found in suites.values())
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<testsuites name="pipelinekit" tests="{tests}" failures="{failures}" errors="0">'
    for path in sorted(suites):
        found = suites[path]
        name = _attribute(path)
        yield (
            f'  <testsuite name={name} tests="{max(1, len(found))}" failures="{len(found)}" errors="0"'
            ' skipped="0" package="pipelinekit">'
        )
        if not found:
            yield f'    <testcase name="pipelinekit lint" classname={name}/>'
        for shown in found:
            yield from _case(shown, path, name)
        yield "  </testsuite>"
    yield "</testsuites>"


def _case(shown: Reported, path: str, classname: str) -> Iterator[str]:
    finding = shown.finding
    at = position(finding.place)
    where = f"{path}:{at.line}:{at.column}"
    body = [f"{where}: {finding.level}: {finding.message}"]
    for related in finding.related:
        there = position(related.place)
        body.append(f"{shown.path(related.place.document.name)}:{there.line}:{there.column}: {related.message}")
    body += [f"{label}: {text}" for label, text in (("why", finding.why), ("fix", finding.help)) if text]
    name = _attribute(f"{finding.code} {finding.name} at {at.line}:{at.column}")
    yield f"    <testcase name={name} classname={classname}>"
    yield f"      <failure type={_attribute(str(finding.level))} message={_attribute(finding.message)}>"
    yield "\n".join(escape(printable(line)) for line in body)
    yield "      </failure>"
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
