"""When stages would run: one after the other, on several workers, and along the chain that nothing can shorten.

A stage waits for what it needs, through `.dvc` files and stages that don't run themselves; a frozen one waits for
nothing and takes no time, as DVC passes it over. Of the stages that could start, the one with the longest chain
behind it does. Nothing is run.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.resolve.stage import Stage

#: More workers than this are never proposed.
MAX_WORKERS = 64
#: A worker more is worth it if it shortens the whole by this part.
WORTHWHILE = 0.05


class Slot(NamedTuple):
    """A stage on a worker; seconds from the start of all."""

    stage: Stage
    start: float
    end: float


class Schedule(NamedTuple):
    """What some workers do with some stages."""

    #: seconds until the last stage is done
    makespan: float
    #: what each worker does, in order; one without anything to do is empty
    workers: tuple[tuple[Slot, ...], ...]
    #: stages that were taken to last no time, because nobody knows how long they take
    untimed: int

    @property
    def busy(self) -> float:
        """Seconds that all workers together are at work."""
        return math.fsum(slot.end - slot.start for worker in self.workers for slot in worker)

    @property
    def utilisation(self) -> float:
        """The part of the time that a worker is at work, 0 to 1; 1 where there is nothing to do."""
        whole = self.makespan * len(self.workers)
        return self.busy / whole if whole else 1.0


def simulate(graph: Graph, stages: Collection[Stage], seconds: Mapping[Stage, float], workers: int) -> Schedule:
    """What `workers` would do with the stages. A stage that `seconds` lacks is taken to last no time.

    Neither more workers nor shorter stages always make it shorter: what starts first decides what must wait.
    """
    return Plan(graph, stages, seconds).simulate(workers)


def critical_path(graph: Graph, stages: Collection[Stage], seconds: Mapping[Stage, float]) -> list[Stage]:
    """The chain of stages that takes longest, in its order: no number of workers is done before it."""
    return Plan(graph, stages, seconds).critical_path


class Plan:
    """The stages that run and what each waits for, as numbers, to be simulated with any number of workers."""

    def __init__(self, graph: Graph, stages: Collection[Stage], seconds: Mapping[Stage, float]) -> None:
        chosen = {stage for stage in stages if not stage.frozen}
        nodes, waits_for = _order(graph, chosen)
        self._stages: list[Stage | None] = [
            node if isinstance(node, Stage) and node in chosen else None for node in nodes
        ]
        self._seconds = [seconds.get(stage, 0.0) if stage is not None else 0.0 for stage in self._stages]
        self._waits_for = waits_for
        self._then: list[list[int]] = [[] for _ in nodes]
        for number, before in enumerate(waits_for):
            for other in before:
                self._then[other].append(number)
        self.untimed = sum(stage not in seconds for stage in chosen)
        #: seconds on one worker
        self.total = math.fsum(self._seconds)
        self._earliest = self._chain(self._waits_for, range(len(nodes)))
        behind = self._chain(self._then, range(len(nodes) - 1, -1, -1))
        # the order in which stages start if they could: a node's number by rank, and the rank of each node
        self._by_rank = sorted(range(len(nodes)), key=lambda number: (-behind[number], number))
        self._rank = [0] * len(nodes)
        for rank, number in enumerate(self._by_rank):
            self._rank[number] = rank

    def _chain(self, neighbours: list[list[int]], order: range) -> list[float]:
        """For each node the seconds of the longest chain that ends with it."""
        longest = [0.0] * len(neighbours)
        for number in order:
            before = max((longest[other] for other in neighbours[number]), default=0.0)
            longest[number] = before + self._seconds[number]
        return longest

    @property
    def stages(self) -> list[Stage]:
        """The stages that run, in an order in which they can."""
        return [stage for stage in self._stages if stage is not None]

    @property
    def ranks(self) -> dict[Stage, int]:
        """Of the stages that could start, the one with the lowest rank does: it has the longest chain behind it."""
        return {stage: self._rank[number] for number, stage in enumerate(self._stages) if stage is not None}

    @property
    def shortest(self) -> float:
        """Seconds of the critical path."""
        return max(self._earliest, default=0.0)

    @property
    def critical_path(self) -> list[Stage]:
        """The chain of stages that takes longest, in its order."""
        if not self._earliest:
            return []
        path: list[int] = [max(range(len(self._earliest)), key=self._earliest.__getitem__)]
        while self._waits_for[path[-1]]:
            path.append(max(self._waits_for[path[-1]], key=self._earliest.__getitem__))
        return [stage for number in reversed(path) if (stage := self._stages[number]) is not None]

    def simulate(self, workers: int) -> Schedule:
        """What so many workers do, one at least."""
        slots: list[list[Slot]] = [[] for _ in range(max(1, workers))]
        makespan = self._run(max(1, workers), slots)
        return Schedule(makespan, tuple(map(tuple, slots)), self.untimed)

    def makespan(self, workers: int) -> float:
        """Seconds until so many workers are done."""
        return self.total if workers <= 1 else self._run(workers, None)

    def _run(self, workers: int, slots: list[list[Slot]] | None) -> float:
        """From one end of a stage to the next, until none is left."""
        left = [len(before) for before in self._waits_for]
        ready: list[int] = []
        passing = [number for number, count in enumerate(left) if not count]
        free = list(range(workers))
        running: list[tuple[float, int, int]] = []
        now = 0.0
        while True:
            while passing:  # what has just become possible
                number = passing.pop()
                if self._stages[number] is not None:
                    heapq.heappush(ready, self._rank[number])
                    continue
                passing += self._ended(number, left)
            while ready and free:
                number = self._by_rank[heapq.heappop(ready)]
                worker = heapq.heappop(free)
                heapq.heappush(running, (now + self._seconds[number], worker, number))
                stage = self._stages[number]
                if slots is not None and stage is not None:
                    slots[worker].append(Slot(stage, now, now + self._seconds[number]))
            if not running:
                return now
            now = running[0][0]
            while running and running[0][0] == now:
                _, worker, number = heapq.heappop(running)
                heapq.heappush(free, worker)
                passing += self._ended(number, left)

    def _ended(self, number: int, left: list[int]) -> list[int]:
        """The nodes that waited for this one alone."""
        found = []
        for other in self._then[number]:
            left[other] -= 1
            if not left[other]:
                found.append(other)
        return found

    def worthwhile(self, limit: int = MAX_WORKERS) -> int:
        """The number of workers from which on more are not worth it: each would save less than `WORTHWHILE`.

        Counted over several where one more does nothing: four equal stages are as long on three workers as on two.
        """
        limit = min(limit, len(self.stages)) if self.total else 1
        best, known = 1, self.total
        for workers in range(2, limit + 1):
            wanted = known * (1 - WORTHWHILE) ** (workers - best)
            if self.shortest > wanted:
                break  # nor could any number do it: the more there are, the less is wanted
            if self.total / workers <= wanted:
                found = self.makespan(workers)
                if found <= wanted:
                    best, known = workers, found
        return best


def _order(graph: Graph, chosen: set[Stage]) -> tuple[list[GraphNode], list[list[int]]]:
    """The chosen stages and what lies between them, each behind what it waits for, by the numbers of those.

    In a cycle, which DVC refuses, what comes first in the files does not wait for the rest.
    """
    rank = {node: position for position, node in enumerate(graph.nodes)}
    needs: dict[GraphNode, set[GraphNode]] = {
        node: set()
        if isinstance(node, Stage) and node.frozen
        else {edge.producer for edge in graph.edges[node]} - {node}
        for node in graph.nodes
    }
    needed_by: dict[GraphNode, list[GraphNode]] = {node: [] for node in graph.nodes}
    for node in graph.nodes:
        for producer in needs[node]:
            needed_by[producer].append(node)
    left = {node: len(producers) for node, producers in needs.items()}
    ready = [rank[node] for node in graph.nodes if not left[node]]
    heapq.heapify(ready)
    numbers: dict[GraphNode, int] = {}
    seen: set[GraphNode] = set()
    ordered: list[GraphNode] = []
    waits_for: list[list[int]] = []
    stuck = 0
    while len(seen) < len(graph.nodes):
        if not ready:
            while graph.nodes[stuck] in seen:
                stuck += 1
            ready.append(stuck)
        node = graph.nodes[heapq.heappop(ready)]
        if node in seen:
            continue
        seen.add(node)
        for consumer in needed_by[node]:
            left[consumer] -= 1
            if not left[consumer]:
                heapq.heappush(ready, rank[consumer])
        before = sorted(numbers[producer] for producer in needs[node] if producer in numbers)
        # what nothing chosen stands before is there already
        if node in chosen or before:
            numbers[node] = len(ordered)
            ordered.append(node)
            waits_for.append(before)
    return ordered, waits_for
