"""The graph as JSON, version 1."""

from __future__ import annotations

import json

from pipelinekit.draw.drawing import Drawing


def json_graph(drawing: Drawing) -> str:
    """`from` is the stage that needs, `to` the one that makes, `path` what passes between them."""
    nodes = [{"address": node.address, "line": node.line} for node in drawing.nodes]
    edges = [{"from": edge.consumer, "to": edge.producer, "path": edge.path} for edge in drawing.edges]
    return json.dumps({"version": 1, "nodes": nodes, "edges": edges}, indent=2, ensure_ascii=False)
