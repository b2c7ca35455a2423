from __future__ import annotations

import time

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.draw import reduce
from pipelinekit.draw.drawing import Change, Drawing, Edge
from pipelinekit.draw.reduce import reduced
from tests.draw.drawings import drawing_of_pairs, stage

numbers = st.integers(0, 9)
pairs = st.lists(st.tuples(numbers, numbers), max_size=30, unique=True)


def pairs_of(drawing: Drawing) -> set[tuple[int, int]]:
    return {(int(edge.producer[10:]), int(edge.consumer[10:])) for edge in drawing.edges}


@given(pairs)
def test_of_a_graph_without_cycles_it_is_the_transitive_reduction(edges: list[tuple[int, int]]) -> None:
    onward = [(a, b) for a, b in edges if a < b]
    expected = nx.transitive_reduction(nx.DiGraph(onward))
    assert pairs_of(reduced(drawing_of_pairs(10, onward))) == set(expected.edges)


@given(pairs)
def test_what_waits_for_what_stays_the_same(edges: list[tuple[int, int]]) -> None:
    left = pairs_of(reduced(drawing_of_pairs(10, edges)))
    assert left <= set(edges)
    before, after = nx.DiGraph(edges), nx.DiGraph(left)
    before.add_nodes_from(range(10))
    after.add_nodes_from(range(10))
    assert {n: nx.descendants(before, n) for n in before} == {n: nx.descendants(after, n) for n in after}


@given(pairs, st.integers(1, 4))
def test_it_does_not_matter_how_many_are_looked_for_at_a_time(edges: list[tuple[int, int]], block: int) -> None:
    drawing = drawing_of_pairs(10, edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduce, "BLOCK", block)
        few = reduced(drawing)
    assert few == reduced(drawing)


def chain_with_a_shortcut(change: Change | None, way: Change | None = None) -> Drawing:
    nodes = tuple(stage(name) for name in "abc")
    a, b, c = (node.address for node in nodes)
    return Drawing(nodes, (Edge(c, a, "x", change), Edge(b, a, "x"), Edge(c, b, "y", way)))


def test_an_edge_that_came_or_went_is_kept() -> None:
    assert len(reduced(chain_with_a_shortcut(None)).edges) == 2
    for change in ("added", "removed", "changed"):
        assert len(reduced(chain_with_a_shortcut(change)).edges) == 3  # type: ignore[arg-type]


def test_what_went_implies_nothing() -> None:
    assert len(reduced(chain_with_a_shortcut(None, "removed")).edges) == 3


def test_thousands_of_stages_take_no_time() -> None:
    edges = [(number, number + step) for number in range(5000) for step in (1, 2, 7, 400) if number + step < 5000]
    drawing = drawing_of_pairs(5000, edges)
    before = time.process_time()
    assert pairs_of(reduced(drawing)) == {(number, number + 1) for number in range(4999)}
    assert time.process_time() - before < 1.5
