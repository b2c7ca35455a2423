"""The graph in Graphviz' language."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.draw.drawing import Change, Drawing, Node

_STYLES: dict[Change | None, str] = {
    None: "",
    "added": ', style=bold, color="#1a7f37"',
    "removed": ', style=dashed, color="#cf222e"',
    "changed": ', color="#9a6700", penwidth=2',
}


def dot_lines(drawing: Drawing) -> Iterator[str]:
    """A directed graph from what is made to what needs it, labelled with what passes."""
    yield "digraph pipeline {"
    yield "  node [shape=box];"
    files = list(dict.fromkeys(node.file for node in drawing.nodes))
    for position, file in enumerate(files, start=1):
        nodes = [node for node in drawing.nodes if node.file == file]
        if len(files) == 1:
            yield from (_node(node, node.label, "  ") for node in nodes)
            continue
        yield f"  subgraph cluster_{position} {{"
        yield f"    label={_quoted(file)};"
        yield from (_node(node, node.address[len(node.file) + 1 :], "    ") for node in nodes)
        yield "  }"
    for edge, note in zip(drawing.edges, drawing.notes(), strict=True):
        label = f", label={_quoted(note)}" if note else ""
        style = ", style=dotted" if edge.via else _STYLES[edge.change]
        yield f"  {_quoted(edge.producer)} -> {_quoted(edge.consumer)} [tooltip={_quoted(edge.path)}{label}{style}];"
    yield "}"


def _node(node: Node, label: str, indent: str) -> str:
    shown = f"{label} ({node.change})" if node.change is not None else label
    return f"{indent}{_quoted(node.address)} [label={_quoted(shown)}{_STYLES[node.change]}];"


def _quoted(text: str) -> str:
    # in a quoted string only the quote and the backslash are special; a control character would be drawn as one
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
