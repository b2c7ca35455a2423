"""The report for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from pipelinekit.adoption.examine import Examined
from pipelinekit.adoption.grade import FROM, Graded
from pipelinekit.adoption.point import PARTS, Point, State
from pipelinekit.adoption.repair import Repaired, repair_lines
from pipelinekit.report.escape import printable

WORDS: dict[State, str] = {"done": "done", "partly": "partly", "missing": "missing", "not-needed": "not needed"}
_COLOURS: dict[State, str] = {"done": "32", "partly": "33", "missing": "31", "not-needed": "2"}
_INDENT = " " * 12


def text_lines(examined: Examined, *, width: int, colour: bool, name: str = "") -> Iterator[str]:
    """The grade, each part with its points, the arithmetic, and what to do first; `name` tells projects apart."""
    width = max(width, 50)
    graded = examined.graded
    of = f"{printable(name)}: " if name else ""
    yield _bold(f"{of}grade {graded.grade}, {graded.percent} %", colour)
    for part, title in PARTS.items():
        yield ""
        yield title
        for point in examined.of_part(part):
            yield from _point(point, width, colour)
    yield ""
    yield from _wrapped(arithmetic(graded), width, "")
    first = next_point(examined)
    if first is not None:
        yield ""
        yield from _wrapped(f"Next: {printable(step_of(first))}", width, "")


def repair_text(done: Repaired, before: Graded, now: Graded, *, width: int) -> Iterator[str]:
    """What was done, what is left to a person, and what became of the grade."""
    yield from map(printable, repair_lines(done))
    for note in done.notes:
        yield from textwrap.wrap(
            f"left to you: {printable(note)}", max(width, 50), subsequent_indent=" " * 13, break_long_words=False
        )
    yield "nothing could be done by itself" if done.is_empty else f"{before.grade} before, {now.grade} now"


def number(value: float) -> str:
    """`3`, `1.5`."""
    return f"{value:g}"


def arithmetic(graded: Graded) -> str:
    """How the grade comes about, in words."""
    bounds = ", ".join(f"{grade} from {least} %" for grade, least in FROM.items() if least)
    sentence = (
        f"{number(graded.score)} of {graded.most} points are {graded.percent} %: {bounds}. "
        "Done counts in full, partly half, not needed not at all."
    )
    if graded.held_by is not None:
        sentence += f" It is {graded.grade} at best as long as '{graded.held_by.title}' is missing."
    return sentence


def next_point(examined: Examined) -> Point | None:
    """What to do first: of what is open, what holds the grade back, or else weighs most."""
    if examined.graded.held_by is not None:
        return examined.graded.held_by
    return max((point for point in examined.points if point.is_open), key=_gain, default=None)


def _gain(point: Point) -> float:
    return point.weight - point.score


def step_of(point: Point) -> str:
    """The next step of a point that is open."""
    return point.verdict.command or point.verdict.step


def _point(point: Point, width: int, colour: bool) -> Iterator[str]:
    word = f"{WORDS[point.state]:<10}"
    word = f"\x1b[{_COLOURS[point.state]}m{word}\x1b[0m" if colour else word
    score = f"{number(point.score)} of {point.weight}" if point.state != "not-needed" else ""
    room = width - len(_INDENT) - len(score)
    title = f"{point.title:<{room}}"
    yield f"{word}  {_bold(title, colour and point.is_open)}{score}".rstrip()
    for line in point.verdict.evidence:
        yield from _wrapped(printable(line), width, _INDENT)
    if point.is_open:
        yield from _wrapped(f"why: {point.why}", width, _INDENT)
        yield from _wrapped(f"next: {printable(step_of(point))}", width, _INDENT)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    further = indent + "  " if indent else ""
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False, break_long_words=False
    )


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text
