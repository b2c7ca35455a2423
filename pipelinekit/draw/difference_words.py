"""The difference between two graphs in words: a line for each stage, edge and value, the same ones together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any, NamedTuple

from pipelinekit.freshness.command_words import word_changes
from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.impact.graph_diff import EdgeDiff, GraphDiff
from pipelinekit.impact.param_diff import ParamDiff
from pipelinekit.impact.stage_diff import FieldChange, StageDiff
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.report.escape import printable
from pipelinekit.report.shown import counted

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
#: Names that are said one by one, and values of a params file: with more a screen says less.
MOST_NAMES = 3
MOST_VALUES = 20
_LABELS = {"cmd": "command", "always_changed": "always changed"}
_ENTRIES = {"deps": "dep", "params": "param", "outs": "out", "metrics": "metric", "plots": "plot"}


class _Page(NamedTuple):
    width: int
    arrow: str


def difference_lines(diff: GraphDiff, since: str, *, width: int, arrows: bool) -> Iterator[str]:
    """How much differs, and then what; with `arrows` the sign →, else ->."""
    page = _Page(width, "→" if arrows else "->")
    yield from wrap(f"Since {printable(since)}: {_summary(diff)}", max(width, 40), subsequent_indent="  ")
    for same in _together(diff.stages):
        yield from _stage_lines(same, page)
    ends = {stage.address for stage in diff.stages if stage.change != "changed"}
    for edge in diff.edges:
        if not ends.intersection((edge.consumer, edge.producer)):  # else the stage says it
            yield _edge_line(edge, page)
    yield from _param_lines(diff.params, page)
    for file in diff.unread:
        yield f"? {printable(file)}: it can't be read then or now, so nothing is known of what changed in it"


def _summary(diff: GraphDiff) -> str:
    parts = [_counts(diff.stages, "stage"), _counts(diff.edges, "edge")]
    if diff.params:
        parts.append(f"{counted(len(diff.params), 'parameter')} changed")
    return "; ".join(filter(None, parts)) or "nothing in the graph differs"


def _counts(found: Iterable[StageDiff] | Iterable[EdgeDiff], noun: str) -> str:
    """`2 stages added, 1 removed`."""
    counts = Counter(one.change for one in found)
    shown = [(change, counts[change]) for change in SIGNS if counts[change]]  # type: ignore[index]
    return ", ".join(
        f"{counted(number, noun) if not position else number} {change}"
        for position, (change, number) in enumerate(shown)
    )


# --- stages -------------------------------------------------------------------------------------------------


def _together(stages: Iterable[StageDiff]) -> list[list[StageDiff]]:
    """Stages of a group to which the like has happened, and any stages to which just the same has, word by word."""
    found: dict[Any, list[StageDiff]] = {}
    for stage in stages:
        fields = tuple((change.field, change.flag, _kind(change)) for change in stage.fields)
        identity: Any = (stage.group, stage.change, stage.was is None, fields)
        if stage.group is None:
            is_alone = not stage.fields or stage.was is not None
            identity = stage.address if is_alone else (stage.change, tuple(map(_gist, stage.fields)))
        found.setdefault(identity, []).append(stage)
    return list(found.values())


def _gist(change: FieldChange) -> tuple[str, ...]:
    """What is the same for two stages of which the same words changed: `step1.py → step2.py`."""
    if change.name:
        return (*change[:1], repr(change[1:]))
    was, now = _texts(change.old, change.new)
    return (change.field, *(each.told() for each in word_changes(was, now)))


def _kind(change: FieldChange) -> str:
    return "entry" if change.name and not change.flag else "value"


def _stage_lines(stages: list[StageDiff], page: _Page) -> Iterator[str]:
    first = stages[0]
    sign = SIGNS[first.change]
    was = f" (was {_short(first.was)})" if first.was is not None else ""
    if len(stages) == 1:
        yield f"{sign} {_short(first.address)}{was}"
    elif first.group is not None:
        example = f", such as {_short(first.address)}{was}" if first.fields or was else ""
        yield f"{sign} {_short(first.group)}@…: {counted(len(stages), 'stage')}{example}"
    else:
        yield f"{sign} {_names([stage.address for stage in stages])}"
    for change in first.fields:
        yield from _field_lines(change, page, by_word=len(stages) > 1)


def _field_lines(change: FieldChange, page: _Page, *, by_word: bool) -> Iterator[str]:
    entry = _ENTRIES.get(change.field)
    if entry is None:
        label = f"    {_LABELS.get(change.field, change.field)}: "
        yield from _pair_lines(label, change.old, change.new, page, by_word=by_word)
    elif change.flag == "section":
        yield f"    {printable(change.name)}: {change.old} {page.arrow} {change.new}"
    elif change.flag:
        label = f"    {entry} {printable(change.name)}: {printable(change.flag)} "
        yield from _pair_lines(label, change.old, change.new, page)
    else:
        yield f"    {'+' if change.old is None else '-'} {entry} {printable(change.name)}"


def _pair_lines(label: str, old: Any, new: Any, page: _Page, *, by_word: bool = False) -> Iterator[str]:
    """In one line if they fit, else word by word: a line for each place where they differ."""
    was, now = _texts(old, new)
    line = f"{label}{was} {page.arrow} {now}"
    if was == now or (len(line) <= page.width and not by_word):
        yield _cut(line, max(page.width, 20))
        return
    indent = label
    pieces = [change.told(page.arrow) for change in word_changes(was, now)]
    for piece in pieces or [f"{was} {page.arrow} {now}"]:
        yield indent + _cut(piece, max(page.width - len(label), 20))
        indent = " " * len(label)


def _texts(old: Any, new: Any) -> tuple[str, str]:
    """Two values as text; as Python writes them if they look alike otherwise, such as `1` and `"1"`."""
    was, now = _value(old), _value(new)
    return (was, now) if was != now else (printable(repr(old)), printable(repr(new)))


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _value(value: Any) -> str:
    """A value as YAML has it, more or less: `true`, `null`, `[1, 2]`; the lines of a command in one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return printable("; ".join(value.splitlines())) or "''"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return printable(str(value))


