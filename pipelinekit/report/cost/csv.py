"""The outputs of `cost` as a table for a spreadsheet: sizes in bytes, one line an output."""

from __future__ import annotations

import csv
import io

from pipelinekit.report.cost.summary import Cost
from pipelinekit.report.escape import printable

_HEAD = (
    "path",
    "from",
    "versions",
    "bytes",
    "latest_bytes",
    "bytes_a_month",
    "first",
    "last",
    "is_pushed",
    "is_upper_bound",
)
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@")


def csv_cost(cost: Cost) -> str:
    """The table, with a head."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEAD)
    for row in cost.rows:
        flags = ("yes" if flag else "no" for flag in (row.is_pushed, row.is_upper_bound))
        texts = (_path(row.output.path), _path(row.output.address))
        numbers = (row.versions, row.size, row.latest, round(row.pace.a_month))
        writer.writerow((*texts, *numbers, row.first, row.last, *flags))
    return stream.getvalue()


def _path(text: str) -> str:
    """A path that no spreadsheet computes."""
    safe = printable(text)
    return f"./{safe}" if safe.startswith(_FORMULA) else safe
