"""The verdicts on the stages as text and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from pipelinekit.freshness.causes import ANOTHER_COMMAND, RESTORABLE, Cause, name_of
from pipelinekit.freshness.command_words import command_in_one_line
from pipelinekit.freshness.status import NEVER_RAN, Status, TrackedStatus
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.report.escape import printable
from pipelinekit.report.plain import plain
from pipelinekit.resolve.stage import Stage, TrackedFile

Verdict = Status | TrackedStatus
#: Entries that are shown unless all are asked for, and causes of each.
MAX_ENTRIES = 30
MAX_CAUSES = 5
_INDENT = " " * 11
_COLOURS = {"stale": "33", "never-run": "36", "unknown": "35", "fresh": "32"}


def node_of(verdict: Verdict) -> Stage | TrackedFile:
    """What a verdict is about."""
    return verdict.stage if isinstance(verdict, Status) else verdict.file


def is_stale(verdict: Verdict) -> bool:
    """Whether something has to be done about it."""
    return verdict.state in ("stale", "never-run")


def json_status(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as JSON, version 1, in the order in which the stages would run."""
    data = {"version": 1, "stages": [_entry(verdict) for verdict in verdicts]}
    return json.dumps(data, indent=2, ensure_ascii=False)


def _entry(verdict: Verdict) -> dict[str, Any]:
    return {
        "address": node_of(verdict).address,
        "state": verdict.state,
        "because": [
            {
                "kind": cause.kind,
                "path": cause.path,
                "was": plain(cause.was),
                "now": plain(cause.now),
                "via": cause.via,
                "dvc": cause.is_dvc,
                "message": cause.words,
            }
            for cause in verdict.because
        ],
    }


def status_lines(verdicts: Sequence[Verdict], *, width: int, colour: bool, everything: bool) -> Iterator[str]:
    """What is not fresh, each with its causes, then the rest in numbers, and what to do about it."""
    groups = _groups(verdicts, everything=everything)
    shown = groups if everything else groups[:MAX_ENTRIES]
    for group in shown:
        yield from _group_lines(group, width, colour, everything)
    hidden = [verdict for group in groups[len(shown) :] for verdict in group]
    if hidden:
        yield f"{_INDENT}and {len(hidden):,} more stages (--all shows them)"
    if shown:
        yield ""
    yield from _summary(verdicts, width)


