"""The graph as indented text: below each stage those that need it, with what they get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.draw.drawing import Change, Drawing, Edge
from pipelinekit.report.escape import printable

#: At what depth the indentation stops to grow: deeper stages would leave the screen on the right.
MAX_INDENT = 16

_SIGNS: dict[Change | None, str] = {None: "", "added": "+ ", "removed": "- ", "changed": "~ "}


class Strokes(NamedTuple):
    """What the lines are drawn with."""

    branch: str
    last: str
    down: str
    blank: str
    again: str


BOXES = Strokes("├─ ", "└─ ", "│  ", "   ", " ↑")
PLAIN = Strokes("  ", "  ", "  ", "  ", " (above)")


def text_lines(drawing: Drawing, *, boxes: bool, width: int) -> Iterator[str]:
    """A tree of the stages; one that needs several stands below the first, and is only named below the others."""
    consumers: dict[str, list[Edge]] = defaultdict(list)
    needing = set()
    for edge, note in zip(drawing.edges, drawing.notes(), strict=True):
        if edge.producer != edge.consumer:
            consumers[edge.producer].append(edge._replace(path=f"{edge.path} ({note})") if note else edge)
            needing.add(edge.consumer)
    labels = {node.address: _SIGNS[node.change] + printable(node.label) for node in drawing.nodes}
    strokes = BOXES if boxes else PLAIN
    seen: set[str] = set()
    roots = [node.address for node in drawing.nodes if node.address not in needing]
    # stages in a circle have no beginning: whatever is left starts at its first one
    for root in [*roots, *(node.address for node in drawing.nodes)]:
        if root not in seen:
            yield from _tree(root, consumers, labels, strokes, seen, width)


def _tree(
    root: str,
    consumers: dict[str, list[Edge]],
    labels: dict[str, str],
    strokes: Strokes,
    seen: set[str],
    width: int,
) -> Iterator[str]:
    yield labels[root]
    seen.add(root)
    stack = [_Branch(edges=consumers.get(root, []), prefix="")]
    while stack:
        branch = stack[-1]
        if branch.position == len(branch.edges):
            stack.pop()
            continue
        edge = branch.edges[branch.position]
        branch.position += 1
        is_last = branch.position == len(branch.edges)
        again = edge.consumer in seen
        name = labels[edge.consumer] + (strokes.again if again else "")
        yield _line(branch.prefix + (strokes.last if is_last else strokes.branch) + name, printable(edge.path), width)
        if not again:
            seen.add(edge.consumer)
            deeper = branch.prefix + (strokes.blank if is_last else strokes.down)
            prefix = deeper if len(deeper) <= MAX_INDENT * len(strokes.blank) else branch.prefix
            stack.append(_Branch(edges=consumers.get(edge.consumer, []), prefix=prefix))


class _Branch:
    """The stages below one, and how far they are drawn."""

    def __init__(self, edges: list[Edge], prefix: str) -> None:
        self.edges = edges
        self.prefix = prefix
        self.position = 0


def _line(left: str, path: str, width: int) -> str:
    """A stage, and what it gets, in one line of the screen if that can be."""
    room = width - len(left) - 2
    if room < 8:
        return left
    if len(path) > room:
        path = "…" + path[-(room - 1) :]
    return f"{left}  {path}"
