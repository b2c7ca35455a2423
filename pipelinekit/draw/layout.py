"""Where each node and edge of a drawing goes: layers from left to right, by `graphlay`."""

from __future__ import annotations

from typing import Any, NamedTuple

from pipelinekit.draw.drawing import Drawing

#: How to get what lays the graph out.
INSTALL = "pip install 'pipelinekit[draw]'"
#: From here on the layout is made in one pass instead of being improved in several.
LARGE = 1000
#: Pixels between nodes in a layer.
GAP = 18


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
    found = graphlay.layout(request, options=_options(len(drawing.nodes)))
    left, top = found.bounds["min"]["x"], found.bounds["min"]["y"]
    right, bottom = found.bounds["max"]["x"], found.bounds["max"]["y"]
    corners = [
        (round(node["center"]["x"] - size.width / 2 - left, 1), round(node["center"]["y"] - size.height / 2 - top, 1))
        for node, size in zip(found.nodes, sizes, strict=True)
    ]
    lines: list[list[tuple[float, float]]] = [[] for _ in drawing.edges]
    for index, edge in zip(drawn, found.edges, strict=True):
        lines[index] = [(round(point["x"] - left, 1), round(point["y"] - top, 1)) for point in edge["points"]]
    return Placed(corners, lines, Size(round(right - left, 1), round(bottom - top, 1)))


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


def _options(nodes: int) -> dict[str, Any]:
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
            "lane_gap": 6,
            "port_sides": "facing_only",
        },
        "coords": {"placement": "brandes_koepf" if is_large else "network_simplex"},
        # so is moving ports and lanes about afterwards
        "tuning": {"routing": {"port_relax_rounds": 0, "overlap_repair_rounds": 0}},
    }
