"""What a run says in words, the same on every screen."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence

from pipelinekit.freshness.causes import name_of
from pipelinekit.graph.graph import GraphNode
from pipelinekit.report.escape import printable
from pipelinekit.report.shown import counted
from pipelinekit.report.units import readable_time
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.children import without_chatter
from pipelinekit.run.outcome import End, Outcome, RunResult
from pipelinekit.run.work import Work

WORDS: dict[Outcome, str] = {
    "ran": "ran",
    "restored": "restored",
    "recorded": "recorded",
    "up-to-date": "up to date",
    "failed": "failed",
    "interrupted": "stopped",
}
#: Names, entries and causes that are listed before the rest is only counted.
_NAMED = 8
_ENTRIES = 30
_CAUSES = 5


def shown_name(node: GraphNode) -> str:
    """The name of a stage, safe to print."""
    return printable(name_of(node))


def listed(nodes: Sequence[GraphNode], limit: int = _NAMED) -> str:
    """`train, evaluate and 7 more`."""
    names = [shown_name(node) for node in nodes[:limit]]
    more = len(nodes) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def opening_line(work: Work, workers: int) -> str:
    """`4 of 17 stages are outdated; 4 at a time`."""
    total = sum(isinstance(node, Stage) and node in work.within for node in work.nodes)
    expected = sum(isinstance(node, Stage) for node in work.expected)
    others = len(work.expected) - expected
    verb = "is" if 1 in (expected, total) else "are"
    state = f"{verb} to be run" if work.force else f"{verb} outdated"
    text = f"{expected:,} of {total:,} stage{'' if total == 1 else 's'} {state}"
    if others:
        text += f", and {counted(others, '.dvc file')}"
    return text + (f"; {workers} at a time" if workers > 1 else "")


def end_line(end: End) -> str:
    """`ran       train in 3.1 s`."""
    name = shown_name(end.node)
    time = readable_time(end.seconds)
    if end.outcome in ("failed", "interrupted"):
        killed = f", ended by {_signal_name(-end.status)}" if end.status < 0 else ""
        return f"{WORDS[end.outcome]:<9} {name} after {time}{killed}"
    return f"{WORDS[end.outcome]:<9} {name}" + (f" in {time}" if end.outcome != "up-to-date" else "")


def failure_lines(end: End, *, with_output: bool = True) -> Iterator[str]:
    """The last of what a stage said, and where all of it is."""
    lines = without_chatter(end.last_lines)
    if lines and with_output:
        yield from (f"  {shown_line(end.node, line)}" for line in lines)
    if lines:
        yield f"  (all of it: {printable(end.log)})"


def shown_line(node: GraphNode, line: str) -> str:
    """A line of output, safe to print, and nothing that a CI server would take for a command.

    Those begin a line, which the name of the stage keeps them from, but for `##[`, which some accept anywhere.
    """
    safe = printable(line.replace("\t", "    ")).rstrip()
    return f"{shown_name(node)} | {safe.replace('##[', '## [').replace('##vso[', '## vso[')}".rstrip()


def summary_line(result: RunResult) -> str:
    """`3 ran, 1 restored, 12 up to date in 14 s`."""
    order: tuple[Outcome, ...] = ("ran", "restored", "recorded", "failed", "interrupted", "up-to-date")
    counts = [(result.count(outcome), WORDS[outcome]) for outcome in order]
    parts = [f"{count:,} {word}" for count, word in counts if count]
    acted = any(count for count, word in counts if word != WORDS["up-to-date"])
    return (", ".join(parts) or "nothing to do") + (f" in {readable_time(result.seconds)}" if acted else "")


def left_lines(result: RunResult, command: str) -> Iterator[str]:
    """What is left after a failure or a stop, and how to go on."""
    if not result.left:
        return
    failed = {end.node for end in result.failed}
    waiting = [node for node in result.left if node not in failed]
    if failed:
        yield f"failed: {listed([node for node in result.left if node in failed])}"
    if waiting:
        yield f"left: {listed(waiting)}"
    yield f"continue with: {printable(command)}"


def planned_lines(work: Work) -> Iterator[str]:
    """What would run, and why: what certainly is asked about first, then what depends on the results of others."""
    expected = work.in_order(work.expected)
    certain = [node for node in expected if node in work.outdated]
    possible = [node for node in expected if node not in work.outdated]
    for word, nodes in (("would run", certain), ("may run", possible)):
        for node in nodes[:_ENTRIES]:
            yield f"{word:<9}  {shown_name(node)}"
            yield from (f"{'':<11}{words}" for words in _causes(work, node))
        if len(nodes) > _ENTRIES:
            yield f"{'':<11}and {len(nodes) - _ENTRIES:,} more"
    if expected:
        yield ""


def _causes(work: Work, node: GraphNode) -> list[str]:
    words = [printable(cause.words) for cause in work.verdict(node).because]
    if work.force and not words:
        words = ["--force"]
    if node in work.absent_inputs:
        words.append(f"{printable(', '.join(work.absent_inputs[node]))} is needed and not here")
    return words[:_CAUSES] + ([f"and {len(words) - _CAUSES} more"] if len(words) > _CAUSES else [])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


Write = Callable[[str], None]
