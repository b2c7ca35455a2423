"""The graph in Mermaid's language, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pipelinekit.draw.drawing import Change, Drawing, Edge, Node, in_words

#: What GitHub's Mermaid draws at most; a longer text or another edge, and it shows an error in place of the graph.
MAX_EDGES = 500
MAX_CHARACTERS = 50_000
#: With more boxes nothing can be read in a page of Markdown; `--collapse auto` collapses what has more.
READABLE = 100
# Inside of quotes Mermaid reads `#number;` as a character; everything that could end the label, or be taken for
# Markdown or HTML, is written like that.
_SPECIAL = frozenset('"#&<>`\\;%')
# at the start of a label
_STARTS_A_LIST = frozenset("+-")
_ARROWS: dict[Change | None, str] = {None: "-->", "added": "==>", "removed": "-.->", "changed": "-->"}
#: Light boxes with dark text, whatever the theme.
_CLASSES: dict[Change, str] = {
    "added": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:3px",
    "removed": "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:5 4",
    "changed": "fill:#fff8c5,stroke:#9a6700,color:#1f2328,stroke-width:3px",
}
_LINKS: dict[Change, str] = {
    "added": "stroke:#1a7f37,stroke-width:3px",
    "removed": "stroke:#cf222e",
    "changed": "stroke:#9a6700,stroke-width:3px",
}


def fits_github(drawing: Drawing) -> bool:
    """Whether GitHub draws it."""
    return len(drawing.edges) <= MAX_EDGES and sum(len(line) + 1 for line in mermaid_lines(drawing)) <= MAX_CHARACTERS


def mermaid_lines(drawing: Drawing) -> Iterator[str]:
    """A flow chart from what is made to what needs it, one box around the stages of each `dvc.yaml`."""
    yield "flowchart TD"
    names = {node.address: f"s{index}" for index, node in enumerate(drawing.nodes, start=1)}
    by_file: dict[str, list[Node]] = defaultdict(list)
    for node in drawing.nodes:
        by_file[node.file if node.kind in ("stage", "group") else ""].append(node)
    alone = by_file.pop("", [])
    for node in alone:
        yield f"  {names[node.address]}{_box(node, node.label)}"
    for position, (file, nodes) in enumerate(by_file.items(), start=1):
        if len(by_file) == 1 and not alone:
            yield from (f"  {names[node.address]}{_box(node, node.label)}" for node in nodes)
            continue
        yield f"  subgraph f{position}[{_quoted(file)}]"
        yield from (f"    {names[node.address]}{_box(node, _short(node))}" for node in nodes)
        yield "  end"
    for edge in drawing.edges:
        yield f"  {names[edge.producer]} {_arrow(edge)} {names[edge.consumer]}"
    yield from _styles(drawing, names)


def _styles(drawing: Drawing, names: dict[str, str]) -> Iterator[str]:
    for change, style in _CLASSES.items():
        members = [names[node.address] for node in drawing.nodes if node.change == change]
        if members:
            yield f"  classDef {change} {style}"
            yield f"  class {','.join(members)} {change}"
        links = [str(index) for index, edge in enumerate(drawing.edges) if edge.change == change]
        if links:
            yield f"  linkStyle {','.join(links)} {_LINKS[change]}"


def _arrow(edge: Edge) -> str:
    arrow = "-.->" if edge.via else _ARROWS[edge.change]
    label = '"#126;"' if edge.change == "changed" else _quoted(edge.way) if edge.via else ""
    return f"{arrow}|{label}|" if label else arrow


def _box(node: Node, label: str) -> str:
    text = _quoted(in_words(node, label))
    return f"[{text}]" if node.kind == "stage" else f"[[{text}]]"


def _short(node: Node) -> str:
    """The name alone: the box around it says the file."""
    return node.address[len(node.file) + 1 :] if node.kind == "stage" else node.name


def _quoted(text: str) -> str:
    start = f"#{ord(text[0])};" if text[:1] in _STARTS_A_LIST else text[:1]
    if len(start) == 1:
        start = _character(start)
    rest = "".join(_character(char) for char in text[1:])
    return f'"{start}{rest}"'


def _character(char: str) -> str:
    if "\x80" <= char <= "\x9f":  # for which HTML has other characters
        return f"#92;x{ord(char):02x}"
    if char in _SPECIAL or not char.isprintable():
        return f"#{ord(char)};"
    return char
