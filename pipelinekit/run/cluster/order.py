"""What passes between a run and its workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipelinekit.run.outcome import Outcome


class Order(NamedTuple):
    """A stage to run, with what its clone has neither from git nor from the remote. Paths are the project's."""

    #: which snapshot it is of
    station: str
    address: str
    name: str
    #: the `dvc.lock` that has its entry
    lock: str
    #: files to write before: locks with just the entries that count here, `.dvc` files; None for one to remove
    texts: Mapping[str, str | None]
    #: folders that are here, and that git does not keep if they are empty
    folders: Sequence[str]
    #: contents of inputs that no remote has, as tar
    carried: Mapping[str, bytes]
    #: inputs to pull
    pulls: Sequence[str]
    #: outputs whose contents are to be returned
    returns: Sequence[str]
    #: the `.gitignore` files that DVC may add an output to
    ignore_files: Sequence[str]
    repro_flags: Sequence[str]
    push_flags: Sequence[str]
    #: added to that of the worker
    environment: Mapping[str, str]


class Report(NamedTuple):
    """What came of it."""

    outcome: Outcome
    status: int = 0
    seconds: float = 0.0
    last_lines: tuple[str, ...] = ()
    log: bytes = b""
    #: its entry in `dvc.lock`, as DVC wrote it
    entry: str | None = None
    returned: Mapping[str, bytes] = {}
    #: lines that DVC added, by `.gitignore`
    ignored: Mapping[str, Sequence[str]] = {}
    #: why the worker could not run it, or could not hand on what it made; empty if that was not the reason
    problem: str = ""
    #: the address of the worker
    worker: str = ""
