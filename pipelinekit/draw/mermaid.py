"""The graph in Mermaid's language, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.draw.drawing import Drawing, Node

# Inside of quotes Mermaid reads `#number;` as a character; everything that could end the label, or be taken for
# Markdown or HTML, is written like that.
_SPECIAL = frozenset('"#&<>`\\;%')


def mermaid_lines(drawing: Drawing) -> Iterator[str]:
    """A flow chart from what is made to what needs it, one box around the stages of each `dvc.yaml`."""
    yield "flowchart TD"
    names = {node.address: f"s{index}" for index, node in enumerate(drawing.nodes, start=1)}
    files = list(dict.fromkeys(node.file for node in drawing.nodes))
    for position, file in enumerate(files, start=1):
        nodes = [node for node in drawing.nodes if node.file == file]
        if len(files) == 1:
            yield from (f"  {names[node.address]}[{_quoted(node.label)}]" for node in nodes)
            continue
        yield f"  subgraph f{position}[{_quoted(file)}]"
        yield from (f"    {names[node.address]}[{_quoted(_short(node))}]" for node in nodes)
        yield "  end"
    for edge in drawing.edges:
        yield f"  {names[edge.producer]} --> {names[edge.consumer]}"


def _short(node: Node) -> str:
    """The name alone: the box around it says the file."""
    return node.address[len(node.file) + 1 :]


def _quoted(text: str) -> str:
    return '"' + "".join(_character(char) for char in text) + '"'


def _character(char: str) -> str:
    if char in _SPECIAL or not char.isprintable():
        return f"#{ord(char)};"
    return char
