"""How long stages take, as past runs tell: a line of JSON for each run that came to its end.

The file lies in `.dvc/tmp`, which DVC keeps out of git, and may be deleted at any time. Several runs may write to
it at once. A project may name a second file, which a team commits or a CI server keeps.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from statistics import median
from typing import Any, NamedTuple

from pipelinekit.freshness.records import records, renamed_stages
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.settings import impact_settings
from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.locked import LockedStage
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Stage

DURATIONS = f"{DVC_FOLDER}/tmp/pipelinekit/durations.jsonl"
#: Runs of a stage that its duration is the median of: older ones tell of older data and machines.
NEWEST = 5
#: Bytes at the end of a file that are read: 80,000 runs.
MAX_BYTES = 16 * 1024 * 1024
#: Longer lines are not ours.
_MAX_LINE = 4096


class Run(NamedTuple):
    """A run of a stage that came to its end."""

    address: str
    #: of what the lock has recorded of it: command, dependencies, parameters
    key: str
    seconds: float
    cpu_seconds: float | None
    #: with time zone UTC; None if it is not known
    finished: datetime | None
    #: bytes of all outputs
    bytes_out: int | None


class Duration(NamedTuple):
    """How long a stage takes: the median of its newest runs."""

    seconds: float
    runs: int
    last: datetime | None
    #: whether these runs had the command, dependencies and parameters that the lock has now
    exact: bool


# --- reading ---------------------------------------------------------------------------------------------------


def durations(graph: Graph) -> dict[Stage, Duration]:
    """The durations of the stages that have ever been timed. Raises ConfigurationError. For `graph.derived`.

    Runs on the inputs of the lock count before all others of the stage. One that was renamed, or whose file was
    moved, is known by its inputs.
    """
    project = graph.index.project
    runs = read_runs(os.path.join(project.root, DURATIONS))
    shared = graph.derived(impact_settings).durations_path
    if shared is not None:
        runs = list(dict.fromkeys([*read_runs(shared), *runs]))
    return _of_runs(runs, graph)


def shared_durations(graph: Graph) -> dict[Stage, Duration]:
    """The same, from the file alone that git shares: in every clone it says the same. Raises ConfigurationError."""
    project = graph.index.project
    shared = graph.derived(impact_settings).durations_path
    if shared is None or project.git is None:
        return {}
    inner = os.path.relpath(shared, project.root).replace(os.sep, "/")
    return _of_runs(read_runs(shared), graph) if inner in project.git.tracked else {}


def _of_runs(runs: list[Run], graph: Graph) -> dict[Stage, Duration]:
    if not runs:
        return {}
    runs.sort(key=_age, reverse=True)
    by_address: dict[str, list[Run]] = defaultdict(list)
    by_key: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_address[run.address].append(run)
        by_key[run.key].append(run)
    recorded = graph.derived(records)
    renamed = graph.derived(renamed_stages)
    found: dict[Stage, Duration] = {}
    for stage in graph.index.stages:
        record = recorded.get(stage)
        locked = record.locked if record is not None else renamed[stage].locked if stage in renamed else None
        own = by_address.get(stage.address, [])
        same = by_key.get(run_key(locked), []) if locked is not None else []
        exact = [run for run in same if run.address == stage.address] or (same if not own else [])
        if exact or own:
            found[stage] = _duration((exact or own)[:NEWEST], exact=bool(exact))
    return found


def _duration(runs: list[Run], *, exact: bool) -> Duration:
    return Duration(median(run.seconds for run in runs), len(runs), runs[0].finished, exact)


def _age(run: Run) -> float:
    return run.finished.timestamp() if run.finished is not None else 0.0


def read_runs(path: str) -> list[Run]:
    """The runs in a file, in its order; none if there is no file. What is no run is passed over."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - MAX_BYTES)
            file.seek(start)
            data = file.read(MAX_BYTES)
    except OSError:
        return []
    lines = data.split(b"\n")
    if start:
        del lines[0]  # begins before what was read
    return [run for run in map(_run, lines) if run is not None]


