"""A stage on one screen: what it is, where each part of it comes from, what is around it, what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pipelinekit.freshness.command_words import told_changes
from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.freshness.status import Status
from pipelinekit.freshness.targets import target
from pipelinekit.graph.graph import GraphNode
from pipelinekit.impact.explanation import Explanation, GroupExplanation, OutState, UsedFile
from pipelinekit.impact.lookup import Found
from pipelinekit.impact.stage_history import Commit, EntryChange
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.locked import LockEntry
from pipelinekit.report.escape import printable
from pipelinekit.report.plain import plain
from pipelinekit.report.shown import counted, position
from pipelinekit.report.units import day, readable_size, readable_time
from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.interpolate import UNKNOWN
from pipelinekit.resolve.stage import Definition, Stage
from pipelinekit.rules.finding import LEVELS, Finding
from pipelinekit.yaml.tree import Place, Scalar

#: Lines of a list; what is more is counted.
ROWS = 12
#: Findings that are shown, the most severe ones.
FINDINGS = 6
#: Changes of one commit that are shown.
CHANGES = 4
#: Code points of a value.
_VALUE = 32
#: Code points of what has changed in a command.
_COMMAND = 500
_LABEL = 11
_MIN_WIDTH = 40
_STATES = {
    "fresh": "fresh",
    "stale": "stale",
    "never-run": "never run: no lock has a record of it",
    "unknown": "unknown: nothing that is here decides it",
}


class _Page:
    """The screen that the sections are put on."""

    def __init__(self, width: int, *, colour: bool, path_from_here: Callable[[str], str]) -> None:
        self.width = max(width, _MIN_WIDTH)
        self.colour = colour
        self.path = path_from_here
        self.room = self.width - _LABEL - 1

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def place(self, place: Place | None) -> str:
        """`params.yaml:4`; empty where it is not known."""
        return f"{self.path(place.document.name)}:{position(place).line}" if place is not None else ""

    def section(self, label: str, lines: Sequence[str]) -> Iterator[str]:
        """The label, and beside it the lines."""
        for number, line in enumerate(lines):
            name = f"{label if number == 0 else '':<{_LABEL}}"
            yield f"{self.bold(name) if number == 0 else name} {line.rstrip()}"

    def text(self, text: str, *, rest: str = "  ", most: int = ROWS) -> list[str]:
        """A text, safe to print, in as many lines as it takes, `most` of them shown."""
        lines: list[str] = []
        for part in text.splitlines() or [""]:
            current = ""
            for word in printable(part).split(" "):
                if current.strip() and len(current) + 1 + len(word) > self.room:
                    lines.append(current)
                    current = rest + word
                else:
                    current = f"{current} {word}" if current else word
            lines.append(current)
        return _cut(lines, most, "line")

    def table(self, rows: Sequence[Sequence[str]], *, noun: str = "", most: int = ROWS, paths: int = 1) -> list[str]:
        """Cells in columns. In the first `paths` columns the end of what is too long is shown, else the beginning."""
        shown = [[printable(cell) for cell in row] for row in rows[: most if len(rows) > most + 1 else len(rows)]]
        if not shown:
            return []
        columns = max(map(len, shown))
        widths = _fitted(
            [max(len(row[column]) for row in shown if column < len(row)) for column in range(columns)], self.room
        )
        lines = []
        for row in shown:
            cells = [(_tail if number < paths else _head)(cell, widths[number]) for number, cell in enumerate(row)]
            lines.append(
                "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False) if width).rstrip()
            )
        rest = len(rows) - len(shown)
        return lines + ([f"… {counted(rest, f'more {noun}') if noun else f'{rest} more'}"] if rest else [])


def _fitted(widths: list[int], room: int) -> list[int]:
    """The widths of columns with two blanks between them, the widest made narrower until all fit."""
    widths = list(widths)
    room -= 2 * max(0, sum(width > 0 for width in widths) - 1)
    while sum(widths) > room and max(widths) > 8:
        most = max(widths)
        widest = [column for column, width in enumerate(widths) if width == most]
        next_most = max((width for width in widths if width < most), default=0)
        excess = sum(widths) - room
        take = min(max(1, excess // len(widest)), most - max(next_most, 8)) or 1
        for column in widest:
            widths[column] -= take
    return widths


def _cut(lines: list[str], most: int, noun: str) -> list[str]:
    if len(lines) <= most + 1:
        return lines
    rest = len(lines) - most
    return [*lines[:most], f"… {rest} more {noun}s"]


def _head(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _tail(text: str, room: int) -> str:
    return text if len(text) <= room else "…" + text[-(room - 1) :]


# --- a stage ---------------------------------------------------------------------------------------------------


def explanation_lines(
    explained: Explanation,
    findings: Sequence[Finding],
    *,
    width: int,
    colour: bool,
    path_from_here: Callable[[str], str],
) -> Iterator[str]:
    """Everything about a stage, a section for each thing to know; those with nothing to tell are left out."""
    page = _Page(width, colour=colour, path_from_here=path_from_here)
    stage, up, down = explained.stage, explained.upstream, explained.downstream
    yield from _heading(explained, page)
    commands = stage.commands if stage.knows("cmd") else ["can't be read"]
    for command in commands or ["none"]:
        yield from page.section("command", page.text(command, most=8))
    if stage.wdir != ".":
        yield from page.section("wdir", page.text(stage.wdir))
    yield from page.section("values", page.table(list(_origins(explained.origins, page)), paths=0))
    yield from page.section("deps", page.table(list(_deps(explained))))
    yield from page.section("runs", page.table(list(_used(explained.scripts)), paths=3))
    yield from page.section("imports", page.table(list(_used(explained.modules)), paths=3))
    yield from page.section("params", page.table(list(_params(explained, page)), paths=0))
    yield from page.section("outs", page.table(list(map(_out, explained.outs))))
    yield from page.section("upstream", page.text(_neighbours((edge.producer for edge in up.edges), up.total, stage)))
    yield from page.section(
        "downstream", page.text(_neighbours((edge.consumer for edge in down.edges), down.total, stage))
    )
    yield from page.section("state", list(_state(explained.status, page)))
    yield from page.section("last run", list(_last_run(explained, page)))
    yield from page.section("findings", list(_findings(findings, page)))
    yield from page.section("history", list(_history(explained, page)))


def _label(node: GraphNode, near: Stage | None = None) -> str:
    """The name of a stage, with its file unless that is the project's own, or that of a stage nearby."""
    if isinstance(node, Stage):
        return node.name if node.file == (near.file if near is not None else DVC_YAML) else node.address
    return node.file


