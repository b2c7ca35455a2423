"""The graph as JSON, version 1."""

from __future__ import annotations

import json
from typing import Any

from pipelinekit.draw.drawing import Drawing, Edge


def json_graph(drawing: Drawing) -> str:
    """`from` is the stage that needs, `to` the one that makes, `path` what passes between them."""
    nodes = [{"address": node.address, "line": node.line} for node in drawing.nodes]
    edges = [_edge(edge) for edge in drawing.edges]
    return json.dumps({"version": 1, "nodes": nodes, "edges": edges}, indent=2, ensure_ascii=False)


def _edge(edge: Edge) -> dict[str, Any]:
    shown: dict[str, Any] = {"from": edge.consumer, "to": edge.producer, "path": edge.path}
    return {**shown, "via": list(edge.via)} if edge.via else shown
