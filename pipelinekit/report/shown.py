"""What every report needs of the findings: where they are, as people and programs count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipelinekit.report.report import Reported
from pipelinekit.rules.finding import LEVELS, Finding
from pipelinekit.yaml.tree import Place


class Position(NamedTuple):
    """A span as lines and columns, all from 1, columns in code points."""

    line: int
    column: int
    end_line: int
    end_column: int


def position(place: Place) -> Position:
    """Where a place begins and ends."""
    return Position(*place.document.position(place.start), *place.document.position(place.end))


def by_severity(findings: Iterable[Reported]) -> list[Reported]:
    """The most severe first, else in their order: for who shows only the first few."""
    return sorted(findings, key=lambda shown: LEVELS.index(shown.finding.level or "error"))


def counted(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(findings: Iterable[Finding]) -> str:
    """`2 errors, 1 warning`, most severe first."""
    levels = [finding.level for finding in findings]
    parts = [
        counted(levels.count("error"), "error"),
        counted(levels.count("warning"), "warning"),
        f"{levels.count('advice')} advice",
    ]
    return ", ".join(part for part in parts if not part.startswith("0 "))
