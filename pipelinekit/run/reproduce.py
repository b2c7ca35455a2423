"""Runs what is outdated: each stage when all that it needs is done, several at once, here or on other machines.

DVC decides about every stage that it is asked about, runs it, keeps its outputs and writes its entry in `dvc.lock`.
What is decided here is which stages DVC is asked about, when, and what happens if one of them fails or somebody stops
the run.
"""

from __future__ import annotations

import contextlib
import heapq
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple

from pipelinekit.graph.graph import GraphNode
from pipelinekit.impact.durations import durations, record_run
from pipelinekit.impact.schedule import Plan
from pipelinekit.resolve.stage import Stage
from pipelinekit.run.lock_entries import locked_now
from pipelinekit.run.lock_order import names_in_locks, restore_order
from pipelinekit.run.machine import Begun, Ended, Event, Machine, Said, Task, Told
from pipelinekit.run.outcome import ACTED, End, Observer, Outcome, RunResult, View
from pipelinekit.run.this_machine import ThisMachine
from pipelinekit.run.work import Work

#: Signals, one after the other, that end what runs, and the seconds that it has before the next.
_STOPPING: tuple[tuple[int, float], ...] = (
    (signal.SIGINT, 10.0),
    (signal.SIGTERM, 5.0),
    (getattr(signal, "SIGKILL", signal.SIGTERM), 2.0),
)
_TICK = 0.1
_TRIES = 5


class Options(NamedTuple):
    """How to run."""

    dvc: str
    workers: int = 1
    keep_going: bool = False
    force: bool = False
    pull: bool = False
    grace: Sequence[tuple[int, float]] = _STOPPING


def reproduce(
    work: Work,
    options: Options,
    view: View,
    observers: Sequence[Observer] = (),
    lock: int | None = None,
    machine: Machine | None = None,
) -> RunResult:
    """Bring everything that takes part up to date, on this machine if no other is given.

    `lock` is a file that is held until all processes have ended. Raises OSError if DVC can't be started, and what
    opening the machine raises.
    """
    if machine is None:
        flags = [*(["--force"] if options.force else []), *(["--pull"] if options.pull else [])]
        machine = ThisMachine(work.graph, options.dvc, options.workers, flags, lock)
    return _Run(work, options, view, observers, machine).go()


