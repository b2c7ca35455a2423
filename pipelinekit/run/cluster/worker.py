"""The part of a run that is at work on a worker of dask: a station for each run, which has the clones.

What a worker needs: this package in the same version, git, and a `dvc` that can reach the project's remote.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, Queue
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from pipelinekit.run.children import Child, Guard, send
from pipelinekit.run.cluster.clone import Clone, CloneError
from pipelinekit.run.cluster.order import Order, Report
from pipelinekit.run.cluster.snapshot import Snapshot
from pipelinekit.run.dvc_program import NoDvcError, find_dvc
from pipelinekit.run.lock_order import entry_of
from pipelinekit.run.only_run import FOLDER
from pipelinekit.run.outcome import ACTED
from pipelinekit.run.processes import LoadedDvc, Starter, load_dvc

#: Bytes at the end of what a stage has said that are returned.
_MAX_LOG = 4 * 2**20
#: Lines that are told at once: all of them are in the log.
_MAX_LINES = 200
#: Seconds between two messages about one stage, and between two looks whether it is still wanted.
_PAUSE = 0.3
#: Signals, one after the other, that end what runs, and the seconds that it has before the next.
_STOPPING = ((signal.SIGINT, 5.0), (signal.SIGTERM, 5.0), (getattr(signal, "SIGKILL", signal.SIGTERM), 5.0))

#: Seconds that a loaded DVC waits for the next run.
_IDLE = 900.0

_stations: dict[str, Station] = {}
_in_use: dict[str, threading.Lock] = {}


class UnwantedError(Exception):
    """Nobody waits for the stage any more."""


class _LoadedDvcs:
    """The processes that have loaded DVC, for as long as runs follow each other: loading takes a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, LoadedDvc] = {}
        self._timer: threading.Timer | None = None

    def of(self, dvc: str) -> LoadedDvc | None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            known = self._loaded.get(dvc)
            if known is None or known.is_gone:
                known = load_dvc(dvc)
                if known is not None:
                    self._loaded[dvc] = known
            return known

    def no_longer_used(self) -> None:
        with self._lock:
            self._timer = threading.Timer(_IDLE, self._close)
            self._timer.daemon = True
            self._timer.start()

    def _close(self) -> None:
        with self._lock:
            for loaded in self._loaded.values():
                loaded.close()
            self._loaded.clear()


_loaded = _LoadedDvcs()


def dask_setup(worker: Worker) -> None:
    """Load DVC when a worker starts: `dask worker --preload pipelinekit.run.cluster.worker`."""
    with contextlib.suppress(NoDvcError):  # which a run says, if it needs one
        _loaded.of(find_dvc(os.getcwd()))


class Station(WorkerPlugin):
    """What a worker has for the runs of one project. It comes to each worker, also those that join later."""

    def __init__(self, name: str, snapshot: Snapshot, settings: str) -> None:
        self.name = name
        self._snapshot = snapshot
        self._settings = settings

    def setup(self, worker: Worker) -> None:
        """Keep a place ready, in the background: nothing that goes wrong here may keep the worker from working."""
        self._folder = os.path.join(worker.local_directory, "pipelinekit")
        self._guard = Guard(None)
        self._places: Queue[Place] = Queue()
        for number in range(worker.state.nthreads):
            folder = os.path.join(self._folder, f"{_plain(self.name)}-{number}")
            place = Place(folder, self._snapshot, self._settings, self._guard)
            threading.Thread(target=self._prepare, args=(place,), daemon=True).start()
        _stations[self.name] = self

    def _prepare(self, place: Place) -> None:
        place.prepare()
        self._places.put(place)

    def teardown(self, worker: Worker) -> None:
        if _stations.get(self.name) is self:
            del _stations[self.name]
        if not _stations:
            _loaded.no_longer_used()
        self._guard.close()

    @contextlib.contextmanager
    def place(self) -> Iterator[Place]:
        """One of its clones, as long as this is open."""
        place = self._places.get()
        try:
            with place.in_use:
                yield place
        finally:
            self._places.put(place)


class Place:
    """A clone, and a `dvc` that has been loaded for it."""

    def __init__(self, folder: str, snapshot: Snapshot, settings: str, guard: Guard) -> None:
        self._folder = folder
        self._snapshot = snapshot
        self._settings = settings
        self.guard = guard
        #: held while anything happens in the folder: a stage of an earlier run may just be coming to its end
        self.in_use = _in_use.setdefault(folder, threading.Lock())
        #: why stages can't be run in it; empty if they can
        self.problem = ""

    def prepare(self) -> None:
        with self.in_use:
            self._prepare()

    def _prepare(self) -> None:
        try:
            self.clone = Clone(self._folder, self._snapshot, self._settings)
            dvc = find_dvc(self.clone.root)
            self.starter = Starter(dvc, self.clone.root, _loaded.of(dvc))
        except (CloneError, NoDvcError, OSError) as error:
            self.problem = f"it can have no clone: {error}"