def _heading(explained: Explanation, page: _Page) -> Iterator[str]:
    stage = explained.stage
    definition = stage.definition
    flags = [word for word, is_set in (("frozen", stage.frozen), ("always changed", stage.always_changed)) if is_set]
    notes = [page.place(stage.place)]
    if definition.kind != "plain":
        number = definition.stages.index(stage) + 1
        notes.append(f"{number} of {len(definition.stages)} of the {definition.kind} '{definition.name}'")
    name, note = printable(_label(stage)), printable(", ".join([*notes, *flags]))
    if len(name) + 2 + len(note) <= page.width:
        yield f"{page.bold(name)}  {note}"
    else:
        yield from (page.bold(name), f"  {note}")
    description = definition.field("desc")
    if isinstance(description, Scalar) and isinstance(description.value, str):
        yield from (f"  {line}" for line in page.text(description.value, rest="", most=3))


def _origins(found: Sequence[Any], page: _Page) -> Iterator[list[str]]:
    for origin in found:
        value = "nothing" if origin.value is UNKNOWN else _value(origin.value)
        yield [origin.text, f"= {value}", page.place(origin.place), f"in {', '.join(origin.fields)}"]


def _deps(explained: Explanation) -> Iterator[list[str]]:
    for dep, makers, entry in explained.deps:
        source = f"from {_label(makers[0], explained.stage)}" if makers else ""
        more = f" and {len(makers) - 1} more" if len(makers) > 1 else ""
        yield [dep.path, source + more, *_recorded(entry, is_run=explained.record is not None)]


