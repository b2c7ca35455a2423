"""Which stages need which: by path, in every way one path can hold another; and the order that follows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given

from pipelinekit.graph.graph import Graph
from tests.graph.digraphs import digraphs, graph_of, in_memory
from tests.small_projects import at, graph


def pair(folder: Path, dep: str, out: str, *, wdir: str = ".") -> list[tuple[str, str, str]]:
    """The edges between a stage that needs a path and one that makes a path."""
    need = f"  need:\n    cmd: x\n    wdir: {wdir}\n    deps: ['{dep}']\n"
    text = f"stages:\n{need}  make:\n    cmd: x\n    outs: ['{out}']\n"
    return edges(graph(folder, text))


def edges(made: Graph) -> list[tuple[str, str, str]]:
    """Who needs, who makes, and what passes between them, without the name of the file."""
    return [
        (_short(edge.consumer.address), _short(edge.producer.address), edge.path)
        for found in made.edges.values()
        for edge in found
    ]


def _short(address: str) -> str:
    return address.removeprefix("dvc.yaml:")


# --- paths --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dep", "out", "passes"),
    [
        ("data", "data", "data"),
        ("./data/", "data", "data"),
        ("a/../data", "data", "data"),
        ("data/raw/a.csv", "data", "data/raw/a.csv"),
        ("data", "data/raw/a.csv", "data/raw/a.csv"),
        (".", "data", "data"),
        ("data", ".", "data"),
        ("*.csv", "*.csv", "*.csv"),
        ("../shared", "../shared", "../shared"),
        ("../shared/a", "../shared", "../shared/a"),
        ("..", "data", "data"),
        ("s3://b/k", "s3://b/k", "s3://b/k"),
        ("s3://b/k/l", "s3://b/k", "s3://b/k/l"),
        ("s3://b/k", "s3://b/k/l", "s3://b/k/l"),
    ],
)
def test_a_path_that_is_lies_in_or_holds_an_output_needs_it(dep: str, out: str, passes: str, tmp_path: Path) -> None:
    assert pair(tmp_path, dep, out) == [("need", "make", passes)]


@pytest.mark.parametrize(
    ("dep", "out"),
    [
        ("data2", "data"),
        ("data", "data2"),
        ("data.csv", "data"),
        ("Data", "data"),
        ("*.csv", "a.csv"),
        ("data/a", "data/b"),
        ("s3://b/k", "s3://b/other"),
        ("s3://b/k2", "s3://b/k"),
        ("s3://b", "b"),
        (".", "s3://b/k"),
        ("..", "s3://b/k"),
        ("../shared", "shared"),
        ("../../x", "../x"),
    ],
)
def test_any_other_path_does_not(dep: str, out: str, tmp_path: Path) -> None:
    assert pair(tmp_path, dep, out) == []


def test_paths_meet_across_folders(tmp_path: Path) -> None:
    assert pair(tmp_path, "../data/a", "data", wdir="sub") == [("need", "make", "data/a")]
    assert pair(tmp_path, "data/a", "data", wdir="sub") == []


def test_stages_of_several_files_meet(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": "stages:\n  s:\n    cmd: x\n    deps: [sub/o]\n",
        "sub/dvc.yaml": "stages:\n  s:\n    cmd: x\n    outs: [o]\n",
    }
    assert edges(graph(tmp_path, files)) == [("s", "sub/dvc.yaml:s", "sub/o")]


def test_metrics_and_plots_are_outputs_like_any_other(tmp_path: Path) -> None:
    make = "  make:\n    cmd: x\n    metrics: [m]\n    plots: [p: {x: a}]\n"
    text = f"stages:\n  need:\n    cmd: x\n    deps: [m, p]\n{make}"
    assert edges(graph(tmp_path, text)) == [("need", "make", "m"), ("need", "make", "p")]


def test_a_file_of_parameters_that_a_stage_makes_is_needed_by_all_who_use_it(tmp_path: Path) -> None:
    text = (
        "stages:\n  tune:\n    cmd: x\n    outs: [params.yaml, conf]\n"
        "  a:\n    cmd: x\n    params: [lr, n]\n"
        "  b:\n    cmd: x\n    params: [{conf/m.yaml: [k]}, {conf/m.yaml: [l]}]\n"
        "  c:\n    cmd: x\n    wdir: sub\n    params: [lr]\n"
    )
    made = graph(tmp_path, text)
    assert edges(made) == [("a", "tune", "params.yaml"), ("b", "tune", "conf/m.yaml")]
    assert at(made.edges[made.nodes[1]][0].dep.node.place) == "dvc.yaml:7:14 lr"


def test_data_that_is_tracked_is_a_node(tmp_path: Path) -> None:
    files = {"dvc.yaml": "stages:\n  s:\n    cmd: x\n    deps: [data/a]\n", "data.dvc": "outs:\n- path: data\n"}
    made = graph(tmp_path, files)
    assert edges(made) == [("s", "data.dvc", "data/a")]
    assert made.between_stages() == []
    assert [node.address for node in made.upstream(made.nodes[0])] == ["data.dvc"]


def test_an_edge_knows_both_places(tmp_path: Path) -> None:
    text = "stages:\n  need:\n    cmd: x\n    deps: [data/a]\n  make:\n    cmd: x\n    outs: [data]\n"
    made = graph(tmp_path, text)
    (edge,) = made.edges[made.nodes[0]]
    assert (at(edge.dep.node.place), at(edge.out.node.place)) == ("dvc.yaml:4:12 data/a", "dvc.yaml:7:12 data")


def test_a_stage_that_needs_what_it_makes_is_its_own_neighbour(tmp_path: Path) -> None:
    made = graph(tmp_path, "stages:\n  s:\n    cmd: x\n    deps: [a]\n    outs: [a]\n")
    assert edges(made) == [("s", "s", "a")]
    assert made.order == made.nodes


# --- one edge per pair --------------------------------------------------------------------------------------


def test_between_two_stages_there_is_one_edge_the_first_that_is_written(tmp_path: Path) -> None:
    text = (
        "stages:\n  need:\n    cmd: x\n    deps: [b, data, a]\n    params: [lr]\n"
        "  make:\n    cmd: x\n    outs: [a, b, data/x, data/y, params.yaml]\n"
    )
    made = graph(tmp_path, text)
    assert len(edges(made)) == 5
    assert [(edge.consumer.address, edge.path) for edge in made.between_stages()] == [("dvc.yaml:need", "b")]


def test_edges_come_in_the_order_of_the_stages_and_of_their_dependencies(tmp_path: Path) -> None:
    text = (
        "stages:\n  last:\n    cmd: x\n    deps: [two, one]\n  one:\n    cmd: x\n    outs: [one]\n"
        "  two:\n    cmd: x\n    deps: [one]\n    outs: [two]\n"
    )
    pairs = [
        (_short(edge.consumer.address), _short(edge.producer.address))
        for edge in graph(tmp_path, text).between_stages()
    ]
    assert pairs == [("last", "two"), ("last", "one"), ("two", "one")]


# --- what makes a path --------------------------------------------------------------------------------------


def test_outputs_that_are_hold_or_lie_in_a_path(tmp_path: Path) -> None:
    made = graph(tmp_path, "stages:\n  s:\n    cmd: x\n    outs: [a, a/b/c, a/b/d, e]\n")

    def paths(found: list[object]) -> list[str]:
        return [out.path for out in found]  # type: ignore[attr-defined]

    assert paths(made.holding("a/b")) == ["a"]  # type: ignore[arg-type]
    assert paths(made.inside("a/b")) == ["a/b/c", "a/b/d"]  # type: ignore[arg-type]
    assert paths(made.made_by("a/b")) == ["a", "a/b/c", "a/b/d"]  # type: ignore[arg-type]
    assert paths(made.inside(".")) == ["a", "a/b/c", "a/b/d", "e"]  # type: ignore[arg-type]
    assert made.made_by("nothing") == []


def test_what_is_derived_is_computed_once(tmp_path: Path) -> None:
    made = graph(tmp_path, "stages: {}\n")
    calls: list[Graph] = []

    def count(given: Graph) -> int:
        calls.append(given)
        return len(calls)

    assert [made.derived(count), made.derived(count)] == [1, 1]
    assert calls == [made]


# --- the whole of it ----------------------------------------------------------------------------------------


def test_order_is_that_of_the_file_where_nothing_else_is_said(tmp_path: Path) -> None:
    text = (
        "stages:\n  d:\n    cmd: x\n    deps: [b]\n  c:\n    cmd: x\n  b:\n    cmd: x\n    outs: [b]\n"
        "  a:\n    cmd: x\n    deps: [b]\n"
    )
    order = graph(tmp_path, text).order
    assert order is not None
    assert [_short(node.address) for node in order] == ["c", "b", "d", "a"]


@given(digraphs())
def test_order_has_every_stage_behind_what_it_needs(pairs: list[tuple[int, int]]) -> None:
    import networkx as nx

    made = graph_of(pairs)
    theirs = nx.DiGraph((one, other) for one, other in pairs if one != other)
    assert (made.order is not None) == nx.is_directed_acyclic_graph(theirs)
    if made.order is not None:
        position = {node: number for number, node in enumerate(made.order)}
        assert sorted(position.values()) == list(range(len(made.nodes)))
        for edge in made.between_stages():
            assert edge.consumer is edge.producer or position[edge.producer] < position[edge.consumer]


@given(digraphs())
def test_upstream_and_downstream_are_what_can_be_reached(pairs: list[tuple[int, int]]) -> None:
    import networkx as nx

    made = graph_of(pairs)
    theirs = made.networkx()
    assert len(theirs) == len(made.nodes)
    for node in made.nodes:
        ahead = {other for first in theirs.successors(node) for other in {first, *nx.descendants(theirs, first)}}
        assert made.upstream(node) == ahead
        assert made.downstream(node) == {other for other in made.nodes if node in made.upstream(other)}


def test_a_long_chain_is_no_matter_of_recursion() -> None:
    made = graph_of([(number + 1, number) for number in range(1500)])
    assert made.order is not None
    assert len(made.upstream(made.order[-1])) == 1500


PATHS = ("a", "a/b", "a/b/c", "ab", ".", "../x", "../x/y", "s3://a", "s3://a/b")


def test_two_paths_meet_whichever_of_them_is_the_output() -> None:
    def meet(deps: Sequence[str], outs: Sequence[str]) -> set[tuple[str, str]]:
        made = in_memory({"need": (deps, []), "make": ([], outs)})
        return {(edge.dep.path, edge.out.path) for found in made.edges.values() for edge in found}  # type: ignore[union-attr]

    for path in PATHS:
        assert meet([path], PATHS) == {(one, other) for other, one in meet(PATHS, [path])}
        assert (path, path) in meet([path], PATHS)
