"""How storage grew, month by month and output by output, as a picture: one SVG, for light and dark pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from html import escape
from typing import NamedTuple

from pipelinekit.draw.measure import FONTS, fitted, text_width
from pipelinekit.report.cost.summary import Cost
from pipelinekit.report.escape import printable
from pipelinekit.report.units import readable_size
from pipelinekit.storage.growth import number_of
from pipelinekit.storage.listing import Key

#: Outputs with a colour of their own; the rest is one.
MOST = 6
#: Months ahead.
AHEAD = 12
WIDTH, HEIGHT = 900, 440
_LEFT, _TOP, _BOTTOM, _LEGEND = 84, 56, 44, 250
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - _LEFT - _LEGEND - 24, HEIGHT - _TOP - _BOTTOM
_STYLE = (
    """
svg { color-scheme: light dark; --page: #ffffff; --line: #d0d7de; --ink: #1f2328; --quiet: #59636e; --s0: #0969da;
  --s1: #bf8700; --s2: #1a7f37; --s3: #8250df; --s4: #bf3989; --s5: #1b7c83; --s6: #8c959f;
  --fonts: """
    + FONTS
    + """; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --line: #30363d; --ink: #e6edf3; --quiet: #9198a1;
  --s0: #4493f8; --s1: #d29922; --s2: #3fb950; --s3: #ab7df8; --s4: #db61a2; --s5: #39c5cf; --s6: #6e7681; } }
.page { fill: var(--page); }
.title { font: 600 15px var(--fonts); fill: var(--ink); white-space: pre; }
.label { font: 11px var(--fonts); fill: var(--quiet); white-space: pre; }
.name { font: 12px var(--fonts); fill: var(--ink); white-space: pre; }
.grid { stroke: var(--line); stroke-width: 1; }
.ahead { fill: none; stroke: var(--quiet); stroke-width: 1.6; stroke-dasharray: 6 4; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
.s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); }
"""
)


_Scale = Callable[[float], float]


class _Series(NamedTuple):
    name: str
    #: bytes at the end of each month
    totals: list[int]


def growth_svg(cost: Cost) -> str:
    """The picture. What several outputs have in common is drawn with the largest of them."""
    return "".join(f"{line}\n" for line in _lines(cost))


def _series(cost: Cost) -> list[_Series]:
    stored = cost.counted.stored
    taken: set[Key] = set()
    first = cost.months[0].number if cost.months else 0
    found: list[_Series] = []
    rest: dict[int, int] = defaultdict(int)
    for place, row in enumerate(cost.rows):
        added: dict[int, int] = defaultdict(int) if place < MOST else rest
        for unit in cost.counted.units_of(row.output.contents) - taken:
            if unit in stored:
                taken.add(unit)
                month = number_of(min(stored[unit].content.time, cost.now)) - first
                added[min(max(month, 0), len(cost.months) - 1)] += stored[unit].size
        if place < MOST:
            found.append(_Series(row.output.path, _sums(added, len(cost.months))))
    if len(cost.rows) > MOST:
        found.append(_Series(f"{len(cost.rows) - MOST:,} more", _sums(rest, len(cost.months))))
    return found


def _sums(added: dict[int, int], length: int) -> list[int]:
    total, totals = 0, []
    for month in range(length):
        total += added.get(month, 0)
        totals.append(total)
    return totals


def _lines(cost: Cost) -> Iterator[str]:
    title = f"{readable_size(cost.total)} in storage"
    title += f" since {cost.months[0].name}" if cost.months else ""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{_text(title)}">'
    )
    yield f"<title>{_text(title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>'
    yield f'<text class="title" x="24" y="30">{_text(title)}</text>'
    if cost.months:
        yield from _chart(cost)
    yield "</svg>"


def _chart(cost: Cost) -> Iterator[str]:
    series = _series(cost)
    length = len(cost.months)
    then = cost.pace.in_a_year(cost.total)
    step, top = _scale(max(cost.total, then))
    across = _PLOT_WIDTH / (length + AHEAD)

    def x(month: float) -> float:
        return round(_LEFT + month * across, 1)

    def y(size: float) -> float:
        return round(_TOP + _PLOT_HEIGHT * (1 - size / top), 1)

    for number in range(round(top / step) + 1):
        size = number * step
        yield f'<path class="grid" d="M{_LEFT} {y(size):g}H{_LEFT + _PLOT_WIDTH:g}"/>'
        label = readable_size(round(size))
        yield f'<text class="label" x="{_LEFT - 10 - text_width(label, 11):g}" y="{y(size) + 4:g}">{label}</text>'
    below = [0] * length
    for place, each in enumerate(series):
        above = [one + other for one, other in zip(below, each.totals, strict=True)]
        yield f'<path class="s{_colour(place)}" d="{_steps(below, above, x, y)}"><title>{_about(each)}</title></path>'
        below = above
    yield (
        f'<path class="ahead" d="M{x(length):g} {y(cost.total):g}L{x(length + AHEAD):g} {y(then):g}">'
        f"<title>{_text(f'at this pace {readable_size(round(then))} in a year')}</title></path>"
    )
    yield from _month_labels(cost, across, x)
    yield from _legend(series, then)


def _steps(below: list[int], above: list[int], x: _Scale, y: _Scale) -> str:
    """A band with a step for each month."""
    parts = [f"M{x(0):g} {y(above[0]):g}"]
    for month, size in enumerate(above):
        parts.append(f"V{y(size):g}H{x(month + 1):g}")
    parts += [f"V{y(below[month]):g}H{x(month):g}" for month in range(len(below) - 1, -1, -1)]
    return "".join(parts) + "Z"


def _month_labels(cost: Cost, across: float, x: _Scale) -> Iterator[str]:
    """As many as there is room for, and what lies a year ahead."""
    width = text_width("2026-01", 11) + 12
    every = max(1, -int(-width // across))
    for place in range(0, len(cost.months), every):
        if x(place) + width < _LEFT + _PLOT_WIDTH - width:
            yield f'<text class="label" x="{x(place):g}" y="{HEIGHT - 20}">{cost.months[place].name}</text>'
    label = "in a year"
    yield (f'<text class="label" x="{_LEFT + _PLOT_WIDTH - text_width(label, 11):g}" y="{HEIGHT - 20}">{label}</text>')


def _legend(series: list[_Series], then: float) -> Iterator[str]:
    left = WIDTH - _LEGEND
    row = _TOP + 8
    # the highest band first, as they lie
    for place in range(len(series) - 1, -1, -1):
        size = readable_size(series[place].totals[-1])
        room = _LEGEND - 50 - text_width(size, 12)
        yield f'<rect class="s{_colour(place)}" x="{left}" y="{row - 10}" width="12" height="12" rx="2"/>'
        name = _text(fitted(printable(series[place].name), 12, room))
        yield f'<text class="name" x="{left + 20}" y="{row}">{name}<title>{_text(series[place].name)}</title></text>'
        yield f'<text class="label" x="{WIDTH - 16 - text_width(size, 11):g}" y="{row}">{size}</text>'
        row += 22
    yield f'<path class="ahead" d="M{left} {row + 4}h12"/>'
    ahead = f"{readable_size(round(then))} in a year, at this pace"
    yield f'<text class="label" x="{left + 20}" y="{row + 8}">{ahead}</text>'


def _scale(size: float) -> tuple[float, float]:
    """A step that reads well in units of 1024, and the top of the axis."""
    unit = 1.0
    while size / unit >= 1024:
        unit *= 1024
    for factor in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 25, 50, 100, 200, 250):
        if size / (factor * unit) <= 5:
            step = factor * unit if unit > 1 else max(factor, 1.0)
            return step, max(-int(-size // step), 1) * step
    return 500 * unit, max(-int(-size // (500 * unit)), 1) * 500 * unit


def _colour(place: int) -> int:
    return min(place, MOST)


def _about(series: _Series) -> str:
    return _text(f"{series.name}: {readable_size(series.totals[-1])}")


_NO_XML = str.maketrans({0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"})


def _text(text: str) -> str:
    return escape(printable(text).translate(_NO_XML), quote=True)