def _recorded(entry: LockEntry | None, *, is_run: bool) -> list[str]:
    """Size and MD5 in the lock."""
    if entry is None:
        return ["", "not in the lock" if is_run else ""]
    size = readable_size(entry.size) if entry.size is not None else ""
    files = f"{counted(entry.nfiles, 'file')}, " if entry.nfiles is not None else ""
    return [f"{files}{size}", _value(entry)]


def _used(files: Sequence[UsedFile]) -> Iterator[list[str]]:
    """Those that DVC does not watch first."""
    for file in sorted(files, key=lambda file: file.declared):
        yield [file.path, "a dependency" if file.declared else "NOT a dependency", f"by {file.by}" if file.by else ""]


def _params(explained: Explanation, page: _Page) -> Iterator[list[str]]:
    for param, value, recorded, place in explained.params:
        was = ""
        if explained.record is not None and value != recorded:
            was = "not in the lock" if recorded is ABSENT else f"was {_value(recorded)}"
        if param.key is None:
            yield [page.path(param.file), "the whole file", "", "other than in the lock" if was else ""]
        else:
            yield [param.key, f"= {_value(value)}", page.place(place) or page.path(param.file), was]


def _out(state: OutState) -> list[str]:
    out, entry = state
    notes: list[str] = [] if out.kind == "out" else [out.kind]
    notes += [f"{name}: {_value(value)}" for name, value in out.flags.items()]
    return [out.path, *_recorded(entry, is_run=entry is not None), ", ".join(notes)]


def _neighbours(nodes: Iterable[GraphNode], total: int, stage: Stage) -> str:
    names = [_label(node, stage) for node in nodes]
    if not names:
        return "none"
    rest = len(names) - 2 * ROWS
    listed = ", ".join(names[: 2 * ROWS]) + (f" and {rest} more" if rest > 0 else "")
    return f"{listed} ({counted(total, 'stage')} in all)" if total > len(names) else listed


def _state(status: Status, page: _Page) -> Iterator[str]:
    yield _STATES.get(status.state, status.state)
    causes = () if status.state == "never-run" else status.because
    yield from _cut([line for cause in causes for line in page.text(cause.words)], ROWS, "line")


def _last_run(explained: Explanation, page: _Page) -> Iterator[str]:
    record, duration = explained.record, explained.duration
    if record is not None:
        yield printable(f"recorded in {page.place(record.lock.place(record.locked))}")
    if duration is not None:
        what = "one run" if duration.runs == 1 else f"the median of {duration.runs} runs"
        last = f", the last on {day(duration.last)}" if duration.last is not None else ""
        inputs = "" if duration.exact else ", on other inputs than those of the lock"
        yield from page.text(f"takes about {readable_time(duration.seconds)}: {what}{last}{inputs}")
    elif record is not None:
        yield "never timed"


def _findings(findings: Sequence[Finding], page: _Page) -> Iterator[str]:
    worst = sorted(findings, key=lambda finding: LEVELS.index(finding.level or "error"))
    for finding in worst[:FINDINGS]:
        at = position(finding.place)
        where = f"{page.path(finding.file)}:{at.line}:{at.column}"
        yield from page.text(f"{finding.level} {finding.code} {where} {finding.message}")
    if len(worst) > FINDINGS:
        yield f"… {len(worst) - FINDINGS} more ('pipelinekit lint' shows them)"


# --- history ---------------------------------------------------------------------------------------------------


def _history(explained: Explanation, page: _Page) -> Iterator[str]:
    for commit in explained.history.commits:
        yield _head(printable(_commit(commit)), page.room)
        commands = [change for change in commit.changes if change.kind == "cmd"]
        yield from (f"  cmd {_head(printable(_command_change(*change[2:])), page.room - 6)}" for change in commands)
        rows = [_change(change) for change in commit.changes if change.kind != "cmd"]
        yield from (f"  {line}" for line in page.table(rows, noun="change", most=CHANGES))
    if explained.history.is_cut:
        yield "… older ones are not shown"