# --- edges and parameters -----------------------------------------------------------------------------------


def _edge_line(edge: EdgeDiff, page: _Page) -> str:
    consumer, producer = _short(edge.consumer), _short(edge.producer)
    if edge.change == "changed":
        paths = f"{_listed(edge.old)} {page.arrow} {_listed(edge.new)}"
        return f"~ {consumer} needs something else of {producer}: {paths}"
    verb = "needs" if edge.change == "added" else "no longer needs"
    return f"{SIGNS[edge.change]} {consumer} {verb} {producer} ({_listed(edge.new or edge.old)})"


def _param_lines(params: Iterable[ParamDiff], page: _Page) -> Iterator[str]:
    by_file: dict[str, list[ParamDiff]] = {}
    for param in params:
        by_file.setdefault(param.file, []).append(param)
    for file, found in by_file.items():
        for param in found[:MOST_VALUES]:
            yield from _param_line(param, page)
        if len(found) > MOST_VALUES:
            yield f"~ {printable(file)}: {counted(len(found) - MOST_VALUES, 'other value')}"


def _param_line(param: ParamDiff, page: _Page) -> Iterator[str]:
    sign = "+" if param.old is ABSENT else "-" if param.new is ABSENT else "~"
    label = f"{sign} {printable(param.file)}: {printable(param.key)} "
    users = f" ({_users(param)})"
    if sign != "~":
        value = _cut(_value(param.new if sign == "+" else param.old), max(page.width - len(label) - len(users), 20))
        yield f"{label}{value}{users}"
        return
    *lines, last = _pair_lines(label, param.old, param.new, page)
    if len(last) + len(users) <= page.width:
        yield from (*lines, last + users)
    else:
        yield from (*lines, last, f"   {users}")


def _users(param: ParamDiff) -> str:
    if param.used_by:
        return f"used by {_names(param.used_by)}"
    return "used in a template" if param.in_templates else "no stage uses it"


def _short(address: str) -> str:
    return printable(address.removeprefix(f"{DVC_YAML}:"))


def _names(addresses: Iterable[str]) -> str:
    names = [_short(address) for address in addresses]
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"


def _listed(paths: tuple[str, ...]) -> str:
    if len(paths) <= MOST_NAMES:
        return ", ".join(map(printable, paths))
    return f"{printable(paths[0])} and {len(paths) - 1} more"
