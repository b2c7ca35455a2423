"""Where each node and edge of a drawing goes: layers from left to right, by `graphlay`."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

from pipelinekit.draw.drawing import Drawing

#: How to get what lays the graph out.
INSTALL = "pip install 'pipelinekit[draw]'"
#: From here on the layout is made in one pass instead of being improved in several.
LARGE = 1000
#: Pixels between nodes in a layer.
GAP = 18
#: Pixels at most where nothing is.
EMPTY = 26
#: Pixels between lines side by side: several to try, see `_best`.
LANE_GAPS = (6.0, 5.0, 4.5, 4.0)


class NoLayoutError(Exception):
    """The library that lays graphs out is not installed."""

    def __init__(self) -> None:
        super().__init__(f"a picture needs the library that lays it out: {INSTALL}")


class Size(NamedTuple):
    """Pixels."""

    width: float
    height: float


class Placed(NamedTuple):
    """The upper left corner of each node, the points along each edge from producer to consumer, and the size of it all.

    In the order of the drawing, in pixels from the upper left corner. An edge of a node to itself has no points.
    """

    corners: list[tuple[float, float]]
    lines: list[list[tuple[float, float]]]
    size: Size


def placed(drawing: Drawing, sizes: list[Size]) -> Placed:
    """Lay out a drawing whose nodes have these sizes. Raises NoLayoutError."""
    try:
        import graphlay
    except ImportError:
        raise NoLayoutError from None
    drawn = [index for index, edge in enumerate(drawing.edges) if edge.producer != edge.consumer]
    if not drawn:
        return _grid(drawing, sizes)
    position = {node.address: index for index, node in enumerate(drawing.nodes)}
    request = {
        "nodes": [{"size": {"width": size.width, "height": size.height}} for size in sizes],
        "edges": [
            {"source": position[drawing.edges[index].producer], "target": position[drawing.edges[index].consumer]}
            for index in drawn
        ],
    }
    found = _best(graphlay.layout, request)
    corners = [
        (node["center"]["x"] - size.width / 2, node["center"]["y"] - size.height / 2)
        for node, size in zip(found.nodes, sizes, strict=True)
    ]
    lines: list[list[tuple[float, float]]] = [[] for _ in drawing.edges]
    for index, edge in zip(drawn, found.edges, strict=True):
        lines[index] = [(point["x"], point["y"]) for point in edge["points"]]
    across = _closing(
        [(x, x + size.width) for (x, _), size in zip(corners, sizes, strict=True)],
        [x for line in lines for x, _ in line],
    )
    down = _closing(
        [(y, y + size.height) for (_, y), size in zip(corners, sizes, strict=True)],
        [y for line in lines for _, y in line],
    )
    return Placed(
        [(across(x), down(y)) for x, y in corners],
        [[(across(x), down(y)) for x, y in line] for line in lines],
        Size(across(math.inf), down(math.inf)),
    )


def _best(layout: Callable[..., Any], request: dict[str, Any]) -> Any:
    """The first layout in which the lines that leave a node together run together.

    Whether they can is a matter of a pixel here or there; where none has it, the first is as good as any.
    """
    size = len(request["nodes"])
    first = None
    for lane_gap in LANE_GAPS[: 1 if size > LARGE else None]:
        found = layout(request, options=_options(size, lane_gap))
        first = first or found
        starts: dict[int, set[float]] = {}
        for edge, drawn in zip(request["edges"], found.edges, strict=True):
            starts.setdefault(edge["source"], set()).add(drawn["points"][0]["y"])
        if all(len(places) == 1 for places in starts.values()):
            return found
    return first


def _closing(boxes: list[tuple[float, float]], points: list[float]) -> Callable[[float], float]:
    """Moves what is on one axis together where there is nothing but lines along it, from 0 on.

    The layout keeps room for every line, also for those that run together in the end.
    """
    taken = sorted([*boxes, *((point, point) for point in points)])
    starts, moved = [taken[0][0]], [-taken[0][0]]
    end = taken[0][1]
    for start, stop in taken:
        if start - end > EMPTY:
            starts.append(start)
            moved.append(moved[-1] - (start - end - EMPTY))
        end = max(end, stop)

    def place(value: float) -> float:
        value = min(value, end)
        return round(value + moved[max(bisect_right(starts, value + 1e-6) - 1, 0)], 1)

    return place


def _grid(drawing: Drawing, sizes: list[Size]) -> Placed:
    """Nodes that nothing connects, row by row, about half as wide again as high."""
    if not sizes:
        return Placed([], [], Size(0, 0))
    width, height = max(size.width for size in sizes), max(size.height for size in sizes)
    columns = max(1, min(len(sizes), round((1.5 * len(sizes) * (height + GAP) / (width + GAP)) ** 0.5)))
    corners = [
        (index % columns * (width + GAP), index // columns * (height + GAP)) for index in range(len(drawing.nodes))
    ]
    rows = -(-len(sizes) // columns)
    return Placed(
        corners, [[] for _ in drawing.edges], Size(columns * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    )


def _options(nodes: int, lane_gap: float) -> dict[str, Any]:
    is_large = nodes > LARGE
    return {
        "direction": "leftright",
        "effort": "fast" if is_large else "balanced",
        "spacing": {
            "layer_gap": 40,
            "node_gap": GAP,
            "dummy_gap": 12,
            "port_gap": 8,
            "port_stroke_clear": 8,
            "stub": 10,
            "isolated_gap": GAP,
            "isolated_max_columns": 8,
        },
        # lines that begin or end together run together; finding out which is quadratic where thousands do
        "routing": {
            "merge_edges": "none" if is_large else "both",
            "lane_gap": lane_gap,
            "port_sides": "facing_only",
        },
        "coords": {"placement": "brandes_koepf" if is_large else "network_simplex"},
        # so is moving ports and lanes about afterwards
        "tuning": {"routing": {"port_relax_rounds": 0, "overlap_repair_rounds": 0}},
    }
