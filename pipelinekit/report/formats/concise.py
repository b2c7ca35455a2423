"""One line per finding: `dvc.yaml:4:10: PK101 script-not-in-deps: …`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pipelinekit.report.escape import printable
from pipelinekit.report.report import Report
from pipelinekit.report.shown import position
from pipelinekit.rules.finding import Finding


def write(report: Report) -> str:
    """One line per finding."""
    lines = (line for shown in report.findings for line in concise_lines([shown.finding], shown.path_from_here))
    return "".join(f"{line}\n" for line in lines)


def concise_lines(findings: Iterable[Finding], shown_path: Callable[[str], str]) -> Iterator[str]:
    """The lines of the report; `shown_path` turns a path of the project into one to print."""
    for finding in findings:
        at = position(finding.place)
        fixable = " [*]" if finding.fix is not None and finding.fix.safe else ""
        path = printable(shown_path(finding.file))
        yield f"{path}:{at.line}:{at.column}: {finding.code} {finding.name}{fixable}: {printable(finding.message)}"
