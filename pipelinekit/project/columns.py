"""The columns of a table, as DVC's plots see them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

#: Of a larger JSON file nobody draws a plot.
MAX_BYTES = 8 * 1024 * 1024


def columns_of(path: str, text: str, *, header: bool = True) -> list[str] | None:
    """The columns of a CSV, TSV or JSON file, by its name; None if DVC finds no table in it, or for other files."""
    if path.endswith((".csv", ".tsv")):
        return _columns_of_lines(text, "\t" if path.endswith(".tsv") else ",", header)
    if path.endswith(".json") and len(text) <= MAX_BYTES:
        import json

        try:
            return _columns_of_data(json.loads(text))
        except (ValueError, RecursionError):
            return None
    return None


def _columns_of_lines(text: str, delimiter: str, header: bool) -> list[str] | None:
    import csv

    lines = text[:MAX_BYTES].splitlines(keepends=True)
    try:
        # without a header DVC counts the columns by commas, whatever the file has
        rows = list(islice(csv.reader(lines, delimiter=delimiter if header else ","), 2))
    except csv.Error:
        return None
    rows = [row for row in rows if row]
    if len(rows) < 2:
        return None  # a table without a line says nothing
    return rows[0] if header else [str(number) for number in range(len(rows[0]))]


def _columns_of_data(data: Any) -> list[str] | None:
    """The keys of the first entry of every list of mappings, as far down as mappings go."""
    found: dict[str, None] = {}
    for entries in _lists(data):
        if not entries or not all(isinstance(entry, dict) for entry in entries):
            continue
        if {key for entry in entries for key in entry} == set(entries[0]):
            found.update(dict.fromkeys(entries[0]))
    return list(found) or None


def _lists(data: Any) -> Iterator[list[Any]]:
    if isinstance(data, list):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            if isinstance(value, (dict, list)):
                yield from _lists(value)
