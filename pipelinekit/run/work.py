"""What a run has to do: which stages take part, in what order, and which DVC has to be asked about.

A stage that is up to date, and whose inputs stay what they are, costs nothing: DVC is not even started for it. About
all others DVC has the last word. A stage that is outdated only because of what runs before it is asked about when
that has made something else, and left alone when it has not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pipelinekit.freshness.records import recorded_entry, records
from pipelinekit.freshness.status import Status, TrackedStatus, statuses, tracked_statuses
from pipelinekit.graph.graph import Edge, Graph, GraphNode
from pipelinekit.project.locked import LockedStage
from pipelinekit.resolve.stage import Dep, Stage, TrackedFile
from pipelinekit.run.lock_entries import locked_now


class Work:
    """The plan of a run, made from the project as it is before."""

    def __init__(
        self,
        graph: Graph,
        chosen: Collection[Stage] | None,
        *,
        force: bool = False,
        single: bool = False,
        is_remote: bool = False,
    ) -> None:
        """`chosen` None stands for everything; with `single`, what they need is left as it is.

        `is_remote`: the stages run elsewhere, and need no data here.
        """
        self.graph = graph
        self.force = force
        self._is_remote = is_remote
        #: all that takes part, in the order in which DVC would go through it
        self.nodes = serial_order(graph, chosen)
        taking_part = frozenset(self.nodes)
        #: what each waits for
        self.needs: dict[GraphNode, list[GraphNode]] = {
            node: [producer for producer in active_needs(graph, node) if producer in taking_part] for node in self.nodes
        }
        #: what may be run at all
        self.within: frozenset[GraphNode] = frozenset(chosen) if single and chosen is not None else taking_part
        self._statuses: Mapping[Stage, Status] = graph.derived(statuses)
        self._tracked: Mapping[TrackedFile, TrackedStatus] = graph.derived(tracked_statuses)
        #: outputs that were never fetched, and that what may run needs, by who makes them
        self.absent_inputs: dict[GraphNode, list[str]] = {}
        #: what DVC is asked about in any case
        self.outdated: set[GraphNode] = {node for node in self.nodes if self._is_outdated(node)}
        #: what may run, depending on what the others come to
        self.expected: set[GraphNode] = self._expected()

    def verdict(self, node: GraphNode) -> Status | TrackedStatus:
        """The verdict of before the run."""
        return self._statuses[node] if isinstance(node, Stage) else self._tracked[node]

    def in_order(self, nodes: Collection[GraphNode]) -> list[GraphNode]:
        """The nodes in the order in which DVC would go through them."""
        return [node for node in self.nodes if node in nodes]

    def absent(self) -> list[GraphNode]:
        """What has outputs that were never fetched, though they are up to date."""
        return [node for node in self.nodes if node not in self.outdated and self.verdict(node).absent]

    def _is_outdated(self, node: GraphNode) -> bool:
        """Whether DVC has to be asked whatever the others come to."""
        if node not in self.within:
            return False
        verdict = self.verdict(node)
        if isinstance(node, Stage) and (self.force or verdict.state in ("never-run", "unknown")):
            return True
        return any(cause.is_decisive and cause.kind not in ("upstream", "definition") for cause in verdict.because)

    def _expected(self) -> set[GraphNode]:
        """The outdated ones, and what follows from them; what they need and is not here has to be made as well."""
        expected: set[GraphNode] = set()
        waiting = list(self.outdated)
        while waiting:
            node = waiting.pop()
            if node in expected:
                continue
            expected.add(node)
            for edge in () if node.frozen or self._is_remote else self.graph.edges[node]:
                self._look_for(edge, waiting)
            for edge in self.graph.consumers.get(node, ()):
                consumer = edge.consumer
                if consumer in self.within and not consumer.frozen and not self._runs_only_always(node):
                    waiting.append(consumer)
        return expected

    def _look_for(self, edge: Edge, waiting: list[GraphNode]) -> None:
        """Note an input that is not here; DVC makes it again, if a stage can."""
        producer = edge.producer
        if producer in self.outdated or edge.out.path not in self.verdict(producer).absent:
            return
        paths = self.absent_inputs.setdefault(producer, [])
        if edge.out.path not in paths:
            paths.append(edge.out.path)
        if isinstance(producer, Stage) and not producer.frozen and producer in self.within:
            self.outdated.add(producer)
            waiting.append(producer)

    def _runs_only_always(self, node: GraphNode) -> bool:
        """Whether a stage runs for no other reason than that it always does: as a rule, it makes the same again."""
        causes = [cause for cause in self.verdict(node).because if cause.is_decisive]
        return not self.force and bool(causes) and all(cause.kind == "always" for cause in causes)

    def has_other_inputs(self, node: GraphNode, acted: Collection[GraphNode]) -> bool:
        """Whether what a stage needs may be something else now that some of its producers have acted.

        What its last run read is compared with what the producers' entries in `dvc.lock` have now.
        """
        if node not in self.within or node.frozen:
            return False
        edges = [edge for edge in self.graph.edges[node] if edge.producer in acted and edge.producer is not node]
        if not edges:
            return False
        record = self.graph.derived(records).get(node) if isinstance(node, Stage) else None
        if record is None:
            return True
        now: dict[GraphNode, LockedStage | None] = {}
        for edge in edges:
            producer = edge.producer
            if not isinstance(edge.dep, Dep) or edge.dep.path != edge.out.path or not isinstance(producer, Stage):
                return True  # a part of a folder, parameters, or a .dvc file: DVC compares them
            if producer not in now:
                now[producer] = locked_now(self.graph.index.project.root, producer)
            entry = now[producer]
            assert isinstance(node, Stage)
            made = recorded_entry(edge.out, producer, entry)
            used = recorded_entry(edge.dep, node, record.locked)
            if made is None or used is None or made.md5 is None or made.md5 != used.md5:
                return True
        return False


def active_needs(graph: Graph, node: GraphNode) -> list[GraphNode]:
    """What a node waits for, in the order of its dependencies; nothing for a frozen one, as DVC has it."""
    if node.frozen:
        return []
    return list(dict.fromkeys(edge.producer for edge in graph.edges[node] if edge.producer is not node))


def serial_order(graph: Graph, chosen: Iterable[Stage] | None) -> list[GraphNode]:
    """The order of `dvc repro`: depth first, what a node needs before it, else in the order of the files."""
    seen: set[GraphNode] = set()
    order: list[GraphNode] = []
    for start in graph.nodes if chosen is None else chosen:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(active_needs(graph, start)))]
        while stack:
            node, rest = stack[-1]
            for producer in rest:
                if producer not in seen:
                    seen.add(producer)
                    stack.append((producer, iter(active_needs(graph, producer))))
                    break
            else:
                order.append(node)
                stack.pop()
    return order
