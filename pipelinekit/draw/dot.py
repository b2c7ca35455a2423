"""The graph in Graphviz' language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pipelinekit.draw.drawing import MARKS, Change, Drawing, Edge, Node, in_words

#: `dot` takes minutes from about here on; `--collapse auto` collapses what has more.
READABLE = 300
_STYLES: dict[Change | None, list[str]] = {
    None: [],
    "added": ["color=green4", "penwidth=2"],
    "removed": ["color=gray60", "fontcolor=gray40", "style=dashed"],
    "changed": ["color=orange3", "penwidth=2"],
}


def dot_lines(drawing: Drawing) -> Iterator[str]:
    """A directed graph from what is made to what needs it, labelled with what passes."""
    yield "digraph pipeline {"
    yield "  node [shape=box];"
    by_file: dict[str, list[Node]] = defaultdict(list)
    for node in drawing.nodes:
        by_file[node.file if node.kind in ("stage", "group") else ""].append(node)
    alone = by_file.pop("", [])
    for node in alone:
        yield _node(node, node.label, "  ")
    for position, (file, nodes) in enumerate(by_file.items(), start=1):
        if len(by_file) == 1 and not alone:
            yield from (_node(node, node.label, "  ") for node in nodes)
            continue
        yield f"  subgraph cluster_{position} {{"
        yield f"    label={_quoted(file)};"
        yield from (_node(node, _short(node), "    ") for node in nodes)
        yield "  }"
    for edge in drawing.edges:
        yield _edge(edge)
    yield "}"


def _node(node: Node, label: str, indent: str) -> str:
    attributes = [f"label={_quoted(in_words(node, label))}", *_STYLES[node.change]]
    if node.kind != "stage":
        attributes.append("peripheries=2")
    return f"{indent}{_quoted(node.address)} [{', '.join(attributes)}];"


def _edge(edge: Edge) -> str:
    more = f" and {edge.edge_count - 1} more" if edge.edge_count > 1 else ""
    attributes = [f"tooltip={_quoted(edge.path + more)}", *_STYLES[edge.change]]
    if edge.via:
        attributes += ["style=dotted", f"label={_quoted(edge.way)}"]
    elif edge.change is not None:
        attributes.append(f'label="{MARKS[edge.change].strip()}"')
    return f"  {_quoted(edge.producer)} -> {_quoted(edge.consumer)} [{', '.join(attributes)}];"


def _short(node: Node) -> str:
    return node.address[len(node.file) + 1 :] if node.kind == "stage" else node.name


def _quoted(text: str) -> str:
    # in a quoted string only the quote and the backslash are special; a control character would be drawn as one
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    # in a label `&` would start a character of HTML
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'
