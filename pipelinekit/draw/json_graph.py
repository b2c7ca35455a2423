"""The graph as JSON, version 1."""

from __future__ import annotations

import json
from typing import Any

from pipelinekit.draw.drawing import Drawing, Edge, Node


def json_graph(drawing: Drawing, changes: dict[str, Any] | None = None) -> str:
    """`from` is the stage that needs, `to` the one that makes, `path` what passes between them.

    An edge that leads through stages that are not drawn has `via`. With a difference nodes and edges have `change`,
    and `changes` (of `json_difference`) says what it is.
    """
    with_change = changes is not None
    document: dict[str, Any] = {
        "version": 1,
        "nodes": [_node(node, with_change) for node in drawing.nodes],
        "edges": [_edge(edge, with_change) for edge in drawing.edges],
    }
    if changes is not None:
        document["changes"] = changes
    return json.dumps(document, indent=2, ensure_ascii=False)


def _node(node: Node, with_change: bool) -> dict[str, Any]:
    shown = {"address": node.address, "line": node.line}
    return {**shown, "change": node.change} if with_change else shown


def _edge(edge: Edge, with_change: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"from": edge.consumer, "to": edge.producer, "path": edge.path}
    if edge.via:
        shown["via"] = list(edge.via)
    return {**shown, "change": edge.change} if with_change else shown
