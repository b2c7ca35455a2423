from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.draw.collapse import LEVELS, Containers, Level, UnknownContainerError, collapsed, fitting
from pipelinekit.draw.drawing import Drawing, Edge
from pipelinekit.draw.readable import readable
from tests.draw.drawings import drawings, stage


def two_teams() -> Drawing:
    """A stage of the main file, then in each of two folders one stage and three of a group."""
    nodes = [stage("fetch"), stage("report")]
    edges = []
    for team in ("a", "b"):
        file = f"teams/{team}/dvc.yaml"
        split = stage("split", file=file)
        fits = [stage(f"fit@{number}", file=file, group="fit") for number in range(3)]
        nodes += [split, *fits]
        edges.append(Edge(split.address, "dvc.yaml:fetch", "raw"))
        edges += [Edge(fit.address, split.address, "parts") for fit in fits]
        edges += [Edge("dvc.yaml:report", fit.address, f"model{number}") for number, fit in enumerate(fits)]
    return Drawing(tuple(nodes), tuple(edges))


def labels(drawing: Drawing) -> list[str]:
    return [f"{node.label} {node.stage_count}" for node in drawing.nodes]


def test_groups() -> None:
    drawn = collapsed(two_teams(), "groups")
    assert labels(drawn) == [
        "fetch 1",
        "report 1",
        "teams/a/dvc.yaml:split 1",
        "teams/a/dvc.yaml:fit@… 3",
        "teams/b/dvc.yaml:split 1",
        "teams/b/dvc.yaml:fit@… 3",
    ]
    assert drawn.nodes[3].address == "teams/a/dvc.yaml:fit"
    (edge,) = (edge for edge in drawn.edges if edge.producer == "teams/a/dvc.yaml:split")
    assert edge == Edge("teams/a/dvc.yaml:fit", "teams/a/dvc.yaml:split", "parts", None, 3)


def test_files_are_those_below_the_main_one() -> None:
    drawn = collapsed(two_teams(), "files")
    assert labels(drawn) == ["fetch 1", "report 1", "teams/a/dvc.yaml 4", "teams/b/dvc.yaml 4"]


def test_folders_and_the_main_file() -> None:
    assert labels(collapsed(two_teams(), "folders")) == ["dvc.yaml 2", "teams/ 8"]


def test_what_all_files_share_is_no_folder() -> None:
    nodes = tuple(stage(name, file=f"src/{name}/x/dvc.yaml") for name in ("a", "b") for _ in range(1))
    more = tuple(stage(name, file="src/a/y/dvc.yaml") for name in "cd")
    assert labels(collapsed(Drawing(nodes + more, ()), "folders")) == ["src/a/ 3", "src/b/x/dvc.yaml:b 1"]


@pytest.mark.parametrize("name", ["teams/a/dvc.yaml:fit", "teams/a/dvc.yaml:f*"])
def test_what_is_expanded_opens_what_it_lies_in(name: str) -> None:
    drawn = collapsed(two_teams(), "folders", [name])
    assert labels(drawn) == [
        "dvc.yaml 2",
        "teams/a/dvc.yaml:split 1",
        *(f"teams/a/dvc.yaml:fit@{number} 1" for number in range(3)),
        "teams/b/dvc.yaml 4",
    ]


def test_names_that_several_have_expand_all_of_them() -> None:
    assert len(collapsed(two_teams(), "folders", ["fit"]).nodes) == 9
    assert len(collapsed(two_teams(), "folders", ["teams"]).nodes) == 3
    assert len(collapsed(two_teams(), "folders", ["*"]).nodes) == 10


def test_a_name_that_nothing_has() -> None:
    with pytest.raises(UnknownContainerError) as error:
        collapsed(two_teams(), "files", ["split"])
    assert "teams/a/dvc.yaml" in error.value.known


def test_a_group_of_one_stays_a_stage() -> None:
    drawing = Drawing((stage("fit@only", group="fit"), stage("x")), ())
    assert collapsed(drawing, "folders") == drawing


def test_a_change_of_some_is_a_change() -> None:
    fits = [stage(f"fit@{number}", group="fit", change="added" if number else None) for number in range(3)]
    assert collapsed(Drawing(tuple(fits), ()), "groups").nodes[0].change == "changed"
    assert collapsed(Drawing(tuple(fits[1:]), ()), "groups").nodes[0].change == "added"


@pytest.mark.parametrize(("room", "level"), [(10, "none"), (9, "groups"), (6, "groups"), (5, "files"), (3, "folders")])
def test_as_much_as_fits(room: int, level: Level) -> None:
    assert fitting(two_teams(), room)[1] == level


def test_where_nothing_fits_the_smallest_is_taken() -> None:
    assert len(fitting(two_teams(), 1)[0].nodes) == 2


@given(drawings(), st.sampled_from(LEVELS))
def test_every_stage_is_drawn_once_and_every_edge_between_two_nodes_is_there(drawing: Drawing, level: Level) -> None:
    drawn = collapsed(drawing, level)
    held = [address for node in drawn.nodes for address in node.members or (node.address,)]
    assert sorted(held) == sorted(node.address for node in drawing.nodes)
    place = {member: node.address for node in drawn.nodes for member in node.members or (node.address,)}
    pairs = {(place[edge.consumer], place[edge.producer]) for edge in drawing.edges}
    inner = {(one, other) for one, other in pairs if one == other}
    assert {(edge.consumer, edge.producer) for edge in drawn.edges} | inner == pairs


@given(drawings())
def test_expanding_everything_undoes_it(drawing: Drawing) -> None:
    everything = [container.address for container in Containers(drawing).all if "[" not in container.address]
    assert [node.address for node in collapsed(drawing, "folders", everything).nodes] == [
        node.address for node in drawing.nodes
    ]


def test_what_is_collapsed_without_being_asked_is_said() -> None:
    many = Drawing(tuple(stage(f"fit@{number}", group="fit") for number in range(500)), ())
    drawn = readable(many, "text", None)
    assert [node.label for node in drawn.drawing.nodes] == ["fit@…"]
    assert drawn.notes == (
        "500 stages are drawn as 1, one for each foreach and matrix: --expand NAME opens one, --collapse none all",
    )
    assert readable(many, "text", "groups").notes == ()


def test_what_github_can_not_draw_is_said() -> None:
    many = Drawing(tuple(stage(f"stage-with-a-long-name-{number}") for number in range(3000)), ())
    (note,) = readable(many, "mermaid", None).notes
    assert note.startswith("GitHub draws at most 500 edges and 50,000 characters")
