"""A cluster of dask as the machine of a run."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelinekit.freshness.causes import name_of
from pipelinekit.freshness.records import lock_path, lock_paths, records
from pipelinekit.graph.graph import Edge, GraphNode
from pipelinekit.project.disk import text_if_any
from pipelinekit.project.paths import folder_of, is_outside
from pipelinekit.project.writing import WriteError, replace_file
from pipelinekit.resolve.resources import ResourceError, amount, resources_of
from pipelinekit.resolve.stage import Dep, Out, Stage, TrackedFile
from pipelinekit.run.children import log_path
from pipelinekit.run.cluster.clone import unpack
from pipelinekit.run.cluster.made_elsewhere import MadeElsewhere
from pipelinekit.run.cluster.order import Order, Report
from pipelinekit.run.cluster.scheduler import WorkerInfo, workers_of
from pipelinekit.run.cluster.shared_remote import settings_for_workers
from pipelinekit.run.cluster.snapshot import lacking_files, take_snapshot
from pipelinekit.run.data_moves import move_data, targets_of
from pipelinekit.run.lock_order import entries_of, with_entry
from pipelinekit.run.machine import Begun, Ended, Event, Said, Task, Told
from pipelinekit.run.models import models_of
from pipelinekit.run.outcome import ACTED, Outcome, RunError
from pipelinekit.run.processes import cold_start
from pipelinekit.run.this_machine import ThisMachine, newest
from pipelinekit.run.work import Work

if TYPE_CHECKING:
    from distributed import Client, Future

#: Seconds between two looks at which workers there are.
_PAUSE = 1.0
#: Seconds that a scheduler may be gone before what runs is given up.
_PATIENCE = 30.0
#: Resources that count only where workers say that they have them: dask has no idea of the others' memory.
_OPTIONAL = ("cpu", "memory")
_GONE = "the scheduler is gone, or has dropped the stage"


class ClusterOptions(NamedTuple):
    """How stages are run on workers."""

    dvc: str
    force: bool = False
    pull: bool = False
    push_runs: bool = False
    #: stages side by side; 0 for as many as the workers have threads
    most: int = 0
    #: whether somebody wants to read metrics, plots and models as soon as a stage has ended
    has_observers: bool = False


class RemoteTask:
    """A stage on its way to a worker, or there."""

    def __init__(self, node: GraphNode, order: Order, rank: int, resources: dict[str, float]) -> None:
        self.node = node
        self.order = order
        self.rank = rank
        self.resources = resources
        self.log = log_path(node)
        self.where = ""
        self.has_begun = False
        #: of the attempt that counts
        self.future: Future[Report] | None = None
        #: why workers could not do it, by their addresses
        self.unable: dict[str, str] = {}
        self.report: Report | None = None
        self._started = time.monotonic()

    def begin(self, where: str) -> None:
        self.where = where
        self.has_begun = True
        self._started = time.monotonic()

    @property
    def outcome(self) -> Outcome:
        return self.report.outcome if self.report is not None else "interrupted"

    @property
    def status(self) -> int:
        return self.report.status if self.report is not None else 0

    @property
    def seconds(self) -> float:
        if self.report is not None and self.report.seconds:
            return self.report.seconds
        return time.monotonic() - self._started

    @property
    def last_lines(self) -> Sequence[str]:
        if self.report is None:
            return ()
        return (*self.report.last_lines, *([self.report.problem] if self.report.problem else []))


class _Heard(NamedTuple):
    """What a worker has told of a task."""

    key: str
    message: Mapping[str, Any]


class _Settled(NamedTuple):
    """A future has come to its end."""

    key: str
    future: Future[Report]


class Cluster:
    """Gives stages to the workers of a scheduler; `.dvc` files and frozen stages stay on this machine."""

    def __init__(
        self, work: Work, client: Client, here: ThisMachine, options: ClusterOptions, say: Callable[[str], None]
    ) -> None:
        self._work = work
        self._graph = work.graph
        self._project = work.graph.index.project
        self._root = self._project.root
        self._client = client
        self._here = here
        self._options = options
        self._say = say
        self._queue = here.queue
        self._tasks: dict[str, RemoteTask] = {}
        #: keys of tasks that a worker is at work on, also of those that are not waited for any more
        self._at_work: set[str] = set()
        self._station = f"pipelinekit-{hashlib.sha256(self._root.encode()).hexdigest()[:12]}"
        self._made = MadeElsewhere(self._root)
        #: what has been made in this run and lies in no remote, by path
        self._carried: dict[str, bytes] = {}
        self._looked = 0.0
        self._looked_after_waiting = 0.0
        self._known: list[WorkerInfo] = []
        self._lost_since: float | None = None
        self._is_stopped = False
        self._has_told_of: set[str] = set()

    # --- before the first stage ------------------------------------------------------------------------------

    @property
    def workers(self) -> int:
        threads = max(1, sum(worker.threads for worker in self._workers()))
        return min(threads, self._options.most) if self._options.most else threads

    def _workers(self) -> list[WorkerInfo]:
        if time.monotonic() - self._looked > _PAUSE:
            self._looked = time.monotonic()
            with contextlib.suppress(Exception):  # the scheduler is gone, which is noticed elsewhere
                self._known = workers_of(self._client)
        return self._known

    def open(self) -> None:
        from pipelinekit.run.cluster.worker import Station

        settings, kept = settings_for_workers(self._project)
        if kept:
            names = ", ".join(dict.fromkeys(kept))
            self._say(f"{names} of .dvc/config.local stays here: workers use credentials of their own")
        self._check_inputs()
        snapshot = take_snapshot(self._graph)
        self._push_inputs()
        self._client.register_plugin(Station(self._station, snapshot, settings), name=self._station)
        self._client.subscribe_topic(self._station, self._hear)
        self._here.open()

    def _check_inputs(self) -> None:
        """Raises RunError for what could only fail later: locks, resources, files that no worker can have."""
        for path in lock_paths(self._graph):
            text = text_if_any(os.path.join(self._root, path))
            if text is not None and with_entry(text, "", "") is None:
                raise RunError(_form_of(path))
        stages = [node for node in self._work.in_order(self._work.expected) if isinstance(node, Stage)]
        users: dict[str, Stage] = {}
        for stage in stages:
            try:
                resources_of(stage)
            except ResourceError as error:
                raise RunError(str(error)) from None
            made = {id(edge.dep) for edge in self._graph.edges[stage]}
            made_files = {edge.dep.file for edge in self._graph.edges[stage] if not isinstance(edge.dep, Dep)}
            for dep in stage.deps:
                if id(dep) not in made and dep.is_local and not os.path.isabs(dep.text):
                    users.setdefault(dep.path, stage)
            for param in stage.params:
                if param.file not in made_files:
                    users.setdefault(param.file, stage)
        lacking = lacking_files(self._graph, users)
        if lacking:
            more = f" (and {len(lacking) - 1:,} more)" if len(lacking) > 1 else ""
            raise RunError(
                f"{lacking[0]}{more}, which {name_of(users[lacking[0]])} reads, is ignored by git and not tracked by "
                "DVC, so that workers can't have it: 'dvc add' it, or let git track it"
            )

    def _push_inputs(self) -> None:
        """What stages may read and has been made already has to be in the remote."""
        needed: dict[GraphNode, None] = {}
        for node in self._work.in_order(self._work.expected):
            for edge in self._graph.edges[node] if isinstance(node, Stage) else ():
                producer = edge.producer
                if edge.out.cache and self._is_recorded(producer) and not self._work.verdict(producer).absent:
                    needed[producer] = None
        if not needed:
            return
        start = cold_start(self._options.dvc, self._root)
        move_data(start, ["push", "--", *targets_of(needed)], "pushed to the workers' remote")

    def _is_recorded(self, node: GraphNode) -> bool:
        if isinstance(node, TrackedFile):
            return node not in self._work.outdated
        return node in self._graph.derived(records)

    # --- a stage ---------------------------------------------------------------------------------------------

    def has_room(self) -> bool:
        busy = [task for task in self._tasks.values() if task.has_begun or not task.resources]
        return len(busy) < self.workers

    def start(self, node: GraphNode, environment: Mapping[str, str], rank: int) -> Task:
        if isinstance(node, TrackedFile) or node.frozen:
            return self._here.start(node, environment, rank)
        task = RemoteTask(node, self._order(node, environment), rank, self._resources(node))
        self._submit(task)
        return task

    def _submit(self, task: RemoteTask) -> None:
        from pipelinekit.run.cluster.worker import perform

        task.has_begun = False
        key = f"{self._station}-{task.order.address}-{os.getpid()}-{time.monotonic_ns()}"
        future = self._client.submit(
            perform,
            task.order,
            key=key,
            pure=False,
            priority=-task.rank,
            resources=task.resources or None,
            workers=self._able(task) if task.unable else None,
        )
        self._tasks[key] = task
        task.future = future
        future.add_done_callback(lambda done: self._queue.put(_Settled(key, done)))

    def _able(self, task: RemoteTask) -> list[str]:
        """The workers that have not failed to run it."""
        return [worker.address for worker in self._workers() if worker.address not in task.unable]

    def _order(self, stage: Stage, environment: Mapping[str, str]) -> Order:
        root = self._root
        edges = [edge for edge in self._graph.edges[stage] if edge.producer is not stage]
        names: dict[str, list[str]] = {lock_path(stage.file, root): [stage.name]}
        texts: dict[str, str | None] = {}
        for edge in edges:
            if isinstance(edge.producer, TrackedFile):
                texts[edge.producer.file] = text_if_any(os.path.join(root, edge.producer.file)) or ""
            else:
                names.setdefault(lock_path(edge.producer.file, root), []).append(edge.producer.name)
        for path, wanted in names.items():
            text = text_if_any(os.path.join(root, path))
            kept = entries_of(text, dict.fromkeys(wanted)) if text is not None else None
            texts[path] = kept if kept is not None else text
        pulls = {_narrower(edge): None for edge in edges if _is_in_a_remote(edge.out)}
        pulls.update({out.path: None for out in stage.outs if out.persist and _is_in_a_remote(out)})
        carried = {path: data for path, data in self._carried.items() if any(edge.out.path == path for edge in edges)}
        # DVC takes an output that is not here for deleted; here that is so only if that is what it was asked for
        flags = ["--force"] if self._options.force else [] if stage in self._work.outdated else ["--allow-missing"]
        return Order(
            self._station,
            stage.address,
            stage.name,
            lock_path(stage.file, root),
            texts,
            self._folders_of(stage),
            carried,
            list(pulls),
            [out.path for out in stage.outs if out.is_local and not out.is_outside and not _is_in_a_remote(out)],
            sorted({_beside(out.path) for out in stage.outs if out.cache and out.is_local and not out.is_outside}),
            [*flags, *(["--pull"] if self._options.pull else [])],
            ["--run-cache"] if self._options.push_runs else [],
            environment,
        )

    def _folders_of(self, stage: Stage) -> list[str]:
        """Where it runs and what its outputs lie in, as far as that is here."""
        inside = [out.path for out in stage.outs if out.is_local and not out.is_outside]
        folders = dict.fromkeys([stage.wdir, *(folder_of(path) for path in inside)])
        return [one for one in folders if not is_outside(one) and os.path.isdir(os.path.join(self._root, one))]

    def _resources(self, stage: Stage) -> dict[str, float]:
        """What dask is asked for, in the names that the workers have."""
        workers = self._workers()
        declared = {name.lower(): name for worker in workers for name in worker.resources}
        wanted: dict[str, float] = {}
        for name, written in resources_of(stage).items():
            if name.lower() in declared or name.lower() not in _OPTIONAL:
                wanted[declared.get(name.lower(), name)] = amount(written) or 0.0
        if wanted and not any(_has(worker, wanted) for worker in workers):
            text = ", ".join(f"{name}={value:g}" for name, value in wanted.items())
            if text not in self._has_told_of:
                self._has_told_of.add(text)
                self._say(
                    f"{name_of(stage)} waits for a worker with {text}: none of the {len(workers):,} has it "
                    f"(dask worker --resources '{text.replace(', ', ' ')}' ... starts one)"
                )
        return wanted

    # --- what is heard ---------------------------------------------------------------------------------------

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, message = event
        key = message.get("key")
        if isinstance(key, str):
            self._queue.put(_Heard(key, message))

    def events(self) -> Iterator[Event]:
        for one in newest(self._queue):
            if isinstance(one, _Heard):
                yield from self._heard_of(one.key, one.message)
            elif isinstance(one, _Settled):
                yield from self._settled(one)
            else:
                yield one
        yield from self._look_for_workers()
        yield from self._look_after_scheduler()

    def _look_for_workers(self) -> Iterator[Event]:
        """Workers come and go while stages wait for one."""
        if time.monotonic() - self._looked_after_waiting <= _PAUSE:
            return
        self._looked_after_waiting = time.monotonic()
        for task in list(self._tasks.values()):
            if task.has_begun or not isinstance(task.node, Stage):
                continue
            if task.unable and not self._able(task):
                _cancel(task)
                yield from self._end(task, Report("failed", problem=next(reversed(task.unable.values()))))
            elif task.resources and (wanted := self._resources(task.node)) != task.resources:
                # a worker has come that spells what the stage waits for in another way: `GPU` for `gpu`
                task.resources = wanted
                _cancel(task)
                self._forget(task)
                self._submit(task)

    def _heard_of(self, key: str, message: Mapping[str, Any]) -> Iterator[Event]:
        state, task = message.get("state"), self._tasks.get(key)
        if state == "gone":
            self._at_work.discard(key)
        if task is None:
            return
        if state == "begun":
            self._at_work.add(key)
            is_again = task.has_begun
            where = str(message.get("worker", "")).partition("://")[2]
            if is_again:
                yield Told(f"{task.where} is gone: {name_of(task.node)} starts again on {where}")
            task.begin(where)
            if not is_again:
                yield Begun(task)
            _ = self._here.starter  # which loads while the stage runs
        elif state == "said":
            yield Said(task, [str(line) for line in message.get("lines", ())])

    def _settled(self, settled: _Settled) -> Iterator[Event]:
        task = self._tasks.get(settled.key)
        if task is None:
            return
        report = _report_of(settled.future)
        if report.outcome == "interrupted" and not self._is_stopped:
            report = Report("failed", problem=_GONE)
        if report.problem and report.worker and not self._is_stopped:
            task.unable[report.worker] = report.problem
            if self._able(task):
                where = report.worker.partition("://")[2]
                yield Told(f"{where} can't run {name_of(task.node)}: {report.problem}; another worker does")
                self._forget(task)
                self._submit(task)
                return
        yield from self._end(task, report)

    def _end(self, task: RemoteTask, report: Report) -> Iterator[Event]:
        task.report = report
        self._write_log(task)
        if report.problem:
            yield Said(task, [report.problem])
        yield Ended(task)

    def _write_log(self, task: RemoteTask) -> None:
        report = task.report
        if report is not None:
            with contextlib.suppress(OSError), open(os.path.join(self._root, task.log), "wb") as file:
                file.write(report.log + (f"{report.problem}\n".encode() if report.problem else b""))

    def _forget(self, task: RemoteTask) -> None:
        future, task.future = task.future, None
        if future is not None:
            self._tasks.pop(str(future.key), None)
            future.release()

    def _look_after_scheduler(self) -> Iterator[Event]:
        """If the scheduler stays away, what it has been given is given up."""
        if self._client.status == "running" or not self._tasks:
            self._lost_since = None
            return
        if self._lost_since is None:
            self._lost_since = time.monotonic()
            yield Told("the scheduler is gone; waiting for it to come back")
        elif self._client.status == "closed" or time.monotonic() - self._lost_since > _PATIENCE:
            self._at_work.clear()
            for task in list(self._tasks.values()):
                yield from self._end(task, Report("failed", problem=_GONE))

    # --- what was made ---------------------------------------------------------------------------------------

    def take(self, task: Task) -> None:
        if not isinstance(task, RemoteTask):
            self._here.take(task)
            if task.outcome in ACTED:
                arguments = ["push", "--", task.node.address]
                move_data(self._here.starter.start, arguments, "pushed to the workers' remote")
            return
        self._forget(task)
        report, stage = task.report, task.node
        if report is None or report.outcome not in ACTED or report.entry is None or not isinstance(stage, Stage):
            return
        try:
            pulls = [out.path for out in stage.outs if _is_in_a_remote(out)]
            has_private = any(out.cache and not _is_in_a_remote(out) for out in stage.outs)
            self._made.add(stage.address, pulls, is_to_be_kept=has_private)
            for path, data in report.returned.items():
                self._carried[path] = data
                unpack(self._root, path, data)
            for path, lines in report.ignored.items():
                _append(os.path.join(self._root, path), lines)
            self._merge(task.order.lock, stage.name, report.entry)
        except (OSError, WriteError) as error:
            raise RunError(f"{name_of(stage)} has run, but what it made can't be written here: {error}") from None
        if self._options.has_observers:
            self._fetch_readable(stage)

    def _merge(self, lock: str, name: str, entry: str) -> None:
        path = os.path.join(self._root, lock)
        merged = with_entry(text_if_any(path), name, entry)
        if merged is None:
            raise RunError(_form_of(lock))
        replace_file(path, merged)

    def _fetch_readable(self, stage: Stage) -> None:
        """Metrics, plots and models are read now; what else was made is fetched at the end."""
        models = [model.out for model in models_of(stage, self._graph)]
        wanted = [out.path for out in stage.outs if _is_in_a_remote(out) and (out.kind != "out" or out in models)]
        if wanted:
            move_data(self._here.starter.start, ["pull", "--force", "--", *wanted], "fetched")

    # --- the end ---------------------------------------------------------------------------------------------

    def withdraw(self) -> list[Task]:
        waiting = [task for task in self._tasks.values() if not task.has_begun]
        for task in waiting:
            _cancel(task)
            self._forget(task)
        return list(waiting)

    def signal(self, number: int) -> bool:
        """Workers end by themselves what is taken back, first kindly."""
        if number and not self._is_stopped:
            self._is_stopped = True
            self._cancel_all()
        return bool(self._here.signal(number) or self._at_work or self._tasks)

    def _cancel_all(self) -> None:
        for task in self._tasks.values():
            _cancel(task)

    def close(self) -> list[str]:
        self._cancel_all()
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.unsubscribe_topic(self._station)
            self._client.unregister_worker_plugin(self._station)
        self._client.close(timeout=5)
        try:
            if not self._is_stopped:
                self._made.fetch(self._here.starter.start, self._say)
        finally:
            notes = self._here.close()
        if len(self._made):
            notes.append("the results of what has run are in the remote; the next 'pipelinekit run' fetches them")
        return notes


def _cancel(task: RemoteTask) -> None:
    if task.future is not None:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            task.future.cancel()


def _report_of(future: Future[Report]) -> Report:
    from distributed import CancelledError, KilledWorker

    try:
        report = future.result(timeout=10)
    except CancelledError:
        return Report("interrupted")
    except KilledWorker:
        return Report("failed", problem="one worker after the other was killed while it ran: out of memory?")
    except Exception as error:
        return Report("failed", problem=f"{type(error).__name__}: {error}".splitlines()[0])
    assert isinstance(report, Report)
    return report


def _form_of(lock: str) -> str:
    return f"{lock} is not written as DVC writes it, so that entries can't be added: 'dvc repro' here, once, mends that"


def _is_in_a_remote(out: Out) -> bool:
    return out.cache and out.flags.get("push", True) is not False and out.is_local


def _narrower(edge: Edge) -> str:
    """What is pulled for an edge: the dependency where it is a part of an output, else the output."""
    dep = edge.dep.path if isinstance(edge.dep, Dep) else edge.dep.file
    return dep if dep.startswith(f"{edge.out.path}/") else edge.out.path


def _beside(path: str) -> str:
    folder = folder_of(path)
    return ".gitignore" if folder == "." else f"{folder}/.gitignore"


def _has(worker: WorkerInfo, wanted: Mapping[str, float]) -> bool:
    return all(worker.resources.get(name, 0.0) >= value for name, value in wanted.items())


def _append(path: str, lines: Sequence[str]) -> None:
    """Add lines to a `.gitignore` that it does not have, as DVC does."""
    text = text_if_any(path) or ""
    new = [line for line in lines if line not in text.splitlines()]
    if new:
        start = text if not text or text.endswith("\n") else f"{text}\n"
        replace_file(path, start + "".join(f"{line}\n" for line in new))
