from __future__ import annotations

from itertools import pairwise

import pytest

from pipelinekit.draw.drawing import Drawing
from pipelinekit.draw.layout import EMPTY, GAP, Placed, Size, placed
from tests.draw.drawings import drawing_of_pairs

BOX = Size(100, 40)


def layout(drawing: Drawing) -> Placed:
    return placed(drawing, [BOX] * len(drawing.nodes))


def test_nothing() -> None:
    assert layout(Drawing((), ())) == Placed([], [], Size(0, 0))


def test_a_chain_goes_from_left_to_right() -> None:
    found = layout(drawing_of_pairs(3, [(0, 1), (1, 2)]))
    step = BOX.width + EMPTY
    assert found.corners == [(0, 0), (step, 0), (2 * step, 0)]
    assert found.lines[0] == [(BOX.width, 20), (step, 20)]
    assert found.size == Size(2 * step + BOX.width, BOX.height)


def test_what_nothing_connects_stands_in_rows() -> None:
    found = layout(drawing_of_pairs(6, []))
    assert found.corners[:3] == [(0, 0), (100 + GAP, 0), (0, 40 + GAP)]
    assert found.size.width / found.size.height < 2


def test_an_edge_to_itself_has_no_points() -> None:
    assert layout(drawing_of_pairs(2, [(0, 0), (0, 1), (1, 0)])).lines[0] == []


@pytest.mark.parametrize("leaves", [2, 6, 20, 60])
def test_lines_that_leave_a_node_together_run_together(leaves: int) -> None:
    inner = [(0, number) for number in range(1, leaves + 1)]
    outer = [(number, leaves + 1) for number in range(1, leaves + 1)]
    found = layout(drawing_of_pairs(leaves + 2, inner + outer))
    assert len({line[0] for line in found.lines[:leaves]}) == 1
    assert found.size.width < 3 * BOX.width + 4 * EMPTY, "there is no room for lines that are not there"


def test_the_same_every_time() -> None:
    drawing = drawing_of_pairs(60, [(number // 3, number) for number in range(1, 60)])
    assert layout(drawing) == layout(drawing)


def test_every_line_is_horizontal_or_vertical() -> None:
    drawing = drawing_of_pairs(40, [(number // 3, number) for number in range(1, 40)] + [(1, 30), (2, 39)])
    for line in layout(drawing).lines:
        for (x, y), (to_x, to_y) in pairwise(line):
            assert x == to_x or y == to_y
