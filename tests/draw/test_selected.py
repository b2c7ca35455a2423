"""A drawing of some stages: their own edges, and ways through what is left out."""

from __future__ import annotations

import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.draw.dot import dot_lines
from pipelinekit.draw.drawing import Drawing, Edge, Node
from pipelinekit.draw.json_graph import json_graph
from pipelinekit.draw.mermaid import mermaid_lines
from pipelinekit.draw.selected import MOST_WAYS, has_more_ways, only
from pipelinekit.draw.text import text_lines
from tests.graph.digraphs import digraphs


def drawing(*pairs: str) -> Drawing:
    """`drawing("a b")`: b needs what a makes."""
    names = sorted({name for pair in pairs for name in pair.split()})
    return Drawing(
        tuple(Node(name, name, "dvc.yaml", 1) for name in names),
        tuple(Edge(pair.split()[1], pair.split()[0], f"{pair.split()[0]}.csv") for pair in pairs),
    )


CHAIN = drawing("a b", "b c", "c d", "a d")


def test_edges_among_them_and_ways_through_the_others() -> None:
    found = only(drawing("a b", "b c", "c d", "d e"), {"a", "d", "e"})
    assert found.edges == (Edge("d", "a", "c.csv", via=("c", "b")), Edge("e", "d", "d.csv"))


def test_a_pair_with_an_edge_of_its_own_needs_no_other() -> None:
    assert only(CHAIN, {"a", "d"}).edges == (Edge("d", "a", "a.csv"),)


def test_no_way_leads_past_a_stage_that_is_drawn() -> None:
    assert [edge[:2] for edge in only(drawing("a b", "b c", "c d"), {"a", "b", "d"}).edges] == [("b", "a"), ("d", "b")]


def test_every_format_shows_the_way() -> None:
    found = only(drawing("a b", "b c", "c d"), {"a", "d"})
    assert list(text_lines(found, boxes=False, width=80)) == ["a", "  d  c.csv (via 2 stages)"]
    assert list(mermaid_lines(found))[-1] == '  s1 -.->|"via 2 stages"| s2'
    assert list(dot_lines(found))[-2] == '  "a" -> "d" [tooltip="c.csv", style=dotted, label="via 2 stages"];'
    assert '"via": [\n        "c",\n        "b"\n      ]' in json_graph(found)
    one = only(drawing("a b", "b c"), {"a", "c"})
    assert list(text_lines(one, boxes=False, width=80)) == ["a", "  c  b.csv (via b)"]


@given(digraphs(), st.sets(st.integers(0, 6)))
def test_ways_are_those_of_the_graph(pairs: list[tuple[int, int]], kept: set[int]) -> None:
    whole = drawing(*(f"{producer} {consumer}" for producer, consumer in pairs))
    names = {str(number) for number in kept} & {node.address for node in whole.nodes}
    found = {(edge.consumer, edge.producer) for edge in only(whole, names).edges}
    needs: dict[str, set[str]] = {node.address: set() for node in whole.nodes}
    for edge in whole.edges:
        needs[edge.consumer].add(edge.producer)

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(needs[start])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += [] if name in names else needs[name]
        return seen & names

    expected = {(name, other) for name in names for other in reached(name) if name != other or name in needs[name]}
    assert found == expected


@given(digraphs(), st.sets(st.integers(0, 6)))
def test_what_is_passed_is_a_way(pairs: list[tuple[int, int]], kept: set[int]) -> None:
    whole = drawing(*(f"{producer} {consumer}" for producer, consumer in pairs))
    known = {edge[:2] for edge in whole.edges}
    for edge in only(whole, {str(number) for number in kept}).edges:
        steps = [edge.consumer, *edge.via, edge.producer]
        assert all(pair in known for pair in pairwise(steps))


def test_a_hub_that_is_left_out_is_no_million_of_edges() -> None:
    pairs = [f"in{n} hub" for n in range(1500)] + [f"hub out{n}" for n in range(1500)]
    whole = drawing(*pairs)
    started = time.process_time()
    found = only(whole, {node.address for node in whole.nodes} - {"hub"})
    assert len(found.edges) == 1500 * MOST_WAYS
    assert has_more_ways(found)
    assert time.process_time() - started < 1


def test_a_long_chain_of_which_every_other_stage_is_left_out() -> None:
    whole = drawing(*(f"s{n} s{n + 1}" for n in range(3000)))
    found = only(whole, {f"s{n}" for n in range(0, 3001, 2)})
    assert len(found.edges) == 1500
    ends = only(whole, {"s0", "s3000"})
    assert len(ends.edges[0].via) == 2999
    assert not has_more_ways(ends)
