"""What is stale, and why: the verdict on every stage, from the locks and the disk, without DVC.

**With the data here** it is what `dvc status` says, and DVC's word for it is in `Cause.change`: contents by MD5,
values by equality, the command as it is, and outputs that the cache has lost.

**What DVC does not say** comes on top. A stage is stale as well if one that would run before it is (`upstream`): when
its turn comes, it may find other data. That does not pass through a frozen stage, which does not run for what is
before it; nor does it begin at one that is stale only because it runs every time, since no run could ever end that;
nor at a `.dvc` file of plain data, because to commit data changes nothing in it. What a stage no longer lists
(`definition`) is told, but makes it not stale: `dvc repro` would not run it, and its outputs are those of what is
still listed unless the code, which is listed, changed with it.

**Without the data**, in a fresh clone, nothing that DVC would fetch is missed. Code, values and commands are compared
as always; a dependency that another stage or a `.dvc` file makes must be recorded there with the same MD5. An output
that is neither in the workspace nor in the cache was never fetched, and says nothing. One that is missing here but
lies in the cache, or that git tracks, was deleted: that is stale, as DVC has it, and `dvc checkout` or git brings it
back. A file that neither git nor DVC nor a stage could bring, and an output that no cache keeps, counts as deleted
where any data is here, and as not fetched in a clone that has none.

**`unknown`** is what nothing decides: a dependency that is not here and that nobody recorded, one on a server, or one
inside of a folder that was not fetched; and every stage whose definition or lock can't be read. Whatever needs the
results of an unknown stage is unknown too, if it is not stale.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from pipelinekit.freshness.causes import Cause, Causes, always, name_of
from pipelinekit.freshness.presence import Presence, presence
from pipelinekit.freshness.records import lock_path, recorded_entry, records, renamed_stages, unreadable_locks
from pipelinekit.graph.graph import Edge, Graph, GraphNode
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.paths import is_outside
from pipelinekit.resolve.stage import Dep, Out, Stage, TrackedFile

#: The whole cause of a stage of which no run is recorded.
NEVER_RAN = "it has never run"

State = Literal["fresh", "stale", "never-run", "unknown"]


class Status(NamedTuple):
    """The verdict on a stage. `because` may tell of something even if the stage is fresh."""

    stage: Stage
    state: State
    because: tuple[Cause, ...]
    #: outputs that were never fetched
    absent: tuple[str, ...] = ()


class TrackedStatus(NamedTuple):
    """The verdict on a `.dvc` file: whether the data is what it says."""

    file: TrackedFile
    state: State
    because: tuple[Cause, ...]
    absent: tuple[str, ...] = ()


class _Verdicts(NamedTuple):
    stages: dict[Stage, Status]
    files: dict[TrackedFile, TrackedStatus]


def statuses(graph: Graph) -> dict[Stage, Status]:
    """The verdict on each stage, in the order in which they would run. For `graph.derived`."""
    return graph.derived(_verdicts).stages


def tracked_statuses(graph: Graph) -> dict[TrackedFile, TrackedStatus]:
    """The verdict on each `.dvc` file. For `graph.derived`."""
    return graph.derived(_verdicts).files


def in_running_order(graph: Graph) -> list[GraphNode]:
    """Stages and `.dvc` files as they would run; in the order of the files where a cycle keeps them from it."""
    return graph.order if graph.order is not None else graph.nodes


def _verdicts(graph: Graph) -> _Verdicts:
    here = graph.derived(presence)
    causes = Causes(graph)
    known, unreadable = graph.derived(records), frozenset(unreadable_locks(graph))
    here.hashes.prepare(_files_to_hash(graph, here))
    own: dict[GraphNode, tuple[State, list[Cause]]] = {}
    for node in graph.nodes:
        if isinstance(node, TrackedFile):
            found = list(causes.of_tracked(node))
            own[node] = _state(found), found
        elif node in known:
            found = list(causes.of_stage(node, known[node]))
            own[node] = _state(found), found
            if node.unknown and own[node][0] == "fresh":
                found.append(_unread(node))
                own[node] = "unknown", found
        elif lock_path(node.file, graph.index.project.root) in unreadable:
            own[node] = "unknown", [*always(node), _in_unreadable_lock(node, graph)]
        else:
            own[node] = "never-run", [*always(node), _never_ran(node, graph)]
    states = _passed_on(graph, own)
    here.hashes.keep()
    stages: dict[Stage, Status] = {}
    files: dict[TrackedFile, TrackedStatus] = {}
    for node in in_running_order(graph):
        because = (*_that_count(own[node][1], states[node]), *_upstream(node, graph, own, states))
        absent = tuple(out.path for out in node.outs if here.is_absent(out))
        if isinstance(node, Stage):
            stages[node] = Status(node, states[node], because, absent)
        else:
            files[node] = TrackedStatus(node, states[node], because, absent)
    return _Verdicts(stages, files)


def _state(causes: list[Cause]) -> State:
    if any(cause.is_decisive for cause in causes):
        return "stale"
    return "unknown" if any(cause.kind != "definition" for cause in causes) else "fresh"


def _that_count(causes: list[Cause], state: State) -> list[Cause]:
    """What of the causes matters: what could not be decided does not where something else has."""
    if state != "stale":
        return causes
    return [cause for cause in causes if cause.is_decisive or cause.kind == "definition"]


def _unread(stage: Stage) -> Cause:
    return Cause("definition", stage.file, None, None, "", "its definition can't be read", is_decisive=False)


def _in_unreadable_lock(stage: Stage, graph: Graph) -> Cause:
    lock = lock_path(stage.file, graph.index.project.root)
    return Cause("lock", lock, None, None, "", f"{lock} can't be read", is_decisive=False)


def _never_ran(stage: Stage, graph: Graph) -> Cause:
    lock = lock_path(stage.file, graph.index.project.root)
    orphan = graph.derived(renamed_stages).get(stage)
    words = NEVER_RAN if orphan is None else f"{NEVER_RAN}; '{orphan.locked.name}' made its outputs"
    return Cause("lock", lock, None, None, "", words)


# --- from stage to stage -----------------------------------------------------------------------------------------


def _passed_on(graph: Graph, own: dict[GraphNode, tuple[State, list[Cause]]]) -> dict[GraphNode, State]:
    """The states, after each stage has passed its own on to those that need it."""
    states = {node: state for node, (state, _) in own.items()}
    _spread("stale", (node for node in graph.nodes if _passes_staleness(node, own[node])), graph, states)
    _spread("unknown", (node for node in graph.nodes if states[node] == "unknown"), graph, states)
    return states


def _spread(state: State, sources: Iterable[GraphNode], graph: Graph, states: dict[GraphNode, State]) -> None:
    weaker = {"stale": ("fresh", "unknown"), "unknown": ("fresh",)}[state]
    waiting = list(sources)
    while waiting:
        for edge in graph.consumers.get(waiting.pop(), ()):
            if states[edge.consumer] in weaker and not edge.consumer.frozen:
                states[edge.consumer] = state
                waiting.append(edge.consumer)


def _passes_staleness(node: GraphNode, own: tuple[State, list[Cause]]) -> bool:
    """Whether a node, for a reason of its own, may come to make something else when it runs."""
    state, causes = own
    if isinstance(node, TrackedFile):
        return state == "stale" and not node.frozen and any(cause.kind == "dep" for cause in causes)
    decisive = [cause for cause in causes if cause.is_decisive]
    return state in ("stale", "never-run") and any(cause.kind != "always" for cause in decisive)


def _upstream(
    node: GraphNode, graph: Graph, own: dict[GraphNode, tuple[State, list[Cause]]], states: dict[GraphNode, State]
) -> Iterable[Cause]:
    if node.frozen or states[node] == "never-run":
        return
    seen: set[GraphNode] = {node}
    for edge in graph.edges[node]:
        producer = edge.producer
        if producer in seen or states[producer] == "fresh":
            continue
        seen.add(producer)
        if states[producer] == "unknown":
            if states[node] == "unknown":
                yield _through(edge, "is unknown", is_decisive=False)
        elif states[producer] != own[producer][0] or _passes_staleness(producer, own[producer]):
            yield _through(edge, "has never run" if states[producer] == "never-run" else "is stale")


def _through(edge: Edge, words: str, *, is_decisive: bool = True) -> Cause:
    producer = edge.producer
    sentence = f"'{name_of(producer)}', which makes {edge.path}, {words}"
    return Cause("upstream", edge.path, None, None, "", sentence, producer.address, is_decisive)


# --- what to hash at once ----------------------------------------------------------------------------------------


def _files_to_hash(graph: Graph, here: Presence) -> Iterable[tuple[str, bool]]:
    """Single files that are going to be compared, with whether DVC 2 recorded them."""
    for stage, (_, locked) in graph.derived(records).items():
        deps: list[tuple[Dep | Out, LockEntry | None]] = []
        if not stage.frozen:
            deps = [(dep, recorded_entry(dep, stage, locked)) for dep in stage.deps]
        outs = [(out, recorded_entry(out, stage, locked)) for out in stage.outs]
        for item, entry in (*deps, *outs):
            if entry is not None and entry.md5 is not None and item.is_local and here.kind(item.path) == "file":
                yield item.path, entry.legacy and not is_outside(item.path)
