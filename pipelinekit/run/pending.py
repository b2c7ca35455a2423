"""What could not be logged, kept in the project until it can be; and the runs that are open at the moment.

All of it lies in `.dvc/tmp`, which git ignores, as JSON that is replaced as a whole; changes of what is open follow it
line by line.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.project.writing import WriteError, replace_file
from pipelinekit.run.alive import is_alive
from pipelinekit.run.commit_log import OfflineRun, OpenRuns
from pipelinekit.run.commit_record import CommitRecord, record_from_json
from pipelinekit.run.tracking_settings import FOLDER

_PENDING = "pending"
_JOURNAL = "open.json"
_OFFLINE = "offline"


class Pending(NamedTuple):
    """A record that waits for a server."""

    path: str
    uri: str
    experiment: str
    #: why it could not be logged
    reason: str
    record: CommitRecord
    open_runs: OpenRuns
    #: when it was kept, in milliseconds since 1970
    kept: int


class Journal(NamedTuple):
    """The runs that a program has open."""

    uri: str
    experiment: str
    process: int
    open_runs: OpenRuns


def folder_of_state(root: str) -> str:
    """Where all of it lies, absolute."""
    return os.path.join(root, FOLDER)


def offline_uri(root: str) -> str:
    """The store that stands in for a server that is gone."""
    from pathlib import Path

    return Path(os.path.abspath(os.path.join(folder_of_state(root), _OFFLINE))).as_uri()


# --- what waits ----------------------------------------------------------------------------------------------


def keep(root: str, pending: Pending) -> str:
    """Write what is to be logged later; the path of the file. Raises WriteError.

    Results that are kept already are not kept twice, unless there are runs that belong to just these.
    """
    commit = pending.record.provenance.commit[:12] or "no-commit"
    name = f"{commit}-{pending.record.key[:12]}"
    if pending.open_runs != OpenRuns():
        name += f"-{pending.kept}"
    path = pending.path or os.path.join(folder_of_state(root), _PENDING, f"{name}.json")
    data = {
        "version": 1,
        "uri": pending.uri,
        "experiment": pending.experiment,
        "reason": pending.reason,
        "kept": pending.kept,
        "open": _open_data(pending.open_runs),
        "record": pending.record,
    }
    replace_file(path, json.dumps(data, ensure_ascii=False))
    return path


def waiting(root: str) -> Iterator[Pending]:
    """What waits, oldest first. A file that can't be read is passed over."""
    folder = os.path.join(folder_of_state(root), _PENDING)
    found: list[Pending] = []
    for name in sorted(_names(folder)):
        if not name.endswith(".json"):
            continue
        path = os.path.join(folder, name)
        data = _read(path)
        try:
            record = record_from_json(json.dumps(data["record"]))
            found.append(
                Pending(
                    path,
                    data["uri"],
                    data["experiment"],
                    data["reason"],
                    record,
                    _open_from(data["open"]),
                    int(data.get("kept", record.time)),
                )
            )
        except (KeyError, TypeError, ValueError):
            continue
    yield from sorted(found, key=lambda pending: pending.kept)


def forget(pending: Pending) -> None:
    """It is logged."""
    _remove(pending.path)


# --- what is open --------------------------------------------------------------------------------------------


def write_journal(root: str, journal: Journal) -> None:
    """Note which runs are open, so that whoever comes after a crash can close them."""
    data = {"version": 1, "uri": journal.uri, "experiment": journal.experiment, "process": journal.process}
    try:
        replace_file(
            os.path.join(folder_of_state(root), _JOURNAL), json.dumps({**data, "open": _open_data(journal.open_runs)})
        )
    except WriteError:
        return  # it only helps after a crash


def note_offline(root: str, run: OfflineRun, before: str) -> None:
    """Add a stage that has no server to the journal, or what became of it: thousands of stages may come."""
    _append(root, {"offline": run._asdict(), "before": before})


def note_forgotten(root: str, run: OfflineRun) -> None:
    """A stage in the journal had nothing to do."""
    _append(root, {"forgotten": run.id})


def _append(root: str, change: dict[str, Any]) -> None:
    try:
        with open(os.path.join(folder_of_state(root), _JOURNAL), "a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(change, ensure_ascii=False))
    except OSError:
        return  # it only helps after a crash


def read_journal(root: str) -> Journal | None:
    """The runs that a program before left open; None if there are none, or if that program still works."""
    first, *changes = [*_lines(os.path.join(folder_of_state(root), _JOURNAL))] or [None]
    try:
        journal = Journal(first["uri"], first["experiment"], int(first["process"]), _open_from(first["open"]))
        offline = {run.id: run for run in journal.open_runs.offline}
        before = dict(journal.open_runs.before)
        for change in changes:
            if "offline" in change:
                run = OfflineRun(**change["offline"])
                offline[run.id], before[run.address] = run, change["before"]
            else:
                offline.pop(change["forgotten"], None)
    except (KeyError, TypeError, ValueError):
        return None
    if journal.process != os.getpid() and is_alive(journal.process):
        return None
    return journal._replace(open_runs=journal.open_runs._replace(offline=tuple(offline.values()), before=before))


def clear_journal(root: str) -> None:
    """Nothing is open."""
    _remove(os.path.join(folder_of_state(root), _JOURNAL))


_MAPS = ("children", "before", "ended")


def _open_data(runs: OpenRuns) -> dict[str, Any]:
    maps = {name: dict(getattr(runs, name)) for name in _MAPS}
    offline = [run._asdict() for run in runs.offline]
    return {"parent": runs.parent, **maps, "offline": offline, "status": runs.status}


def _open_from(data: Any) -> OpenRuns:
    parent = data.get("parent")
    maps = {name: dict(data[name]) for name in _MAPS}
    offline = tuple(OfflineRun(**run) for run in data["offline"])
    return OpenRuns(parent if isinstance(parent, str) else None, **maps, offline=offline, status=data["status"])


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _lines(path: str) -> Iterator[Any]:
    """What the lines of a file hold, up to one that was not written to its end."""
    with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _read(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