class _Run:
    def __init__(
        self, work: Work, options: Options, view: View, observers: Sequence[Observer], machine: Machine
    ) -> None:
        self._work = work
        self._options = options
        self._view = view
        self._observers = observers
        self._project = work.graph.index.project
        self._root = self._project.root
        self._machine = machine
        self._running: set[Task] = set()
        self._ends: dict[GraphNode, End] = {}
        self._missing = {node: len(needs) for node, needs in work.needs.items()}
        self._then: dict[GraphNode, list[GraphNode]] = {node: [] for node in work.nodes}
        for node, needs in work.needs.items():
            for producer in needs:
                self._then[producer].append(node)
        self._rank = _ranks(work, machine.workers)
        self._ready: list[tuple[int, int, GraphNode]] = []
        self._position = {node: position for position, node in enumerate(work.nodes)}
        #: how often somebody has asked to stop
        self._stops = 0
        self._has_failed = False

    def go(self) -> RunResult:
        started = time.monotonic()
        for observer in self._observers:
            observer.run_started(self._work)
        self._view.run_started(self._work, self._machine.workers)
        try:
            if self._work.outdated:
                self._go()
            else:  # then nothing else will be: DVC need not be loaded
                self._settle_first()
        finally:
            ends = {node: end for node, end in self._ends.items() if node in self._work.within}
            result = RunResult(ends, self._left(), self._stops > 0, time.monotonic() - started)
            self._view.run_finished()
            for observer in self._observers:
                observer.run_finished(result)
        return result

    def _go(self) -> None:
        """With processes, and all that has to be right again when they have ended."""
        before = names_in_locks(self._work.graph)
        self._machine.open()
        try:
            with self._stop_signals():
                self._settle_first()
                self._loop()
        finally:
            for note in self._machine.close():
                self._view.note(note)
            for problem in restore_order(self._work.graph, before, self._work.nodes):
                self._view.note(f"dvc.lock is not in the order of the file: {problem}")

    def _settle_first(self) -> None:
        self._settle([node for node in self._work.nodes if not self._missing[node]])

    def _left(self) -> list[GraphNode]:
        done = {node for node, end in self._ends.items() if end.outcome not in ("failed", "interrupted")}
        return [node for node in self._work.nodes if node in self._work.expected and node not in done]

    # --- from stage to stage ---------------------------------------------------------------------------------

    def _loop(self) -> None:
        while True:
            self._start_ready()
            if not self._running or self._stops:
                return
            self._take_events()
            if self._has_failed and not self._options.keep_going:
                self._running.difference_update(self._machine.withdraw())

    def _take_events(self) -> None:
        for event in self._machine.events():
            self._take(event)
        self._view.tick()

    def _take(self, event: Event) -> None:
        if isinstance(event, Said):
            if event.task in self._running:
                self._view.said(event.task.node, event.lines)
        elif isinstance(event, Begun):
            self._view.started(event.task.node, event.task.where)
        elif isinstance(event, Ended):
            self._ended(event.task)
        elif isinstance(event, Told):
            self._view.note(event.text)

    def _settle(self, nodes: list[GraphNode]) -> None:
        """These have all that they need: each waits for its turn, or is done because there is nothing to do."""
        while nodes:
            node = nodes.pop()
            if self._has_to_be_asked(node):
                heapq.heappush(self._ready, (self._rank.get(node, -1), self._position[node], node))
                continue
            self._ends[node] = End(node, "up-to-date", 0.0)
            nodes += self._freed_by(node)

    def _has_to_be_asked(self, node: GraphNode) -> bool:
        if node in self._work.outdated:
            return True
        acted = {need for need in self._work.needs[node] if self._ends[need].outcome in ACTED}
        return bool(acted) and self._work.has_other_inputs(node, acted)

    def _freed_by(self, node: GraphNode) -> list[GraphNode]:
        found = []
        for other in self._then[node]:
            self._missing[other] -= 1
            if not self._missing[other]:
                found.append(other)
        return found

    def _start_ready(self) -> None:
        may_start = not self._has_failed or self._options.keep_going
        while self._ready and may_start and not self._stops and self._machine.has_room():
            rank, _, node = heapq.heappop(self._ready)
            self._start(node, rank)

    def _start(self, node: GraphNode, rank: int) -> None:
        environment: dict[str, str] = {}
        if isinstance(node, Stage):
            for observer in self._observers:
                environment.update(observer.stage_started(node))
        task = self._machine.start(node, environment, rank)
        self._running.add(task)
        if task.has_begun:
            self._view.started(node, task.where)

    def _ended(self, task: Task) -> None:
        self._running.discard(task)
        self._machine.take(task)
        outcome: Outcome = task.outcome
        if outcome == "failed" and self._stops:
            outcome = "interrupted"
        node = task.node
        end = End(node, outcome, task.seconds, task.status, tuple(task.last_lines), task.log)
        self._ends[node] = end
        if isinstance(node, Stage):
            if outcome == "ran":
                self._record(node, end.seconds)
            for observer in self._observers:
                observer.stage_finished(node, outcome, end.seconds)
        self._view.finished(end)
        if outcome == "failed":
            self._has_failed = True
            if self._running and not self._options.keep_going:
                self._view.note("waiting for the stages that are running; Ctrl-C stops them")
        elif outcome != "interrupted":
            self._settle(self._freed_by(node))

    def _record(self, stage: Stage, seconds: float) -> None:
        locked = locked_now(self._root, stage)
        for _ in range(_TRIES):
            if locked is None and self._running:  # another stage's DVC may be writing the lock at this moment
                time.sleep(_TICK)
                locked = locked_now(self._root, stage)
        if locked is not None:
            with contextlib.suppress(OSError):  # the next forecast knows a little less
                record_run(self._project, stage.address, locked, seconds)

    # --- stopping --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _stop_signals(self) -> Iterator[None]:
        """Ctrl-C and its kind are counted, and answered between two events."""
        earlier: dict[int, Any] = {}
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            with contextlib.suppress(ValueError, OSError):  # not in the main thread
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    earlier[number] = signal.signal(number, self._stop)
        try:
            yield
            if self._stops:
                self._stop_all()
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stops += 1

    def _stop_all(self) -> None:
        """Ask everything that runs to end, then less and less kindly; a second Ctrl-C skips to the last."""
        if self._running:
            self._view.note("stopping what runs; Ctrl-C again ends it at once")
        is_alive = True
        for position, (number, seconds) in enumerate(self._options.grace):
            is_last = position == len(self._options.grace) - 1
            if self._stops > 1 and not is_last:
                continue
            is_alive = is_alive and self._machine.signal(number)
            until = time.monotonic() + seconds
            while is_alive and time.monotonic() < until and (self._stops < 2 or is_last):
                self._take_events()
                is_alive = self._machine.signal(0)


def _ranks(work: Work, workers: int) -> Mapping[GraphNode, int]:
    """Which goes first: with one worker as DVC would, with several the one with the longest chain behind it."""
    if workers == 1:
        return {}
    graph = work.graph
    known = {stage: duration.seconds for stage, duration in graph.derived(durations).items()}
    usual = sorted(known.values())[len(known) // 2] if known else 1.0
    stages = [node for node in work.nodes if isinstance(node, Stage) and node in work.expected]
    plan = Plan(graph, stages, {stage: known.get(stage, usual) for stage in stages})
    return dict(plan.ranks.items())
