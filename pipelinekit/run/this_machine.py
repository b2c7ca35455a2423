"""Stages that run here, side by side, each with a `dvc` of its own."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from queue import Empty, Queue
from typing import Any

from pipelinekit.freshness.records import lock_paths
from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.run.children import LOGS, Child, Guard, log_path, send
from pipelinekit.run.lock_copies import LockCopies
from pipelinekit.run.machine import Ended, Event, Said, Task
from pipelinekit.run.outcome import ACTED
from pipelinekit.run.processes import Starter

_TICK = 0.1
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def newest(queue: Queue[Any]) -> Iterator[Any]:
    """What has come; waits a moment if that is nothing."""
    with contextlib.suppress(Empty):
        yield queue.get(timeout=_TICK)
        for _ in range(1000):
            yield queue.get_nowait()


class ThisMachine:
    """The machine that the run itself is on."""

    def __init__(
        self, graph: Graph, dvc: str, workers: int, flags: Sequence[str] = (), lock: int | None = None
    ) -> None:
        """`flags` are those of `dvc repro`; `lock` is a file that is held until all processes have ended."""
        self.workers = workers
        self._graph = graph
        self._root = graph.index.project.root
        self._dvc = dvc
        self._flags = flags
        self._lock = lock
        #: what happens; what a stage prints faster than it can be shown waits in the stage, not in memory
        self.queue: Queue[Any] = Queue(maxsize=1000)
        self._running: dict[Task, Child[GraphNode]] = {}
        self._stopped: set[int] = set()
        self._starter: Starter | None = None

    def open(self) -> None:
        os.makedirs(os.path.join(self._root, LOGS), exist_ok=True)
        self._copies = LockCopies(self._root, lock_paths(self._graph))
        self._guard = Guard(self._lock)

    @property
    def starter(self) -> Starter:
        """What starts `dvc` here."""
        if self._starter is None:
            self._starter = Starter(self._dvc, self._root)
        return self._starter

    def has_room(self) -> bool:
        return len(self._running) < self.workers

    def start(self, node: GraphNode, environment: Mapping[str, str], rank: int) -> Child[GraphNode]:
        arguments = ["--wait-for-lock", "repro", "--single-item", *self._flags, "--", node.address]
        complete = {"PYTHONUNBUFFERED": "1", **os.environ, **environment, "DVC_NO_ANALYTICS": "1"}
        process = self.starter.start(arguments, complete)
        self._guard.watch(process.pid)
        child = Child(node, process, os.path.join(self._root, log_path(node)), log_path(node), self._hear)
        self._running[child] = child
        return child

    def _hear(self, child: Child[GraphNode], lines: list[str] | None) -> None:
        self.queue.put(Ended(child) if lines is None else Said(child, lines))

    def events(self) -> Iterator[Event]:
        yield from newest(self.queue)

    def take(self, task: Task) -> None:
        child = self._running.pop(task)
        self._guard.forget(child.group)
        if task.outcome in ACTED:
            self._copies.keep()

    def withdraw(self) -> list[Task]:
        return []

    def signal(self, number: int) -> bool:
        self._stopped |= {child.group for child in self._running.values()}
        self._stopped = {group for group in self._stopped if send(group, number)}
        return bool(self._stopped or self._running)

    def close(self) -> list[str]:
        for child in self._running.values():
            send(child.group, _KILL)
        if self._starter is not None:
            self._starter.close()
        self._guard.close()
        return [
            f"{path} was cut short when DVC was stopped; it is as before, the cache has the rest"
            for path in self._copies.close()
        ]