def _run(line: bytes) -> Run | None:
    if not line.startswith(b"{") or len(line) > _MAX_LINE:
        return None
    try:
        data: dict[str, Any] = json.loads(line)
        address, key = data["address"], data["key"]
        seconds = _number(data["seconds"])
        finished = data.get("finished")
        when = _utc(datetime.fromisoformat(finished.replace("Z", "+00:00"))) if finished is not None else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    if not isinstance(address, str) or not isinstance(key, str) or seconds is None:
        return None
    size = _number(data.get("bytes_out"))
    return Run(address, key, seconds, _number(data.get("cpu_seconds")), when, int(size) if size is not None else None)


def _number(value: Any) -> float | None:
    """A number of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    number = float(value)
    return number if math.isfinite(number) and number >= 0 else None


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=timezone.utc) if when.tzinfo is None else when.astimezone(timezone.utc)


def run_key(locked: LockedStage) -> str:
    """What makes two runs comparable: the command, the dependencies with their MD5, the parameters with values."""
    deps = sorted((entry.path, entry.md5) for entry in locked.deps.values())
    told = [locked.cmd, deps, _sorted(locked.params)]
    text = json.dumps(told, default=str, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _sorted(value: Any) -> Any:
    """A value without the order of its keys, which may be of several types."""
    if isinstance(value, Mapping):
        return sorted(([str(key), _sorted(item)] for key, item in value.items()), key=lambda pair: str(pair[0]))
    return [_sorted(item) for item in value] if isinstance(value, (list, tuple)) else value


# --- writing ---------------------------------------------------------------------------------------------------


def record_run(
    project: Project,
    address: str,
    locked: LockedStage,
    seconds: float,
    *,
    cpu_seconds: float | None = None,
    finished: datetime | None = None,
) -> None:
    """Keep how long a run took; `locked` is what the lock has of the stage after it. Raises OSError.

    Does nothing in a folder without `.dvc`: there is no place that git ignores.
    """
    if not os.path.isdir(os.path.join(project.root, DVC_FOLDER)):
        return
    sizes = [entry.size for entry in locked.outs.values()]
    run = Run(
        address,
        run_key(locked),
        seconds,
        cpu_seconds,
        _utc(finished or datetime.now(timezone.utc)),
        sum(size or 0 for size in sizes) if None not in sizes else None,
    )
    path = os.path.join(project.root, DURATIONS)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with _locked(path) as descriptor:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        # what a killed process left of its line is ended first
        torn = size > 0 and _read_at(descriptor, size - 1, 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + _line(run))
        if size > MAX_BYTES // 2:
            _compact(path)


def _line(run: Run) -> bytes:
    told = run._asdict() | {"finished": run.finished.isoformat(timespec="seconds") if run.finished else None}
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode() + b"\n"


def _read_at(descriptor: int, offset: int, size: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, size)


@contextmanager
def _locked(path: str) -> Iterator[int]:
    """The file, open to append to, while nobody else writes to it or replaces it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(descriptor)
            if _is_still(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Wait for the file; where the system has no such locks, an append of one line is whole all the same."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_still(path: str, descriptor: int) -> bool:
    """Whether the open file is the one at the path: it may have been replaced while this process waited."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _compact(path: str) -> None:
    """Keep the newest runs of each stage, in half the space at most."""
    kept = list(_newest(read_runs(path)))
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.writelines(map(_line, kept))
        os.replace(temporary, path)
    except OSError:
        # the file only stays as long as it is
        if os.path.exists(temporary):
            os.unlink(temporary)


def _newest(runs: Iterable[Run]) -> list[Run]:
    """The newest runs of each stage, in their order, as many as fit."""
    counts: dict[str, int] = defaultdict(int)
    room = MAX_BYTES // 4
    kept: list[Run] = []
    for run in reversed(list(runs)):
        counts[run.address] += 1
        if counts[run.address] <= NEWEST:
            room -= len(_line(run))
            if room < 0:
                break
            kept.append(run)
    return kept[::-1]