def _commit(commit: Commit) -> str:
    when = day(commit.when) if commit.when is not None else ""
    head = " ".join(filter(None, (commit.id[:7], when, commit.author))) or "not committed yet"
    events = {"added": ": added to the lock", "removed": ": removed from the lock"}
    return head + events.get(commit.event, "")


def _change(change: EntryChange) -> list[str]:
    kind, name, was, now = change
    if kind == "param":
        name = name.removeprefix(f"{PARAMS_YAML}:")
    text = f"{_value(was)} → {_value(now)}"
    sizes = [each.size for each in (was, now) if isinstance(each, LockEntry)]
    if len(sizes) == 2 and None not in sizes:
        read = list(dict.fromkeys(readable_size(size or 0) for size in sizes))
        text += f", {' → '.join(read)}"
    return [f"{kind} {name}", text]


def _command_change(was: Any, now: Any) -> str:
    return told_changes(was, now, _COMMAND) or "another one"


def _value(value: Any) -> str:
    """A value on one line: the MD5 of a file, a parameter as JSON writes it, else the text itself."""
    if value is ABSENT:
        return "nothing"
    if isinstance(value, LockEntry):
        return value.md5[:7] if value.md5 is not None else "no MD5"
    text = value if isinstance(value, str) and value else json.dumps(plain(value), ensure_ascii=False)
    return _head(" ".join(text.split()), _VALUE)


# --- a group, and several stages -------------------------------------------------------------------------------


def group_lines(
    explained: GroupExplanation, *, width: int, colour: bool, path_from_here: Callable[[str], str]
) -> Iterator[str]:
    """The template of a group and the stages that it makes."""
    page = _Page(width, colour=colour, path_from_here=path_from_here)
    definition = explained.definition
    where = page.place(definition.name_node.place)
    count = counted(len(explained.stages), "stage")
    name = target(definition)
    yield f"{page.bold(printable(name))}  {printable(where)}, a {definition.kind} of {count}"
    yield from page.section("over", page.table(list(_over(definition)), paths=0))
    yield from page.section("values", page.table(list(_origins(explained.origins, page)), paths=0))
    cmd = definition.field("cmd")
    if cmd is not None:
        for command in cmd.data if isinstance(cmd.data, list) else [cmd.data]:
            yield from page.section("template", page.text(str(command), most=8))
    rows = [[_label(stage), _taken(explained, stage)] for stage in explained.stages]
    yield from page.section("stages", page.table(rows, noun="stage", most=2 * ROWS))


def _over(definition: Definition) -> Iterator[list[str]]:
    """What a group is made of: the axes of a matrix, the items or the keys of a foreach, as they are written."""
    data = getattr(definition.entry.get(definition.kind), "data", None)
    if definition.kind == "matrix" and isinstance(data, dict):
        for axis, values in data.items():
            yield [str(axis), _items(values)]
    else:
        yield [_items(data)]


def _items(values: Any) -> str:
    listed = list(values) if isinstance(values, (dict, list)) else [values]
    rest = len(listed) - ROWS
    return ", ".join(map(_value, listed[:ROWS])) + (f" and {rest} more" if rest > 0 else "")


def _taken(explained: GroupExplanation, stage: Stage) -> str:
    duration = explained.durations.get(stage)
    return f"takes about {readable_time(duration.seconds)}" if duration is not None else ""


_REASONS = {"makes": "is made by", "runs": "is run by", "imports": "is imported by", "needs": "is needed by"}


def found_lines(found: Found, *, width: int, colour: bool, path_from_here: Callable[[str], str]) -> Iterator[str]:
    """The stages that a path leads to, where there are several."""
    page = _Page(width, colour=colour, path_from_here=path_from_here)
    count = counted(len(found.stages), "stage")
    yield f"{page.bold(printable(path_from_here(found.path)))} {_REASONS[found.reason]} {count}:"
    rows = [[_label(stage), page.place(stage.place)] for stage in found.stages]
    yield from (f"  {line}" for line in page.table(rows, noun="stage", most=3 * ROWS))
