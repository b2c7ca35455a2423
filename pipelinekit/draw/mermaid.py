"""The graph in Mermaid's language, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.draw.drawing import Change, Drawing, Node

# Inside of quotes Mermaid reads `#number;` as a character; everything that could end the label, or be taken for
# Markdown or HTML, is written like that.
_SPECIAL = frozenset('"#&<>`\\;%')

_ARROWS: dict[Change | None, str] = {None: "-->", "added": "==>", "removed": "-.->", "changed": "==>"}
#: Light boxes with dark text, whatever the theme; a kind of line for each, for whom the colours are alike.
_STYLES: dict[Change, str] = {
    "added": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:3px",
    "removed": "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:4 4",
    "changed": "fill:#fff8c5,stroke:#9a6700,color:#1f2328,stroke-width:2px",
}


def mermaid_lines(drawing: Drawing) -> Iterator[str]:
    """A flow chart from what is made to what needs it, one box around the stages of each `dvc.yaml`."""
    yield "flowchart TD"
    names = {node.address: f"s{index}" for index, node in enumerate(drawing.nodes, start=1)}
    files = list(dict.fromkeys(node.file for node in drawing.nodes))
    for position, file in enumerate(files, start=1):
        nodes = [node for node in drawing.nodes if node.file == file]
        if len(files) == 1:
            yield from (_node(names[node.address], node.label, node) for node in nodes)
            continue
        yield f"  subgraph f{position}[{_quoted(file)}]"
        yield from ("  " + _node(names[node.address], _short(node), node) for node in nodes)
        yield "  end"
    for edge, note in zip(drawing.edges, drawing.notes(), strict=True):
        arrow = "-.->" if edge.via else _ARROWS[edge.change]
        label = f"|{_quoted(note)}|" if note else ""
        yield f"  {names[edge.producer]} {arrow}{label} {names[edge.consumer]}"
    for change in dict.fromkeys(node.change for node in drawing.nodes):
        if change is not None:
            yield f"  classDef {change} {_STYLES[change]}"


def _node(name: str, label: str, node: Node) -> str:
    """A box. Mermaid takes a `+` or `-` before a label for a list, so what became of the stage stands behind it."""
    if node.change is None:
        return f"  {name}[{_quoted(label)}]"
    return f"  {name}[{_quoted(f'{label} ({node.change})')}]:::{node.change}"


def _short(node: Node) -> str:
    """The name alone: the box around it says the file."""
    return node.address[len(node.file) + 1 :]


def _quoted(text: str) -> str:
    return '"' + "".join(_character(char) for char in text) + '"'


def _character(char: str) -> str:
    if char in _SPECIAL or not char.isprintable():
        return f"#{ord(char)};"
    return char
