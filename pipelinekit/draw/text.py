"""The graph as indented text: below each stage those that need it, with what they get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.draw.drawing import MARKS, Change, Drawing, Edge, Node, in_words
from pipelinekit.report.escape import printable

#: At what depth the indentation stops to grow: deeper stages would leave the screen on the right.
MAX_INDENT = 16
#: So many lines can be taken in; `--collapse auto` collapses what has more.
READABLE = 60
READABLE_EDGES = 100


class Strokes(NamedTuple):
    """What the lines are drawn with."""

    branch: str
    last: str
    down: str
    blank: str
    again: str
    below: str


BOXES = Strokes("├─ ", "└─ ", "│  ", "   ", " ↑", " ↓")
PLAIN = Strokes("  ", "  ", "  ", "  ", " (above)", " (below)")
#: green, faint, amber
_COLOURS: dict[Change | None, str] = {"added": "\x1b[32m", "removed": "\x1b[2m", "changed": "\x1b[33m"}


def text_lines(drawing: Drawing, *, boxes: bool, width: int, colour: bool = False) -> Iterator[str]:
    """A tree of the stages; one that needs several stands below the first, and is only named below the others."""
    return _Tree(drawing, BOXES if boxes else PLAIN, width, colour=colour).lines()


class _Tree:
    def __init__(self, drawing: Drawing, strokes: Strokes, width: int, *, colour: bool) -> None:
        self.nodes = {node.address: node for node in drawing.nodes}
        self.strokes = strokes
        self.width = width
        self.colour = colour
        self.seen: set[str] = set()
        self.consumers: dict[str, list[Edge]] = defaultdict(list)
        #: stages that a way leads to which is still there
        self.needing: set[str] = set()
        for edge in drawing.edges:
            if edge.producer != edge.consumer:
                self.consumers[edge.producer].append(edge)
                if self._leads_down(edge):
                    self.needing.add(edge.consumer)

    def _leads_down(self, edge: Edge) -> bool:
        """Whether a stage is drawn below another: an edge that is gone leads to no stage that is still there."""
        return edge.change != "removed" or self.nodes[edge.consumer].change == "removed"

    def _is_told(self, edge: Edge) -> bool:
        """Whether what became of an edge goes without saying: one of its stages is new, or gone."""
        ends = (self.nodes[edge.consumer], self.nodes[edge.producer])
        return any(node.change is not None and node.change == edge.change != "changed" for node in ends)

    def lines(self) -> Iterator[str]:
        roots = [address for address in self.nodes if address not in self.needing]
        # stages in a circle have no beginning: whatever is left starts at its first one
        for root in [*roots, *self.nodes]:
            if root not in self.seen:
                yield from self._below(root)

    def _below(self, root: str) -> Iterator[str]:
        yield self._line("", self.nodes[root], None, "")
        self.seen.add(root)
        stack = [_Branch(edges=self.consumers.get(root, []), prefix="")]
        strokes = self.strokes
        while stack:
            branch = stack[-1]
            if branch.position == len(branch.edges):
                stack.pop()
                continue
            edge = branch.edges[branch.position]
            branch.position += 1
            is_last = branch.position == len(branch.edges)
            is_drawn_here = edge.consumer not in self.seen and self._leads_down(edge)
            suffix = "" if is_drawn_here else strokes.again if edge.consumer in self.seen else strokes.below
            left = branch.prefix + (strokes.last if is_last else strokes.branch)
            yield self._line(left, self.nodes[edge.consumer], edge, suffix)
            if is_drawn_here:
                self.seen.add(edge.consumer)
                deeper = branch.prefix + (strokes.blank if is_last else strokes.down)
                prefix = deeper if len(deeper) <= MAX_INDENT * len(strokes.blank) else branch.prefix
                stack.append(_Branch(edges=self.consumers.get(edge.consumer, []), prefix=prefix))

    def _line(self, left: str, node: Node, edge: Edge | None, suffix: str) -> str:
        """A stage, and what it gets, in one line of the screen if that can be."""
        name = printable(in_words(node, node.label))
        if not self.strokes.branch.strip():
            name = name.replace("…", "...").replace(" ×", "  x")
        room = self.width - len(left) - len(suffix)
        name = shortened(name, max(room, 16))
        line = left + self._painted(name, node.change) + suffix
        if edge is None:
            return line
        change = None if self._is_told(edge) else edge.change
        path = printable(MARKS[change] + edge.path)
        more = f" and {edge.edge_count - 1} more" if edge.edge_count > 1 else ""
        more += f" ({printable(edge.way)})" if edge.via else ""
        room -= len(name) + 2 + len(more)
        if room < 8:
            return line
        if len(path) > room:
            path = "…" + path[-(room - 1) :] if self.strokes.branch.strip() else "..." + path[-(room - 3) :]
        return f"{line}  {self._painted(path + more, change)}"

    def _painted(self, text: str, change: Change | None) -> str:
        start = _COLOURS.get(change) if self.colour else None
        return f"{start}{text}\x1b[0m" if start else text


class _Branch:
    """The stages below one, and how far they are drawn."""

    def __init__(self, edges: list[Edge], prefix: str) -> None:
        self.edges = edges
        self.prefix = prefix
        self.position = 0


def shortened(text: str, room: int, gap: str = "…") -> str:
    """A text that has no room, without its middle: names that begin alike often differ at the end."""
    if len(text) <= room:
        return text
    kept = room - len(gap)
    end = kept // 2
    return text[: kept - end] + gap + text[len(text) - end :]
