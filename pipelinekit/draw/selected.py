"""A drawing of some stages only: the edges among them, and where a way leads through stages that are left out."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection

from pipelinekit.draw.drawing import Drawing, Edge

#: Ways through what is left out that are drawn for each stage: one hub left out could mean a million of them.
MOST_WAYS = 10

#: For a stage that is left out: each stage of the drawing that it needs, with the edge that the way begins with.
_Ways = dict[str, Edge]


def only(drawing: Drawing, addresses: Collection[str]) -> Drawing:
    """A drawing without the other stages; a way through them is an edge that says so, for pairs that have no own."""
    needs: dict[str, list[Edge]] = defaultdict(list)
    for edge in drawing.edges:
        needs[edge.consumer].append(edge)
    ways = _ways_through(drawing, needs, addresses)
    edges: list[Edge] = []
    for node in drawing.nodes:
        if node.address in addresses:
            edges += _edges_of(node.address, needs.get(node.address, []), addresses, ways)
    return Drawing(tuple(node for node in drawing.nodes if node.address in addresses), tuple(edges))


def has_more_ways(selected: Drawing) -> bool:
    """Whether there may be ways that are not drawn, because a stage has as many as are drawn of any."""
    counts = Counter(edge.consumer for edge in selected.edges if edge.via)
    return any(count >= MOST_WAYS for count in counts.values())


def _ways_through(drawing: Drawing, needs: dict[str, list[Edge]], addresses: Collection[str]) -> dict[str, _Ways]:
    """For each stage that is left out. Whoever needs one whose ways have grown is looked at again."""
    ways: dict[str, _Ways] = {node.address: {} for node in drawing.nodes if node.address not in addresses}
    needed_by: dict[str, list[str]] = defaultdict(list)
    for edge in drawing.edges:
        if edge.consumer in ways and edge.producer in ways:
            needed_by[edge.producer].append(edge.consumer)
    waiting = deque(ways)
    while waiting:
        address = waiting.popleft()
        if _grow(ways[address], needs.get(address, []), addresses, ways):
            waiting.extend(needed_by[address])
    return ways


def _grow(own: _Ways, edges: list[Edge], addresses: Collection[str], ways: dict[str, _Ways]) -> bool:
    before = len(own)
    for edge in edges:
        reached = (edge.producer,) if edge.producer in addresses else ways.get(edge.producer, ())
        for producer in tuple(reached):
            if len(own) < MOST_WAYS:
                own.setdefault(producer, edge)
    return len(own) > before


def _edges_of(address: str, edges: list[Edge], addresses: Collection[str], ways: dict[str, _Ways]) -> list[Edge]:
    direct = [edge for edge in edges if edge.producer in addresses]
    known = {address, *(edge.producer for edge in direct)}
    through: list[Edge] = []
    for edge in edges:
        if edge.producer in addresses:
            continue
        for producer in ways.get(edge.producer, ()):
            if producer not in known and len(through) < MOST_WAYS:
                known.add(producer)
                via = _passed(edge.producer, producer, addresses, ways)
                through.append(Edge(address, producer, edge.path, via=via))
    return direct + through


def _passed(start: str, producer: str, addresses: Collection[str], ways: dict[str, _Ways]) -> tuple[str, ...]:
    """The stages that are left out on the way, from the one that needs to the one that makes."""
    passed = [start]
    while True:
        following = ways[passed[-1]][producer].producer
        if following in addresses:
            return tuple(passed)
        passed.append(following)
