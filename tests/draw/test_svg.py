from __future__ import annotations

import re

import pytest
from hypothesis import given
from lxml import etree

from pipelinekit.draw.boxes import box_of
from pipelinekit.draw.collapse import collapsed
from pipelinekit.draw.drawing import Drawing, Edge
from pipelinekit.draw.layout import placed
from pipelinekit.draw.svg import rounded, svg_lines
from tests.draw.drawings import details, drawing_of_pairs, drawings, stage

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing: Drawing, text: str = "text") -> etree._Element:
    known = {node.address: details(node, text) for node in drawing.nodes}
    lines = "\n".join(svg_lines(drawing, known, text))
    return etree.fromstring(lines.encode())


@given(drawings())
def test_any_names_give_a_picture_with_every_node_and_edge(drawing: Drawing) -> None:
    text = drawing.nodes[0].label if drawing.nodes else "nothing"
    root = parsed(drawing, text)
    assert len(root.findall(f".//{SVG}text[@class='name']")) == len(drawing.nodes)
    drawn = [edge for edge in drawing.edges if edge.producer != edge.consumer]
    paths = [path for path in root.iter(f"{SVG}path") if path.get("class", "").startswith("edge")]
    assert len(paths) == len(drawn)
    allowed = {"svg", "title", "style", "defs", "marker", "path", "rect", "g", "text"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed


def test_nothing_is_fetched() -> None:
    lines = "\n".join(svg_lines(drawing_of_pairs(3, [(0, 1)]), {}, "t"))
    assert re.findall(r"https?://[^\"]*", lines) == ["http://www.w3.org/2000/svg"]
    assert "url(#arrow)" in lines


def test_boxes_do_not_overlap_and_lines_end_at_them() -> None:
    pairs = [(number // 3, number) for number in range(1, 60)] + [(2, 50), (5, 59), (1, 40)]
    drawing = drawing_of_pairs(60, pairs)
    sizes = [box_of(node, {}).size for node in drawing.nodes]
    layout = placed(drawing, sizes)
    boxes = [(x, y, x + size.width, y + size.height) for (x, y), size in zip(layout.corners, sizes, strict=True)]
    for index, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    place = {node.address: box for node, box in zip(drawing.nodes, boxes, strict=True)}
    for edge, line in zip(drawing.edges, layout.lines, strict=True):
        (x, y), (to_x, to_y) = line[0], line[-1]
        start, end = place[edge.producer], place[edge.consumer]
        assert abs(x - start[2]) <= 0.2, "a line leaves to the right"
        assert start[1] - 0.2 <= y <= start[3] + 0.2
        assert abs(to_x - end[0]) <= 0.2, "and arrives from the left"
        assert end[1] - 0.2 <= to_y <= end[3] + 0.2
        assert x < to_x


def test_changes_are_told_without_colour() -> None:
    nodes = (stage("a", change="added"), stage("b", change="removed"), stage("c", change="changed"), stage("d"))
    edge = Edge(nodes[1].address, nodes[0].address, "x", "removed")
    root = etree.fromstring("\n".join(svg_lines(Drawing(nodes, (edge,)), {}, "t")).encode())
    assert [text.text for text in root.iter(f"{SVG}text")] == ["-", "+ a", "- b", "~ c", "d"]
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert "dvc.yaml:b (removed)" in titles
    assert "dvc.yaml:a → dvc.yaml:b: x (removed)" in titles


def test_findings_are_painted_with_count_and_level() -> None:
    groups = parsed(Drawing((stage("a"),), ())).iter(f"{SVG}g")
    (badge,) = (group for group in groups if group.get("class") == "badge error")
    assert badge.find(f"{SVG}text").text == "2×"


def test_findings_that_a_group_shares_are_counted_once() -> None:
    drawing = Drawing(tuple(stage(f"fit@{number}", group="fit") for number in range(9)), ())
    known = {node.address: details(node) for node in drawing.nodes}
    text = "\n".join(svg_lines(collapsed(drawing, "groups"), known, "t"))
    assert ">2×</text>" in text
    assert ">9 stages</text>" in text


@pytest.mark.parametrize(
    ("points", "path"),
    [
        ([(0, 0), (10, 0)], "M0 0L10 0"),
        ([(0, 0), (20, 0), (20, 20)], "M0 0L14 0Q20 0 20 6L20 20"),
        ([(0, 0), (0, 0), (4, 0)], "M0 0L0 0Q0 0 2 0L4 0"),
    ],
)
def test_corners_are_rounded(points: list[tuple[float, float]], path: str) -> None:
    assert rounded(points) == path