def _plain(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def perform(order: Order) -> Report:
    """Run a stage; called by dask, in a thread of the worker."""
    worker = get_worker()
    key = str(worker.get_current_task())
    return _report(order, worker, key)._replace(worker=worker.address)


def _report(order: Order, worker: Worker, key: str) -> Report:
    station = _stations.get(order.station)
    if station is None:
        return Report("failed", problem="the worker has no clone of the project")
    with station.place() as place:
        if place.problem:
            return Report("failed", problem=place.problem)
        attempt = _Attempt(order, place, worker, key)
        try:
            return attempt.go()
        except UnwantedError:
            return Report("interrupted")
        except OSError as error:
            return Report("failed", problem=f"{error.filename or 'the clone'}: {error.strerror or error}")
        finally:
            attempt.tell(state="gone")


def _added(order: Order) -> dict[str, str]:
    """What is added to the environment of the stage: without a store of MLflow that is a file of another machine."""
    uri = order.environment.get("MLFLOW_TRACKING_URI", "")
    scheme, _, path = uri.partition("://")
    path = path[1:] if scheme == "sqlite" else path
    if scheme in ("sqlite", "file") and not os.path.isdir(os.path.dirname(path)):
        return {name: value for name, value in order.environment.items() if not name.startswith("MLFLOW_")}
    return dict(order.environment)


class _Attempt:
    """A stage that is run once, on this worker."""

    def __init__(self, order: Order, place: Place, worker: Any, key: str) -> None:
        self._order = order
        self._place = place
        self._worker = worker
        self._key = key
        self._told = 0.0
        self._looked = 0.0
        self._untold: list[str] = []

    def tell(self, **message: Any) -> None:
        self._worker.log_event(self._order.station, {"key": self._key, **message})

    def go(self) -> Report:
        order, clone = self._order, self._place.clone
        self.tell(state="begun")
        clone.write(order.texts, order.folders, order.carried)
        if order.pulls:
            problem = self._move("pull", ["--quiet", "--force", "--allow-missing", "--", *order.pulls])
            if problem:
                return Report("failed", problem=f"what it reads could not be fetched: {problem}")
        before = {path: (clone.text(path) or "").splitlines() for path in order.ignore_files}
        child = self._dvc(["repro", "--single-item", *order.repro_flags, "--", order.address], self._hear)
        outcome = child.outcome
        entry = entry_of(clone.text(order.lock) or "", order.name) if outcome in ACTED else None
        if outcome in ACTED and entry is not None:
            problem = self._move("push", ["--quiet", *order.push_flags, "--", order.address])
            if problem:
                return Report("failed", problem=f"what it made could not be pushed: {problem}")
        return Report(
            outcome,
            child.status,
            child.seconds,
            tuple(child.last_lines),
            self._log(),
            entry,
            clone.contents(order.returns) if outcome in ACTED else {},
            {
                path: [line for line in (clone.text(path) or "").splitlines() if line not in lines]
                for path, lines in before.items()
            },
        )

    def _move(self, command: str, arguments: Sequence[str]) -> str:
        """Pull or push; what DVC had to say if that failed."""
        said: list[str] = []
        child = self._dvc([command, *arguments], said.extend)
        lines = [line for line in said if line.strip()]
        return (lines[-1] if lines else f"'dvc {command}' ended with {child.status}") if child.status else ""

    def _dvc(self, arguments: Sequence[str], hear: Callable[[list[str]], None]) -> Child[str]:
        """Run a command of DVC to its end. Raises UnwantedError if nobody waits for it any more."""
        environment = {"PYTHONUNBUFFERED": "1", **os.environ, **_added(self._order), "DVC_NO_ANALYTICS": "1"}
        process = self._place.starter.start(["--wait-for-lock", *arguments], environment)
        self._place.guard.watch(process.pid)
        heard: Queue[list[str] | None] = Queue(maxsize=1000)
        try:
            child = Child(
                self._order.address, process, self._log_of(arguments[0]), "", lambda _, lines: heard.put(lines)
            )
            while True:
                try:
                    lines = heard.get(timeout=_PAUSE)
                except Empty:
                    lines = []
                if lines is None:
                    return child
                hear(lines)
                self._pass_on()
                if not self._is_wanted():
                    self._end(child, heard)
                    raise UnwantedError
        finally:
            self._pass_on(at_once=True)
            self._place.guard.forget(process.pid)

    def _hear(self, lines: list[str]) -> None:
        self._untold += lines

    def _pass_on(self, *, at_once: bool = False) -> None:
        """Tell what the stage says, a few times a second."""
        if self._untold and (at_once or time.monotonic() - self._told > _PAUSE):
            self._told = time.monotonic()
            lines, self._untold = self._untold, []
            if len(lines) > _MAX_LINES:
                lines = [f"… {len(lines) - _MAX_LINES:,} lines", *lines[-_MAX_LINES:]]
            self.tell(state="said", lines=lines)

    def _is_wanted(self) -> bool:
        """Whether the run still waits: it takes its tasks back when it stops, and dask does so when it is killed."""
        if time.monotonic() - self._looked < _PAUSE:
            return True
        self._looked = time.monotonic()
        task = self._worker.state.tasks.get(self._key)
        return task is not None and task.state != "cancelled"

    def _end(self, child: Child[str], heard: Queue[list[str] | None]) -> None:
        for number, seconds in _STOPPING:
            until = time.monotonic() + seconds
            is_alive = send(child.group, number)
            while is_alive and time.monotonic() < until:
                with contextlib.suppress(Empty):
                    heard.get(timeout=0.1)
                is_alive = send(child.group, 0)
            if not is_alive:
                return

    def _log_of(self, command: str) -> str:
        folder = os.path.join(self._place.clone.root, FOLDER)
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, f"{command}.log")

    def _log(self) -> bytes:
        with open(self._log_of("repro"), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _MAX_LOG))
            return file.read()
