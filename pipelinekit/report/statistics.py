"""How often each rule found something."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelinekit.rules.finding import LEVELS, Finding, Level


class Count(NamedTuple):
    """The findings of one rule."""

    code: str
    name: str
    level: Level
    found: int
    #: how many of them have a fix that is safe
    fixable: int


def counts(findings: Iterable[Finding]) -> list[Count]:
    """By rule, the most frequent first."""
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault((finding.code, finding.name), []).append(finding)
    counted = [
        Count(
            code,
            name,
            min((finding.level or "error" for finding in group), key=LEVELS.index),
            len(group),
            sum(finding.fix is not None and finding.fix.safe for finding in group),
        )
        for (code, name), group in by_rule.items()
    ]
    return sorted(counted, key=lambda count: (-count.found, count.code))


def statistics_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """A line per rule: how many, how many of them `--fix` mends."""
    found = counts(findings)
    width = max((len(str(count.found)) for count in found), default=0)
    fixed_width = max((len(_fixable(count)) for count in found), default=0)
    for count in found:
        fixable = f"{_fixable(count):<{fixed_width}}" if fixed_width else ""
        yield " ".join(filter(None, (f"{count.found:>{width}}", count.code, f"{count.level:<7}", fixable, count.name)))


def _fixable(count: Count) -> str:
    if not count.fixable:
        return ""
    return "[*]" if count.fixable == count.found else f"[{count.fixable}*]"


def json_statistics(findings: Iterable[Finding]) -> str:
    """The same as JSON, version 1."""
    return json.dumps({"version": 1, "statistics": [count._asdict() for count in counts(findings)]}, indent=2) + "\n"
