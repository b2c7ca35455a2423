"""The report as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.adoption.examine import Examined
from pipelinekit.adoption.formats.text import WORDS, arithmetic, next_point, number, step_of
from pipelinekit.adoption.point import PARTS, Point
from pipelinekit.report.formats.markdown import escape


def markdown_lines(examined: Examined, name: str = "") -> Iterator[str]:
    """A heading with the grade, and a table for each part."""
    graded = examined.graded
    of = f" of {escape(name)}" if name else ""
    yield f"## Adoption{of}: grade {graded.grade}, {graded.percent} %"
    for part, title in PARTS.items():
        yield ""
        yield f"### {title}"
        yield ""
        yield "| | what | counts | evidence | next step |"
        yield "|---|---|--:|---|---|"
        yield from map(_row, examined.of_part(part))
    yield ""
    yield escape(arithmetic(graded))
    first = next_point(examined)
    if first is not None:
        yield ""
        yield f"**Next:** {escape(step_of(first))}"


def _row(point: Point) -> str:
    evidence = "<br>".join(map(escape, point.verdict.evidence))
    what = f"**{point.title}**<br>{point.why}" if point.is_open else point.title
    counts = f"{number(point.score)} of {point.weight}" if point.state != "not-needed" else ""
    step = escape(step_of(point)) if point.is_open else ""
    return f"| {WORDS[point.state]} | {what} | {counts} | {evidence} | {step} |"
