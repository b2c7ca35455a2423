"""Findings for people: the line, a marker under the place, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pipelinekit.report.escape import printable
from pipelinekit.report.report import Report
from pipelinekit.report.shown import counted, position, summary
from pipelinekit.rules.finding import Finding, Level
from pipelinekit.yaml.tree import Place

#: A source line is cut around the marker so that it fits; narrower than this there is nothing to see.
MIN_WIDTH = 40


class Style(NamedTuple):
    """Colours, as functions; `plain` has none."""

    level: Callable[[str, Level], str]
    bold: Callable[[str], str]
    dim: Callable[[str], str]


def plain_style() -> Style:
    """No colours."""
    return Style(lambda text, level: text, lambda text: text, lambda text: text)


def coloured_style() -> Style:
    """The colours of a terminal."""
    codes = {"error": "31", "warning": "33", "advice": "36"}

    def paint(code: str) -> Callable[[str], str]:
        return lambda text: f"\x1b[{code}m{text}\x1b[0m"

    return Style(lambda text, level: paint(f"1;{codes[level]}")(text), paint("1"), paint("2"))


def write(report: Report) -> str:
    """The findings, a blank line between them."""
    style = coloured_style() if report.terminal.colour else plain_style()
    width = max(report.terminal.width, MIN_WIDTH)
    return "".join(
        f"{line}\n"
        for shown in report.findings
        for line in (*_finding(shown.finding, shown.path_from_here, width, style), "")
    )


def _finding(finding: Finding, shown_path: Callable[[str], str], width: int, style: Style) -> Iterator[str]:
    at = position(finding.place)
    assert finding.level is not None
    where = f"{printable(shown_path(finding.file))}:{at.line}:{at.column}"
    head = f"{style.level(finding.level, finding.level)}: {style.bold(f'{finding.code} {finding.name}')}"
    yield f"{head} {style.dim('at')} {where}"
    yield from _wrapped(printable(finding.message), "  ", "  ", width)
    gutter = max([len(str(at.line)), *(len(str(position(related.place).line)) for related in finding.related)])
    level: Level = finding.level
    yield from _source(finding.place, gutter, width, lambda marker: style.level(marker, level), style)
    for related in finding.related:
        there = position(related.place)
        path = (
            ""
            if related.place.document is finding.place.document
            else f"{printable(shown_path(related.place.document.name))}:"
        )
        note = f"{path}{there.line}: {printable(related.message)}"
        yield from _wrapped(note, f"{' ' * gutter} ", f"{' ' * gutter}   ", width)
        yield from _source(related.place, gutter, width, style.dim, style)
    if finding.why:
        yield from _wrapped(f"why: {printable(finding.why)}", "  ", "       ", width, style)
    if finding.help:
        mark = ""
        if finding.fix is not None:
            mark = " (--fix)" if finding.fix.safe else " (--fix --unsafe-fixes)"
        yield from _wrapped(f"fix: {printable(finding.help)}{mark}", "  ", "       ", width, style)


def _source(place: Place, gutter: int, width: int, paint: Callable[[str], str], style: Style) -> Iterator[str]:
    """The line of a place with a marker under it; nothing for a file that has no text."""
    document = place.document
    if not document.text:
        return
    at = position(place)
    line = document.line_text(at.line)
    first = at.column - 1
    last = at.end_column - 1 if at.end_line == at.line else len(line.rstrip())
    last = max(last, first + 1)
    room = width - gutter - 3
    line, first, last = _cut(line, first, last, room)
    prefix = " " * _shown_width(line[:first])
    marker = "^" * max(1, _shown_width(line[first:last]))
    yield f"{style.dim(f'{at.line:>{gutter}} |')} {printable(line).rstrip()}"
    yield f"{style.dim(' ' * gutter + ' |')} {prefix}{paint(marker)}"


def _shown_width(text: str) -> int:
    """Columns that a text takes in a terminal, escapes included."""
    if text.isascii() and text.isprintable():
        return len(text)
    import unicodedata

    shown = printable(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in shown
    )


def _cut(line: str, first: int, last: int, room: int) -> tuple[str, int, int]:
    """A part of a long line that has the marked place in it."""
    if len(line) <= room:
        return line, first, last
    last = min(last, first + room - 8)
    start = max(0, min(first - (room - (last - first)) // 2, len(line) - room))
    end = start + room
    cut = line[start:end]
    if start > 0:
        cut = "…" + cut[1:]
    if end < len(line):
        cut = cut[:-1] + "…"
    return cut, first - start, last - start


def _wrapped(text: str, first: str, rest: str, width: int, style: Style | None = None) -> Iterator[str]:
    """Text broken at blanks; a label before a colon (`why:`) is dimmed."""
    lines: list[str] = []
    current = first
    for word in text.split(" "):
        if len(current.strip()) and len(current) + 1 + len(word) > width:
            lines.append(current)
            current = rest + word
        else:
            current = current + word if current in (first, rest) else f"{current} {word}"
    lines.append(current)
    for index, line in enumerate(lines):
        label = line[: len(first) + 4]
        if index == 0 and style is not None and label.endswith(":"):
            yield f"{first}{style.dim(label[len(first) :])}{line[len(label) :]}"
        else:
            yield line


def closing_line(findings: list[Finding], files: int, fixed: int, *, in_baseline: int = 0) -> str:
    """One sentence: `Found 2 errors, 1 warning; 1 can be fixed with --fix.`."""
    done = f"Fixed {counted(fixed, 'finding')}. " if fixed else ""
    more = f" {counted(in_baseline, 'old finding')} in the baseline." if in_baseline else ""
    if not findings:
        new = "new " if in_baseline else ""
        return f"{done}Nothing {new}found in {counted(files, 'dvc.yaml file')}.{more}"
    safe = sum(finding.fix is not None and finding.fix.safe for finding in findings)
    unsafe = sum(finding.fix is not None and not finding.fix.safe for finding in findings)
    hints = []
    if safe:
        hints.append(f"{safe} can be fixed with --fix")
    if unsafe:
        hints.append(f"{unsafe} {'more ' if safe else 'can be fixed '}with --fix --unsafe-fixes")
    hint = f"; {', '.join(hints)}" if hints else ""
    return f"{done}Found {summary(findings)}{hint}.{more}"
