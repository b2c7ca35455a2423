"""Keeps the stages of `dvc.lock` in the order in which a serial `dvc repro` would have written them.

DVC appends a stage when it has finished for the first time, so that stages that ran side by side stand in the order
in which they happened to end. Entries that were there keep their places; nothing but the order is changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from pipelinekit.freshness.records import lock_path, lock_paths
from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.project.disk import text_if_any
from pipelinekit.project.writing import Write, WriteError, write_files
from pipelinekit.resolve.stage import Stage

# the parts of a lock: what stands before the stages, the stages, what stands behind them
_STAGES = re.compile(r"(?P<head>(?:.*\n)*?stages:\n)(?P<stages>(?:(?: .*)?\n)*)(?P<tail>(?:[^ \n](?s:.*))?)")
_ENTRY = re.compile(r"^  (?=\S)", re.MULTILINE)
_NAME = re.compile(r"  (?:'((?:[^'\n]|'')*)'|\"([^\"\\\n]*)\"|([^\s'\"?#&*!|>%@`{}\[\]-][^\n]*?)):(?: |\n)")


def names_in_locks(graph: Graph) -> dict[str, list[str]]:
    """The names of the stages in each lock that is there, in order, by the path of the lock."""
    root = graph.index.project.root
    found: dict[str, list[str]] = {}
    for path in lock_paths(graph):
        text = text_if_any(os.path.join(root, path))
        parts = _parts(text) if text is not None else None
        found[path] = list(parts[1]) if parts is not None else []
    return found


def restore_order(graph: Graph, before: Mapping[str, list[str]], serial: Iterable[GraphNode]) -> list[str]:
    """Put the entries in order, in every lock where they are in another one. Returns what could not be written.

    `before` is what `names_in_locks` gave before the run, `serial` what takes part as DVC would go through it.
    """
    root = graph.index.project.root
    new: dict[str, list[str]] = {}
    for node in serial:
        if isinstance(node, Stage):
            new.setdefault(lock_path(node.file, root), []).append(node.name)
    problems: list[str] = []
    for path, names in new.items():
        absolute = os.path.join(root, path)
        text = text_if_any(absolute)
        ordered = in_order(text, [*before.get(path, ()), *names]) if text is not None else None
        if text is not None and ordered is not None and ordered != text:
            try:
                write_files([Write(absolute, ordered, text)])
            except WriteError as error:
                problems.append(str(error))
    return problems


def in_order(text: str, names: Iterable[str]) -> str | None:
    """A lock with its entries as in `names`, others behind them as they are; None if its form is not DVC's."""
    parts = _parts(text)
    if parts is None:
        return None
    head, entries, tail = parts
    wanted = [name for name in dict.fromkeys(names) if name in entries]
    wanted += [name for name in entries if name not in set(wanted)]
    return head + "".join(entries[name] for name in wanted) + tail


def with_entry(text: str | None, name: str, entry: str) -> str | None:
    """A lock with an entry, as DVC wrote it into another one, in its place or at the end.

    `text` is None for a lock that is not there yet. None if its form is not DVC's.
    """
    if text is None:
        return f"schema: '2.0'\nstages:\n{entry}"
    if text == "schema: '2.0'\n":
        return f"{text}stages:\n{entry}"
    parts = _parts(text)
    if parts is None:
        return None
    head, entries, tail = parts
    return head + "".join({**entries, name: entry}.values()) + tail


def entries_of(text: str, names: Iterable[str]) -> str | None:
    """A lock with only some of its entries; None if its form is not DVC's."""
    parts = _parts(text)
    if parts is None:
        return None
    head, entries, tail = parts
    wanted = "".join(entries[name] for name in names if name in entries)
    # DVC refuses a section of which nothing is left
    return (head if wanted else head.removesuffix("stages:\n")) + wanted + tail


def entry_of(text: str, name: str) -> str | None:
    """The text of one entry; None if there is none."""
    parts = _parts(text)
    return parts[1].get(name) if parts is not None else None


def _parts(text: str) -> tuple[str, dict[str, str], str] | None:
    match = _STAGES.fullmatch(text)
    if match is None:
        return None
    block = match["stages"]
    starts = [found.start() for found in _ENTRY.finditer(block)]
    if not starts or starts[0] != 0:
        return None
    entries: dict[str, str] = {}
    for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
        part = block[start:end]
        name = _NAME.match(part)
        if name is None:
            return None
        quoted, double, plain = name.groups()
        key = quoted.replace("''", "'") if quoted is not None else double if double is not None else plain
        if key in entries or not part.endswith("\n"):
            return None
        entries[key] = part
    return match["head"], entries, match["tail"]
