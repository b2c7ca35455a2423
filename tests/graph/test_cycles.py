"""Of the stages that wait for each other, the shortest way round."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from pipelinekit.graph.cycles import shortest_cycles
from pipelinekit.graph.graph import Graph
from tests.graph.digraphs import digraphs, graph_of
from tests.small_projects import at, graph


def cycles(made: Graph) -> list[list[int]]:
    """The numbers of the stages, each needing the next one."""
    return [[int(edge.consumer.address.rpartition(":s")[2]) for edge in cycle] for cycle in shortest_cycles(made)]


CASES: dict[str, tuple[list[tuple[int, int]], list[list[int]]]] = {
    "nothing": ([], []),
    "a chain": ([(2, 1), (1, 0)], []),
    "a diamond": ([(3, 1), (3, 2), (1, 0), (2, 0)], []),
    "a stage that needs itself": ([(0, 0), (1, 0)], []),
    "two": ([(0, 1), (1, 0)], [[0, 1]]),
    "two, and itself": ([(0, 0), (0, 1), (1, 0)], [[0, 1]]),
    "three": ([(0, 1), (1, 2), (2, 0)], [[0, 1, 2]]),
    "the other way round": ([(0, 2), (2, 1), (1, 0)], [[0, 2, 1]]),
    "a short one in a long one": ([(0, 1), (1, 2), (2, 3), (3, 0), (3, 2)], [[2, 3]]),
    "two alike that share a stage": ([(0, 1), (1, 0), (0, 2), (2, 0)], [[0, 1]]),
    "two alike, the later one written first": ([(2, 3), (3, 2), (3, 1), (0, 1), (1, 0), (1, 3)], [[0, 1]]),
    "several apart": ([(4, 5), (5, 4), (0, 1), (1, 0), (4, 0), (2, 3)], [[0, 1], [4, 5]]),
    "with what leads in and out": ([(9, 0), (0, 1), (1, 0), (1, 8)], [[0, 1]]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_shortest_of_each_group(name: str) -> None:
    pairs, expected = CASES[name]
    assert cycles(graph_of(pairs)) == expected


def test_edges_of_a_cycle_know_their_places(tmp_path: Path) -> None:
    text = (
        "stages:\n  train:\n    cmd: x\n    deps: [raw, data/clean]\n    outs: [model]\n"
        "  prepare:\n    cmd: x\n    deps: [model]\n    outs: [data, raw]\n"
    )
    (cycle,) = shortest_cycles(graph(tmp_path, text))
    assert [(at(edge.dep.node.place), at(edge.out.node.place)) for edge in cycle] == [
        ("dvc.yaml:4:12 raw", "dvc.yaml:9:18 raw"),
        ("dvc.yaml:8:12 model", "dvc.yaml:5:12 model"),
    ]


def test_a_cycle_through_a_file_of_parameters(tmp_path: Path) -> None:
    a = "  a:\n    cmd: x\n    params: [lr]\n    outs: [a]\n"
    text = f"stages:\n{a}  b:\n    cmd: x\n    deps: [a]\n    outs: [params.yaml]\n"
    (cycle,) = shortest_cycles(graph(tmp_path, text))
    assert [edge.path for edge in cycle] == ["params.yaml", "a"]


@given(digraphs())
def test_one_for_each_group_that_networkx_finds_and_none_shorter(pairs: list[tuple[int, int]]) -> None:
    import networkx as nx

    made = graph_of(pairs)
    theirs = nx.DiGraph((one, other) for one, other in pairs if one != other)
    groups = [group for group in nx.strongly_connected_components(theirs) if len(group) > 1]
    found = cycles(made)
    assert len(found) == len(groups)
    for cycle in found:
        (group,) = [group for group in groups if cycle[0] in group]
        assert all(theirs.has_edge(one, other) for one, other in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        assert len(set(cycle)) == len(cycle)
        shortest = min(len(one) for one in nx.simple_cycles(theirs.subgraph(group)))
        assert len(cycle) == shortest
        # of several that short, the one that begins first
        assert cycle[0] == min(min(one) for one in nx.simple_cycles(theirs.subgraph(group)) if len(one) == shortest)
    assert [cycle[0] for cycle in found] == sorted(
        (cycle[0] for cycle in found), key=lambda start: _rank(start, groups)
    )


def _rank(number: int, groups: list[set[int]]) -> int:
    return next(min(group) for group in groups if number in group)


@given(digraphs())
def test_the_order_in_which_edges_are_written_may_not_change_its_length(pairs: list[tuple[int, int]]) -> None:
    one, other = cycles(graph_of(pairs)), cycles(graph_of(list(reversed(pairs))))
    assert [(cycle[0], len(cycle)) for cycle in one] == [(cycle[0], len(cycle)) for cycle in other]


def test_a_long_circle_is_found_whole() -> None:
    (cycle,) = cycles(graph_of([(number, (number + 1) % 300) for number in range(300)]))
    assert cycle == list(range(300))
