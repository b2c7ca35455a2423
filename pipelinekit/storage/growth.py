"""How what is stored grew: by month, by commit, and at which pace it goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import NamedTuple

from pipelinekit.storage.count import Content, Count, Stored
from pipelinekit.storage.listing import Key

#: Seconds of a month: a year has twelve.
MONTH = 365.25 / 12 * 86_400
#: The pace is that of so many months.
WINDOW = 12


class Month(NamedTuple):
    """A month, in UTC."""

    #: since the year 0
    number: int
    added: int
    #: all that was there at its end
    total: int

    @property
    def name(self) -> str:
        """`2026-03`."""
        return f"{self.number // 12:04}-{self.number % 12 + 1:02}"


class Addition(NamedTuple):
    """What a commit brought."""

    #: one of its contents, which knows the commit
    content: Content
    size: int
    objects: int


class Pace(NamedTuple):
    """How fast something grows."""

    #: bytes
    a_month: float
    #: the months that this is the average of; 1 where the history is shorter
    months: float

    def in_a_year(self, size: int) -> float:
        """Bytes that there will be."""
        return size + 12 * self.a_month


def months(count: Count, now: float, keys: Iterable[Key] | None = None) -> list[Month]:
    """Every month from the first content until now; of all objects, or of some."""
    added: dict[int, int] = defaultdict(int)
    for stored in _chosen(count, keys):
        added[number_of(min(stored.content.time, now))] += stored.size  # a clock may be ahead
    if not added:
        return []
    found: list[Month] = []
    total = 0
    for number in range(min(added), number_of(now) + 1):
        total += added.get(number, 0)
        found.append(Month(number, added.get(number, 0), total))
    return found


def pace(count: Count, now: float, keys: Iterable[Key] | None = None) -> Pace:
    """The average of the last twelve months, or of as many as there are."""
    if not count.stored:
        return Pace(0.0, 1.0)
    age = (now - count.began) / MONTH
    window = min(max(age, 1.0), float(WINDOW))
    start = now - window * MONTH
    size = sum(stored.size for stored in _chosen(count, keys) if stored.content.time >= start)
    return Pace(size / window, window)


def additions(count: Count) -> list[Addition]:
    """What each commit brought, the largest first."""
    found: dict[str, list[Stored]] = defaultdict(list)
    for stored in count.stored.values():
        found[stored.content.commit].append(stored)
    listed = [Addition(each[0].content, sum(stored.size for stored in each), len(each)) for each in found.values()]
    return sorted(listed, key=lambda each: (-each.size, each.content.time, each.content.commit))


def _chosen(count: Count, keys: Iterable[Key] | None) -> Iterable[Stored]:
    stored = count.stored
    if keys is None:
        return stored.values()
    return [stored[unit] for unit in count.units_of(keys) if unit in stored]


def number_of(moment: float) -> int:
    """Months since the year 0. A commit may claim any time."""
    try:
        when = datetime.fromtimestamp(moment, timezone.utc)
    except (ValueError, OverflowError, OSError):
        when = datetime.fromtimestamp(0, timezone.utc)
    return when.year * 12 + when.month - 1
