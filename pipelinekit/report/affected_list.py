"""What a change makes run again: as text for people, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipelinekit.freshness.targets import target
from pipelinekit.impact.affected import Affected, Because, Impact
from pipelinekit.report.escape import encodable, printable
from pipelinekit.report.formats.markdown import escape
from pipelinekit.report.shown import counted
from pipelinekit.resolve.stage import Stage

#: Stages that are shown one by one, and causes of each.
MAX_STAGES = 40
MAX_CAUSES = 4
#: Changes that are shown where there are more stages than that.
MAX_PATHS = 20
#: Frozen stages, and outputs that were edited, that have a sentence of their own.
_MAX_NOTES = 3
#: Stages of one `foreach` or `matrix` from which on they are shown as one.
MIN_GROUP = 4
_NAMES = {
    "dep": "dependency",
    "param": "parameter",
    "cmd": "command",
    "import": "not declared",
    "definition": "definition",
}


def json_affected(impact: Impact) -> str:
    """Version 1; stages in the order in which they would run."""
    stages = [
        {
            "address": found.stage.address,
            "because": [
                {"kind": cause.kind, "path": cause.path, "via": cause.via.address if cause.via is not None else None}
                for cause in found.because
            ],
        }
        for found in impact.affected
    ]
    document = {"version": 1, "changed": list(impact.changed), "stages": stages}
    return encodable(json.dumps(document, indent=2, ensure_ascii=False))


class Row(NamedTuple):
    """One stage, or those of one `foreach` or `matrix`, and their causes."""

    name: str
    causes: tuple[str, ...]
    #: stages that it stands for
    stages: int
    #: whether DVC runs them
    is_seen: bool


def rows(affected: Iterable[Affected]) -> list[Row]:
    """The stages in their order, those of a large group together where the first of them stands."""
    groups: dict[tuple[int, bool], list[Affected]] = {}
    for found in affected:
        groups.setdefault((id(found.stage.definition), found.is_seen), []).append(found)
    shown: list[Row] = []
    for group in groups.values():
        if len(group) < MIN_GROUP:
            shown += [Row(target(found.stage), _causes(found), 1, found.is_seen) for found in group]
            continue
        first = group[0]
        total = len(first.stage.definition.stages)
        name = f"{target(first.stage).rpartition('@')[0]}@*"
        count = f"all {total}" if len(group) == total else f"{len(group)} of {total}"
        shown.append(Row(f"{name} ({count})", _causes(first), len(group), first.is_seen))
    return shown


def _causes(found: Affected) -> tuple[str, ...]:
    """In words; a parameter that changes the command and is listed as well is said once."""
    merged: dict[tuple[str, str], list[Because]] = {}
    for cause in found.because:
        via = target(cause.via) if cause.via is not None else ""
        merged.setdefault((cause.path, via), []).append(cause)
    texts = [_sentence(causes) for causes in merged.values()]
    rest = len(texts) - MAX_CAUSES
    return (*texts[:MAX_CAUSES], f"and {rest} more") if rest > 1 else tuple(texts)


def _sentence(causes: list[Because]) -> str:
    first = causes[0]
    if first.kind == "upstream":
        return f"{first.path} from {target(first.via)}" if first.via is not None else first.path
    if first.kind == "import":
        way = " → ".join(first.chain) if len(first.chain) > 1 else first.path
        return f"{way} (not declared{f': {first.note}' if first.note else ''})"
    kinds = ", ".join(dict.fromkeys(_NAMES[cause.kind] for cause in causes))
    note = next((cause.note for cause in causes if cause.note), "")
    return f"{first.path} ({kinds}{f': {note}' if note else ''})"


# --- text ----------------------------------------------------------------------------------------------------


def affected_lines(impact: Impact, total: int, *, width: int, colour: bool, everything: bool = False) -> Iterator[str]:
    """What re-runs, in order, with causes; what DVC does not see; what is left alone and why.

    `total` is the number of stages of the project.
    """
    seen = [found for found in impact.affected if found.is_seen]
    unseen = [found for found in impact.affected if not found.is_seen]
    if seen or not unseen:
        verb = "re-runs" if len(seen) == 1 else "re-run"
        yield f"{len(seen) or 'None'} of {counted(total, 'stage')} {verb}{_if(impact)}{':' if seen else '.'}"
        yield from _table(seen, width, colour, everything)
    if unseen:
        of_all = f"{len(unseen)} of {counted(total, 'stage')}"
        if seen:
            yield ""
            names = "this" if len(unseen) == 1 else "these"
            yield from _wrapped(f"DVC does not see that {names} should as well, and leaves {of_all} stale:", width)
        else:
            should = f"{of_all} should re-run{_if(impact)}"
            yield from _wrapped(f"{should}, but DVC does not see it and leaves {_them(unseen)} stale:", width)
        yield from _table(unseen, width, colour, everything)
    rules = sorted({cause.rule for found in impact.affected for cause in found.because if cause.rule})
    if rules:
        yield ""
        yield from _wrapped(f"What is not declared: pipelinekit lint --select {','.join(rules)} --fix", width)
    yield from _notes(impact, width)


def _them(stages: list[Affected]) -> str:
    return "it" if len(stages) == 1 else "them"


def _if(impact: Impact) -> str:
    if impact.changes is not None or not impact.changed:
        return ""
    if len(impact.changed) == 1:
        return f" if {printable(impact.changed[0])} changes"
    return f" if these {len(impact.changed)} files change"


def _table(affected: list[Affected], width: int, colour: bool, everything: bool) -> Iterator[str]:
    shown = rows(affected)
    if len(shown) > MAX_STAGES and not everything:
        yield from _summary(affected, width)
        return
    column = min(max((len(printable(row.name)) for row in shown), default=0), max(width // 3, 12))
    indent = " " * (column + 2)
    for row in shown:
        name = printable(row.name)
        head = f"  \x1b[1m{name}\x1b[0m{' ' * (column - len(name))}" if colour else f"  {name:<{column}}"
        lines = [line for cause in row.causes for line in _folded(printable(cause), max(width - column - 4, 24))]
        if len(name) > column:
            yield head
            head = indent
        yield f"{head}  {lines[0]}"
        yield from (f"{indent}  {line}" for line in lines[1:])


def _summary(affected: list[Affected], width: int) -> Iterator[str]:
    """Of many stages: what changes, how many use it themselves, and how many come after these."""
    users: dict[str, list[str]] = {}
    behind = 0
    for found in affected:
        own = {cause.path for cause in found.because if cause.kind != "upstream"}
        behind += not own
        for path in sorted(own):
            users.setdefault(path, []).append(target(found.stage))
    ordered = sorted(users.items(), key=lambda entry: -len(entry[1]))
    for path, names in ordered[:MAX_PATHS]:
        head = f"  {printable(path)}: {counted(len(names), 'stage')}, "
        yield head + _as_many(names, max(width - len(head), 24))
    rest = len(ordered) - MAX_PATHS
    if rest > 0:
        yield f"  and {rest} more that change{'s' if rest == 1 else ''}"
    if behind:
        yield f"  and behind these {counted(behind, 'stage')}"
    yield "  (--all shows every stage)"


def _as_many(names: list[str], room: int) -> str:
    """The first of some names, as many as there is room for."""
    text = printable(names[0])
    for name in names[1:]:
        longer = f"{text}, {printable(name)}"
        if len(longer) + 3 > room:
            return f"{text}, …"
        text = longer
    return text


def _folded(text: str, width: int) -> list[str]:
    """A cause on as many lines as it takes; what goes on is set in."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = f"  {word}"
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _wrapped(text: str, width: int) -> list[str]:
    return _folded(text, width)


