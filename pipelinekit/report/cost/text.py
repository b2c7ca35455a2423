"""The report of `cost` for people: what fills the storage, what it costs, what could go."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from pipelinekit.project.collect import DVC_YAML
from pipelinekit.report.cost.notes import many, notes
from pipelinekit.report.cost.summary import Bill, ClassPrice, Cost, RemoteHolds, Row, day_of
from pipelinekit.report.escape import printable
from pipelinekit.report.units import readable_cost, readable_size, readable_time
from pipelinekit.storage.commits import Reach
from pipelinekit.storage.count import UNCOMMITTED
from pipelinekit.storage.prices import per_month

#: Months, commits and other things that are shown.
MONTHS, OTHERS = 12, 5
_REACH: dict[Reach, str] = {
    "head": "the branch that is checked out",
    "branches": "all branches",
    "tags": "this branch and all tags",
    "all": "all branches and tags",
}


def text_lines(cost: Cost, *, width: int, limit: int) -> Iterator[str]:
    """The report; of outputs the `limit` largest (0: all)."""
    width = max(width, 40)
    yield from _head(cost, width)
    if cost.rows:
        yield ""
        yield from _outputs(cost, width, limit)
    for title, lines in (
        ("By stage", _makers(cost, width, limit)),
        ("Growth", _growth(cost, width)),
        ("What the largest commits brought", _commits(cost, width)),
        ("A month's price", _bills(cost, width)),
        ("The same content under several paths", _twins(cost, width)),
        ("Results that can be made again", _remakes(cost, width)),
        ("Old versions", _retention(cost, width)),
        ("The remote", _remote(cost.remote, width)),
    ):
        listed = list(lines)
        if listed:
            yield ""
            yield title
            yield from listed
    said = list(notes(cost))
    if said:
        yield ""
    for note in said:
        yield from textwrap.wrap(printable(note), width, subsequent_indent="  ", break_on_hyphens=False)


def _head(cost: Cost, width: int) -> Iterator[str]:
    found = cost.counted
    of = f" of {', '.join(cost.selected)}" if cost.selected else ""
    if not found.has_history:
        where = "named by the files that are here; there is no git history"
    else:
        where = f"named by {many(found.commits, 'commit')} of {_REACH[cost.reach]}"
        where += f" since {cost.since}" if cost.since else ""
    text = f"{readable_size(cost.total)} in {many(len(found.stored), 'object')}{of}, {where}."
    if cost.pushed != cost.total:
        text += f" {readable_size(cost.pushed)} of it is pushed."
    if cost.cache is not None:
        held = sum(size for key, size in cost.cache.sizes.items() if key in found.stored)
        other = cost.cache.total - held
        text += f" The cache here holds {readable_size(held)} of it"
        text += f", and {readable_size(other)} that it does not name." if other else "."
    yield from textwrap.wrap(printable(text), width, break_on_hyphens=False)


# --- tables -------------------------------------------------------------------------------------------------------


def table(rows: Sequence[Sequence[str]], width: int, numbers: frozenset[int]) -> Iterator[str]:
    """Columns of texts; `numbers` are set to the right. Where there is no room texts give way, the first one last."""
    safe = [[printable(cell) for cell in row] for row in rows]
    sizes = [max(len(row[place]) for row in safe) for place in range(len(safe[0]))]
    over = sum(sizes) + 2 * len(sizes) - width
    for place in [*(place for place in range(1, len(sizes)) if place not in numbers), 0]:
        less = min(max(over, 0), max(sizes[place] - 14, 0))
        sizes[place] -= less
        over -= less
    for row in safe:
        cells = [
            _fitted(cell, size).rjust(size) if place in numbers else _fitted(cell, size).ljust(size)
            for place, (cell, size) in enumerate(zip(row, sizes, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _fitted(text: str, size: int) -> str:
    """A text without its middle, if it is too long: what tells paths apart is at both ends."""
    if len(text) <= size:
        return text
    head = (size - 1) // 2
    return f"{text[:head]}…{text[len(text) - (size - 1 - head) :]}"


def _outputs(cost: Cost, width: int, limit: int) -> Iterator[str]:
    shown = cost.rows[:limit] if limit else cost.rows
    rows = [["output", "from", "versions", "bytes", "share", "a month"]]
    total = max(cost.total, 1)
    rows += [
        [
            row.output.path + ("" if row.is_pushed else " (not pushed)"),
            _maker(row),
            f"{row.versions:,}",
            ("≤ " if row.is_upper_bound else "") + readable_size(row.size),
            f"{row.size / total:.0%}",
            f"+{readable_size(round(row.pace.a_month))}" if row.pace.a_month else "-",
        ]
        for row in shown
    ]
    yield from table(rows, width, frozenset({2, 3, 4, 5}))
    hidden = cost.rows[len(shown) :]
    if hidden:
        size = cost.counted.size_of(key for row in hidden for key in row.output.contents)
        yield f"  and {many(len(hidden), 'more output')}: {readable_size(size)} (--limit 0 shows all)"


def _maker(row: Row) -> str:
    output = row.output
    if output.stage is None:
        return output.file.rpartition("/")[2]
    return output.stage


def _makers(cost: Cost, width: int, limit: int) -> Iterator[str]:
    """Said only where it says more than the table of outputs."""
    if all(each.outputs == 1 for each in cost.makers) or len(cost.makers) < 2:
        return
    shown = cost.makers[:limit] if limit else cost.makers
    rows = [["from", "outputs", "versions", "bytes", "share", "a month"]]
    rows += [
        [
            each.address.removeprefix(f"{DVC_YAML}:"),
            f"{each.outputs:,}",
            f"{each.versions:,}",
            readable_size(each.size),
            f"{each.size / max(cost.total, 1):.0%}",
            f"+{readable_size(round(each.pace.a_month))}" if each.pace.a_month else "-",
        ]
        for each in shown
    ]
    yield from table(rows, width, frozenset({1, 2, 3, 4, 5}))
    if len(cost.makers) > len(shown):
        yield f"  and {len(cost.makers) - len(shown):,} more"


def _growth(cost: Cost, width: int) -> Iterator[str]:
    if not cost.months:
        return
    shown = cost.months[-MONTHS:]
    most = max(month.added for month in shown)
    if not most:
        newest = next(month.name for month in reversed(cost.months) if month.added or month is cost.months[0])
        yield f"  Nothing was added since {newest}."
        return
    room = max(width - 46, 10)
    for month in shown:
        bar = "#" * round(month.added / most * room)
        total = readable_size(month.total)
        yield f"  {month.name}  {'+' + readable_size(month.added):>9}  {total:>9} in all  {bar}".rstrip()
    a_year = readable_size(round(cost.pace.in_a_year(cost.total)))
    over = f"the last {cost.pace.months:.0f} months" if cost.pace.months >= 1.5 else "the last month"
    yield f"  At the pace of {over} there will be {a_year} in a year."


def _commits(cost: Cost, width: int) -> Iterator[str]:
    if len(cost.additions) < 2:
        return
    rows = []
    for each in cost.additions[:OTHERS]:
        commit = each.content.commit[:8] if each.content.commit != UNCOMMITTED else "(here)"
        subject = each.content.subject or "not committed"
        rows.append([subject, commit, day_of(each.content.time), readable_size(each.size), f"{each.objects:,}"])
    rows.insert(0, ["subject", "commit", "day", "bytes", "objects"])
    yield from table(rows, width, frozenset({3, 4}))


def _bills(cost: Cost, width: int) -> Iterator[str]:
    if not cost.pushed:
        return
    currencies = {bill.provider.currency for bill in cost.bills}
    rows = [[", ".join(sorted(currencies)), "now", "in a year", "next 12 months", "one pull"]]
    for bill in cost.bills:
        suffix = f", {bill.provider.currency}" if len(currencies) > 1 else ""
        rows += [_class(bill, each, suffix) for each in bill.classes]
    yield from table(rows, width, frozenset({1, 2, 3, 4}))
    if any(not each.storage_class.is_instant for bill in cost.bills for each in bill.classes):
        yield "  * must be restored for hours before DVC can read it"
    pull = f"{readable_size(cost.current)} in {many(cost.current_objects, 'object')}"
    text = f"Storage of the {readable_size(cost.pushed)} that is pushed; 'one pull' fetches what is here now, over the "
    yield from _wrapped(f"{text}internet: {pull}.", width)
    for bill in cost.bills:
        provider = bill.provider
        where = f", {provider.region}" if provider.region else ""
        dated = f", as of {provider.date}" if provider.date else ""
        yield from _wrapped(f"{provider.title}{where}: list prices by {provider.source}{dated}", width)


def _class(bill: Bill, price: ClassPrice, suffix: str) -> list[str]:
    name = f"{bill.provider.short} {price.storage_class.name}".rstrip()
    slow = "" if price.storage_class.is_instant else " *"
    amounts = (price.now, price.in_a_year, price.next_year, price.fetch)
    return [f"{name}{suffix}{slow}", *map(_amount, amounts)]


def _amount(amount: float | None) -> str:
    if amount is None:
        return "-"
    return "<0.001" if 0 < amount < 0.0005 else readable_cost(amount, "")


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        printable(text), width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def _twins(cost: Cost, width: int) -> Iterator[str]:
    for each in cost.twins[:OTHERS]:
        names = ", ".join(each.paths[:3]) + (f" and {len(each.paths) - 3} more" if len(each.paths) > 3 else "")
        yield from textwrap.wrap(
            f"{readable_size(each.size)}: {printable(names)}",
            width,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    if len(cost.twins) > OTHERS:
        yield f"  and {len(cost.twins) - OTHERS:,} more"
    if cost.twins:
        yield from _wrapped("The storage has each once; every workspace has a copy for each path.", width)


def _remakes(cost: Cost, width: int) -> Iterator[str]:
    if not cost.remakes:
        return
    rows = [["output", "stage", "bytes", "made in"]]
    rows += [
        [each.found.out.path, each.found.stage.name, readable_size(each.size), readable_time(each.found.took.seconds)]
        for each in cost.remakes[:OTHERS]
    ]
    yield from table(rows, width, frozenset({2, 3}))
    yield from _wrapped("With 'push: false' the remote would not keep them; who needs one runs its stage.", width)


def _retention(cost: Cost, width: int) -> Iterator[str]:
    retention = cost.retention
    if retention is None:
        return
    named = retention.named
    kept = f"what {many(retention.kept.commits, 'commit')} and the files here name"
    kept = kept if retention.kept.commits else "only what the files here name"
    yield from _wrapped(
        f"Keeping {kept} would free {readable_size(named.size)} "
        f"({many(named.objects, 'object')}) of what the history names and pushes{_saved(cost, named.size)}.",
        width,
    )
    if retention.cache is not None:
        size, objects = readable_size(retention.cache.size), many(retention.cache.objects, "object")
        yield from _command(f"In the cache here {size} ({objects}):", retention.command)
    if retention.remote is not None:
        size, objects = readable_size(retention.remote.size), many(retention.remote.objects, "object")
        yield from _command(f"In the remote {size} ({objects}), and in the cache:", retention.cloud_command)
    else:
        yield from _command("In the cache and in the remote:", retention.cloud_command)
    text = (
        "Nothing was removed. What dvc gc removes is gone for every branch, tag and project that the rule leaves out."
    )
    yield from _wrapped(text, width)


def _saved(cost: Cost, size: int) -> str:
    """What that much less costs in a month, by the first price that is shown."""
    if not cost.bills or not size:
        return ""
    bill = cost.bills[0]
    price = bill.classes[0]
    less = price.now - per_month(max(cost.pushed - size, 0), price.storage_class, bill.provider.unit)
    name = f"{bill.provider.short} {price.storage_class.name}".rstrip()
    return f": {readable_cost(less, bill.provider.currency)} a month at {name}"


def _command(what: str, command: str) -> Iterator[str]:
    yield f"  {what}"
    yield f"    {printable(command)}"


def _remote(remote: RemoteHolds | None, width: int) -> Iterator[str]:
    if remote is None:
        return
    listing, found = remote.listing, remote.compared
    objects = many(len(listing.sizes), "object")
    texts = [f"{remote.address.name} ({remote.address.url}) holds {readable_size(listing.total)} in {objects}."]
    if found.orphans:
        size = readable_size(sum(found.orphans.values()))
        texts.append(
            f"{many(len(found.orphans), 'object')} ({size}) {'is' if len(found.orphans) == 1 else 'are'} named by "
            "no commit of any branch or tag here: from other projects, from branches that are gone, or never committed."
        )
    if found.missing:
        texts.append(
            f"{many(len(found.missing), 'object')} that the history names and pushes "
            f"{'is' if len(found.missing) == 1 else 'are'} not there: never pushed, or removed. "
            "--format json lists them."
        )
    if not found.orphans and not found.missing:
        texts.append("It has all that the history names, and nothing else.")
    if listing.run_cache:
        texts.append(f"Its run cache takes {readable_size(listing.run_cache)}.")
    for text in texts:
        yield from _wrapped(text, width)
