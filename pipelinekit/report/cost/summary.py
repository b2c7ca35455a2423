"""The numbers that every report of `cost` shows."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.intermediates import Intermediate
from pipelinekit.storage.commits import Reach
from pipelinekit.storage.copies import Copy
from pipelinekit.storage.count import Count, Output
from pipelinekit.storage.growth import Addition, Month, Pace, additions, months, pace
from pipelinekit.storage.listing import Key, Listing, Listings, have_nothing_in_common
from pipelinekit.storage.prices import Provider, StorageClass, of_download, of_upload, per_month
from pipelinekit.storage.remote import Compared, RemoteAddress
from pipelinekit.storage.retention import Freed, Kept, Rule

#: Versions of a folder from which on it can be said that all of it changes: those of the rule PK406.
_MIN_VERSIONS, _MIN_FILES = 3, 2


class Row(NamedTuple):
    """An output through time."""

    output: Output
    versions: int
    #: bytes of all versions, what they have in common counted once
    size: int
    #: bytes of the last version
    latest: int
    pace: Pace
    #: days of the first and the last new version, `2026-03-01`
    first: str
    last: str
    is_pushed: bool
    #: whether its folders could not all be taken apart, so that it may be less
    is_upper_bound: bool
    #: whether each version of a folder has no file of the one before
    is_rewritten: bool


class Maker(NamedTuple):
    """A stage or a `.dvc` file, and all its outputs through time."""

    address: str
    outputs: int
    #: of its outputs, each counted for itself
    versions: int
    size: int
    pace: Pace


class Twin(NamedTuple):
    """A content that lies under several paths."""

    key: Key
    size: int
    paths: tuple[str, ...]


class Remake(NamedTuple):
    """A result that need not be kept: its stage makes it again."""

    found: Intermediate
    #: bytes of all its versions
    size: int


class ClassPrice(NamedTuple):
    """What it all costs in one class of storage, in the currency of its price list."""

    storage_class: StorageClass
    now: float
    in_a_year: float
    #: the sum of the twelve months to come
    next_year: float
    #: one fetch of what is here now, over the internet; None where no price is known
    fetch: float | None
    #: a month's new objects, sent; None where no price is known
    upload: float | None


class Bill(NamedTuple):
    """The prices of one list."""

    provider: Provider
    classes: tuple[ClassPrice, ...]


class Retention(NamedTuple):
    """What a rule would free."""

    rule: Rule
    kept: Kept
    #: of what the history names and pushes: by recorded sizes
    named: Freed
    #: in the cache on this disk; None where there is none
    cache: Freed | None
    #: in the listed remote; None where none was listed
    remote: Freed | None
    command: str
    cloud_command: str
    #: of `dvc exp`, whose data the rule does not keep
    experiments: int = 0
    #: where the cache is, if it may be one of several projects
    shared_cache: str | None = None


class RemoteHolds(NamedTuple):
    """A remote that was listed."""

    address: RemoteAddress
    listing: Listing
    compared: Compared


class Cost(NamedTuple):
    """Everything that is reported."""

    reach: Reach
    counted: Count
    total: int
    #: bytes and number of the objects that go to a remote
    pushed: int
    pushed_objects: int
    #: by size, the largest first
    rows: list[Row]
    makers: list[Maker]
    months: list[Month]
    pace: Pace
    #: of what is pushed
    pushed_pace: Pace
    additions: list[Addition]
    twins: list[Twin]
    copies: list[Copy]
    remakes: list[Remake]
    #: bytes and objects of the versions that are here now
    current: int
    current_objects: int
    bills: tuple[Bill, ...]
    cache: Listing | None
    retention: Retention | None
    remote: RemoteHolds | None
    #: the stages that were asked for; empty for all
    selected: tuple[str, ...]
    #: the oldest commit that brought something, as a day
    since: str
    #: seconds since 1970
    now: float


class Asked(NamedTuple):
    """What a user wants to know, and what was found out for it."""

    reach: Reach
    now: float
    providers: tuple[Provider, ...]
    cache: Listing | None
    retention: Retention | None = None
    remote: RemoteHolds | None = None
    selected: tuple[str, ...] = ()


def summary(
    graph: Graph, count: Count, listings: Listings, asked: Asked, copies: list[Copy], found: list[Intermediate]
) -> Cost:
    """Put the numbers together. `found` are results that can be made again."""
    pushed = count.pushed()
    stored = count.stored
    pushed_size = sum(stored[key].size for key in pushed if key in stored)
    rows = sorted((_row(count, output, listings, asked.now) for output in count.outputs.values()), key=_order)
    by_path = {row.output.path: row for row in rows}
    present = _present(graph)
    newest = [next(reversed(row.output.contents)) for row in rows if row.output.path in present]
    current = count.units_of(newest) & pushed
    current_size = sum(stored[key].size for key in current if key in stored)
    pushed_pace = pace(count, asked.now, [key for key, content in count.contents.items() if content.is_pushed])
    prices = _Amounts(pushed_size, pushed_pace, current_size, len(current), len(pushed))
    return Cost(
        asked.reach,
        count,
        count.total,
        pushed_size,
        len(pushed),
        rows,
        _makers(count, rows, asked.now),
        months(count, asked.now),
        pace(count, asked.now),
        pushed_pace,
        additions(count),
        _twins(count, listings),
        copies,
        sorted(
            (Remake(each, by_path[each.out.path].size) for each in found if each.out.path in by_path),
            key=lambda each: (-each.size, each.found.out.path),
        ),
        current_size,
        len(current),
        tuple(_bill(provider, prices) for provider in asked.providers),
        asked.cache,
        asked.retention,
        asked.remote,
        asked.selected,
        day_of(count.began) if count.stored else "",
        asked.now,
    )


def _order(row: Row) -> tuple[int, str]:
    return -row.size, row.output.path


def _present(graph: Graph) -> set[str]:
    """The outputs that the project has now."""
    found = {out.path for stage in graph.index.stages for out in stage.outs}
    return found | {out.path for file in graph.index.tracked_files for out in file.outs}


def _row(count: Count, output: Output, listings: Listings, now: float) -> Row:
    contents = list(output.contents.values())
    newest = contents[-1]
    folders = [content.key for content in contents if content.key.is_folder]
    lists = [files for key in folders if (files := listings.files_of(key)) is not None and len(files) >= _MIN_FILES]
    return Row(
        output,
        len(contents),
        count.size_of(output.contents),
        count.size_of([newest.key]),
        pace(count, now, output.contents),
        day_of(min(content.time for content in contents)),
        day_of(max(content.time for content in contents)),
        any(content.is_pushed for content in contents),
        any(key in count.unexpanded for key in folders),
        len(lists) >= _MIN_VERSIONS and have_nothing_in_common(lists),
    )


def _makers(count: Count, rows: list[Row], now: float) -> list[Maker]:
    """By size, the largest first."""
    by_address: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_address[row.output.address].append(row)
    found = []
    for address, own in by_address.items():
        keys = dict.fromkeys(key for row in own for key in row.output.contents)
        versions = sum(row.versions for row in own)
        found.append(Maker(address, len(own), versions, count.size_of(keys), pace(count, now, keys)))
    return sorted(found, key=lambda each: (-each.size, each.address))


def _twins(count: Count, listings: Listings) -> list[Twin]:
    """Contents under several paths, also inside of folders: of each output only the last version."""
    paths: dict[Key, dict[str, None]] = defaultdict(dict)
    for output in count.outputs.values():
        key = next(reversed(output.contents))
        paths[key][output.path] = None
        files = listings.files_of(key) if key.is_folder else None
        for name, md5 in (files or {}).items():
            paths[Key(md5, key.legacy)][f"{output.path}/{name}"] = None
    stored = count.stored
    found = [
        Twin(key, count.size_of([key]) if key in count.contents else stored[key].size, tuple(named))
        for key, named in paths.items()
        if len(named) > 1 and key in stored
    ]
    return sorted(
        (each for each in found if each.size), key=lambda each: (-each.size * (len(each.paths) - 1), each.paths)
    )


class _Amounts(NamedTuple):
    size: int
    pace: Pace
    current: int
    current_objects: int
    objects: int


def _bill(provider: Provider, amounts: _Amounts) -> Bill:
    found = []
    share = amounts.pace.a_month / amounts.size if amounts.size else 0.0
    for each in provider.classes:
        unit = provider.unit
        months_to_come = [amounts.size + number * amounts.pace.a_month for number in range(1, 13)]
        found.append(
            ClassPrice(
                each,
                per_month(amounts.size, each, unit),
                per_month(int(amounts.pace.in_a_year(amounts.size)), each, unit),
                sum(per_month(int(size), each, unit) for size in months_to_come),
                of_download(amounts.current, amounts.current_objects, each, unit),
                of_upload(round(amounts.objects * share), each),
            )
        )
    return Bill(provider, tuple(found))


def day_of(moment: float) -> str:
    """The day of a moment in UTC. A commit may claim any time."""
    try:
        return datetime.fromtimestamp(moment, timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "?"