def _groups(verdicts: Sequence[Verdict], *, everything: bool) -> list[list[Verdict]]:
    """What has something to say, stages of a group together if they say the same."""
    found: dict[Any, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.state == "fresh" and not verdict.because and not everything:
            continue
        node = node_of(verdict)
        same = node.definition if isinstance(node, Stage) and not everything else node
        words = tuple("command" if cause.kind == "cmd" else cause.words for cause in verdict.because)
        found.setdefault((same, verdict.state, words), []).append(verdict)
    return list(found.values())


def _group_lines(group: list[Verdict], width: int, colour: bool, everything: bool) -> Iterator[str]:
    first = group[0]
    title = printable(name_of(node_of(first)))
    if colour:
        title = f"\x1b[1m{title}\x1b[0m"
    if len(group) > 1:
        node = node_of(first)
        assert isinstance(node, Stage)
        title += f" and {len(group) - 1:,} more of {printable(node.definition.name)}"
    state = f"{first.state:<9}"
    if colour:
        state = f"\x1b[{_COLOURS[first.state]}m{state}\x1b[0m"
    yield f"{state}  {title}"
    told = [cause for cause in first.because if cause.words != NEVER_RAN]
    causes = told if everything else told[:MAX_CAUSES]
    for cause in causes:
        yield from _cause_lines(cause, width)
    if len(told) > len(causes):
        yield f"{_INDENT}and {len(told) - len(causes):,} more (--all shows them)"


def _cause_lines(cause: Cause, width: int) -> Iterator[str]:
    yield from _wrapped(cause.words, width)
    if cause.words == ANOTHER_COMMAND:
        was, now = command_in_one_line(cause.was), command_in_one_line(cause.now)
        for label, text in (("was", was), ("now", now)):
            yield f"{_INDENT}  {label}  {_cut(printable(text), width - len(_INDENT) - 7)}"


def _cut(text: str, room: int) -> str:
    """The beginning of a command that is too long for a line."""
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _wrapped(text: str, width: int) -> Iterator[str]:
    room = max(width - len(_INDENT), 20)
    lines = textwrap.wrap(printable(text), room, break_long_words=False, break_on_hyphens=False)
    for number, line in enumerate(lines):
        yield f"{_INDENT}{'  ' if number else ''}{line}"


# --- the rest ----------------------------------------------------------------------------------------------------


def _summary(verdicts: Sequence[Verdict], width: int) -> Iterator[str]:
    stages = [verdict for verdict in verdicts if isinstance(verdict, Status)]
    counts = {state: sum(verdict.state == state for verdict in stages) for state in _COLOURS}
    words = {"stale": "stale", "never-run": "never run", "unknown": "unknown", "fresh": "fresh"}
    parts = [f"{count:,} {words[state]}" for state, count in counts.items() if count]
    total = f"{len(stages):,} stage{'' if len(stages) == 1 else 's'}"
    yield f"{total}: {', '.join(parts)}" if parts else total
    ours = sum(is_stale(verdict) and not any(cause.is_dvc for cause in verdict.because) for verdict in stages)
    if ours:
        yield from _paragraph(f"DVC itself does not say so of {ours:,}: it looks at each stage alone.", width)
    absent = {path for verdict in verdicts for path in verdict.absent}
    if absent:
        are, them = ("1 output is", "it") if len(absent) == 1 else (f"{len(absent):,} outputs are", "them")
        yield from _paragraph(f"{are} not here, which makes nothing stale ('dvc pull' brings {them}).", width)
    yield from (line for text in _advice(verdicts, bool(absent)) for line in _paragraph(text, width))


def _paragraph(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False)


def _advice(verdicts: Sequence[Verdict], is_absent: bool) -> Iterator[str]:
    """What to do next."""
    decisive = [cause for verdict in verdicts if is_stale(verdict) for cause in verdict.because if cause.is_decisive]
    restorable = {cause.path for cause in decisive if cause.words.endswith(RESTORABLE)}
    if restorable:
        yield "Run 'dvc checkout' to bring back what was deleted, or is of another commit."
    is_all = all(cause.kind == "upstream" or cause.path in restorable for cause in decisive)
    tracked = [verdict for verdict in verdicts if isinstance(verdict, TrackedStatus)]
    changed = [node.file for node in map(node_of, filter(_is_changed_data, tracked))]
    if changed:
        files = " ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
        yield f"Run 'dvc commit {printable(files)}' to keep the data that is here now."
    stale = [verdict.stage for verdict in verdicts if isinstance(verdict, Status) and is_stale(verdict)]
    if all(cause.kind == "always" for cause in decisive) and stale:
        yield "'dvc repro' runs these every time: nothing else has changed."
    elif stale and not (restorable and is_all):
        everywhere = "" if all(node.file == DVC_YAML for node in stale) else " --all-pipelines"
        pull = " --pull" if is_absent else ""
        yield f"Run 'dvc repro{everywhere}{pull}', and commit dvc.lock with the results."
    undecided = [cause for verdict in verdicts if verdict.state == "unknown" for cause in verdict.because]
    if any(cause.kind == "definition" and not cause.was for cause in undecided):
        yield "'pipelinekit lint' says what can't be read."
    if any(cause.kind in ("dep", "param", "out") for cause in undecided):
        yield "Run 'dvc pull' and ask again to know about the rest."


def _is_changed_data(verdict: Verdict) -> bool:
    return any(cause.kind == "out" and cause.change == "modified" for cause in verdict.because)
