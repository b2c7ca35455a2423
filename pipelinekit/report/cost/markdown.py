"""The report of `cost` as Markdown: tables for a page or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipelinekit.report.cost.notes import many, notes
from pipelinekit.report.cost.summary import Bill, Cost
from pipelinekit.report.escape import printable
from pipelinekit.report.units import readable_cost, readable_size, readable_time

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&$!@])")
MONTHS = 12


def markdown_lines(cost: Cost, *, limit: int) -> Iterator[str]:
    """The report; of outputs the `limit` largest (0: all)."""
    yield "# What the data of this pipeline takes"
    yield ""
    yield (
        f"{readable_size(cost.total)} in {many(len(cost.counted.stored), 'object')}, named by "
        f"{many(cost.counted.commits, 'commit')}" + (f" since {cost.since}." if cost.since else ".")
    )
    shown = cost.rows[:limit] if limit else cost.rows
    if shown:
        rows = [
            [
                _cell(row.output.path),
                _cell(row.output.address),
                f"{row.versions:,}",
                ("≤ " if row.is_upper_bound else "") + readable_size(row.size),
                f"{row.size / max(cost.total, 1):.0%}",
                readable_size(round(row.pace.a_month)),
            ]
            for row in shown
        ]
        yield from _table(["output", "from", "versions", "bytes", "share", "a month"], rows, left=2)
        if len(cost.rows) > len(shown):
            yield ""
            yield f"And {many(len(cost.rows) - len(shown), 'more output')}."
    if cost.months:
        rows = [[month.name, readable_size(month.added), readable_size(month.total)] for month in cost.months[-MONTHS:]]
        yield from _table(["month", "added", "in all"], rows, left=1)
    for bill in cost.bills if cost.pushed else ():
        yield from _bill(bill)
    if cost.remakes:
        rows = [
            [
                _cell(each.found.out.path),
                _cell(each.found.stage.address),
                readable_size(each.size),
                readable_time(each.found.took.seconds),
            ]
            for each in cost.remakes
        ]
        yield from _table(["can be made again", "stage", "bytes", "in"], rows, left=2)
    if cost.retention is not None:
        freed = cost.retention.named
        yield ""
        yield (
            f"`{cost.retention.cloud_command}` would free {readable_size(freed.size)} "
            f"({many(freed.objects, 'object')}) of what is pushed."
        )
    if cost.remote is not None:
        found = cost.remote.compared
        yield ""
        yield (
            f"The remote {_cell(cost.remote.address.name)} holds {readable_size(cost.remote.listing.total)}; "
            f"{many(len(found.orphans), 'object')} that nothing names, and "
            f"{many(len(found.missing), 'object')} missing."
        )
    for note in notes(cost):
        yield ""
        yield f"> {_cell(note)}"


def _bill(bill: Bill) -> Iterator[str]:
    provider = bill.provider
    currency = provider.currency
    rows = [
        [
            _cell(each.storage_class.name or provider.title),
            _cell(readable_cost(each.now, currency)),
            _cell(readable_cost(each.in_a_year, currency)),
            _cell(readable_cost(each.fetch, currency)) if each.fetch is not None else "",
        ]
        for each in bill.classes
    ]
    yield from _table([_cell(provider.title), "a month", "a month in a year", "one pull"], rows, left=1)
    dated = f", as of {provider.date}" if provider.date else ""
    where = f"{provider.region}, " if provider.region else ""
    yield ""
    yield _cell(f"List prices for {where}by {provider.source}{dated}.")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' if place < left else '--:' for place in range(len(head)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _cell(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", printable(text))