def _notes(impact: Impact, width: int) -> Iterator[str]:
    """One sentence each, where there is something to say."""
    sentences: list[str] = []
    for found in impact.frozen[:_MAX_NOTES]:
        behind = "what depends on it stays as well"
        cause = _causes(found)[0]
        sentences.append(f"{target(found.stage)} is frozen: DVC leaves it in spite of {cause}; {behind}.")
    if len(impact.frozen) > _MAX_NOTES:
        sentences.append(f"And {counted(len(impact.frozen) - _MAX_NOTES, 'more frozen stage')}.")
    for out in impact.made[:_MAX_NOTES]:
        if isinstance(out.stage, Stage):
            maker = target(out.stage)
            sentences.append(f"{out.path} is made by {maker}: DVC puts it back if somebody edits it.")
    if impact.recorded:
        has = "has" if len(impact.recorded) == 1 else "have"
        it = "its run" if len(impact.recorded) == 1 else "their runs"
        sentences.append(f"{_listed(impact.recorded)} {has} changed, and dvc.lock holds {it} already.")
    if impact.always:
        verb = "runs" if len(impact.always) == 1 else "run"
        sentences.append(f"{_listed(impact.always)} {verb} each time, whatever changes.")
    if sentences:
        yield ""
    for sentence in sentences:
        yield from _wrapped(printable(sentence), width)


def _listed(stages: list[Stage]) -> str:
    names = [target(stage) for stage in stages[:5]]
    rest = len(stages) - len(names)
    if rest:
        return f"{', '.join(names)} and {rest} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


# --- Markdown ------------------------------------------------------------------------------------------------


def markdown_affected(impact: Impact, total: int) -> Iterator[str]:
    """A heading, and a table of the stages in their order."""
    yield f"### pipelinekit: {headline(impact, total)}"
    table = list(affected_table(impact))
    if table:
        yield ""
        yield from table


def counts(impact: Impact) -> tuple[int, int]:
    """The stages that DVC runs, and those that should run and that it does not."""
    seen = sum(found.is_seen for found in impact.affected)
    return seen, len(impact.affected) - seen


def headline(impact: Impact, total: int) -> str:
    """How many stages re-run, and how many should that DVC does not run."""
    seen, unseen = counts(impact)
    parts = [f"{seen or 'none'} of {counted(total, 'stage')} {'re-runs' if seen == 1 else 're-run'}"]
    if unseen:
        parts.append(f"{unseen} should, but DVC does not see it")
    return ", ".join(parts)


def affected_table(impact: Impact, most: int = MAX_STAGES) -> Iterator[str]:
    """The table alone, and below it what there is to say of the other stages."""
    shown = rows(impact.affected)
    if shown:
        yield "| stage | because of |"
        yield "|---|---|"
    for row in shown[:most]:
        mark = "" if row.is_seen else " ⚠️ not by `dvc repro`"
        yield f"| {escape(row.name)}{mark} | {'<br>'.join(map(escape, row.causes))} |"
    rest = sum(row.stages for row in shown[most:])
    if rest:
        yield f"| and {counted(rest, 'stage')} more | |"
    notes = [line for line in _notes(impact, 10_000) if line]
    if notes and shown:
        yield ""
    yield from (f"{escape(note)}{'' if note == notes[-1] else '  '}" for note in notes)
