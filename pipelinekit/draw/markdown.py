"""The graph as a page of Markdown: the picture in Mermaid, and a table of the stages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipelinekit.draw.details import Details
from pipelinekit.draw.drawing import Drawing, Node
from pipelinekit.draw.mermaid import mermaid_lines
from pipelinekit.report.escape import printable
from pipelinekit.report.units import readable_size

#: Rows of the table; the picture shows the rest.
MAX_ROWS = 200
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+!|~&$@]")


def markdown_lines(
    drawing: Drawing, details: Mapping[str, Details], title: str, notes: tuple[str, ...] = ()
) -> Iterator[str]:
    """A heading, the Mermaid picture in a fence, and a row for each node; `notes` say what is left out."""
    yield f"# {_cell(title)}"
    yield ""
    yield "```mermaid"
    yield from mermaid_lines(drawing)
    yield "```"
    for note in notes:
        yield ""
        yield note
    if not drawing.nodes:
        return
    yield ""
    yield "| stage | needs | makes | size |"
    yield "|---|---|---|--:|"
    for node in drawing.nodes[:MAX_ROWS]:
        yield _row(node, details)
    if len(drawing.nodes) > MAX_ROWS:
        yield ""
        yield f"… and {len(drawing.nodes) - MAX_ROWS} more."


def _row(node: Node, details: Mapping[str, Details]) -> str:
    name = _cell(node.label) + (f" ({node.change})" if node.change else "")
    if node.kind != "stage":
        sizes = [details[member].bytes for member in node.members if member in details]
        known = [size for size in sizes if size is not None]
        return f"| {name} ×{node.stage_count} | | | {readable_size(sum(known)) if known else ''} |"
    about = details.get(node.address)
    if about is None:
        return f"| {name} | | | |"
    needs = _listed([dep.path for dep in about.deps])
    makes = _listed([out.path for out in about.outs])
    return f"| {name} | {needs} | {makes} | {readable_size(about.bytes) if about.bytes is not None else ''} |"


def _listed(paths: list[str]) -> str:
    shown = ", ".join(map(_cell, paths[:4]))
    return f"{shown} and {len(paths) - 4} more" if len(paths) > 4 else shown


def _cell(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"\\{match.group()}", printable(text))
