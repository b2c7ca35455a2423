"""The graph as a picture: one SVG that needs nothing else, for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from pipelinekit.draw.boxes import HEIGHT, PADDING, Box, box_of
from pipelinekit.draw.details import Details, StageFinding
from pipelinekit.draw.drawing import MARKS, Change, Drawing, Edge, Node
from pipelinekit.draw.layout import Placed, placed
from pipelinekit.draw.measure import FONTS, text_width
from pipelinekit.report.escape import printable

#: With more boxes a page shows lines and no names; `--collapse auto` collapses what has more.
READABLE = 150
MARGIN = 24
CORNER = 6.0
_BADGES = {"error": "×", "warning": "!", "advice": "i"}
_LEVELS = tuple(_BADGES)
_STYLE = (
    """
svg { color-scheme: light dark; --page: #ffffff; --card: #f6f8fa; --line: #8c959f; --border: #afb8c1; --ink: #1f2328;
  --quiet: #59636e; --added: #1a7f37; --removed: #8c959f; --changed: #9a6700; --error: #cf222e; --warning: #9a6700;
  --advice: #0969da; --on: #ffffff;
  --fonts: """
    + FONTS
    + """; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --card: #161b22; --line: #6e7681; --border: #3d444d;
  --ink: #e6edf3; --quiet: #9198a1; --added: #3fb950; --removed: #6e7681; --changed: #d29922; --error: #f85149;
  --warning: #d29922; --advice: #4493f8; --on: #0d1117; } }
.page { fill: var(--page); }
.card { fill: var(--card); stroke: var(--border); }
.name { font: 600 13px var(--fonts); fill: var(--ink); white-space: pre; }
.under { font: 11px var(--fonts); fill: var(--quiet); white-space: pre; }
.edge { fill: none; stroke: var(--line); stroke-width: 1.4; marker-end: url(#arrow); }
.head { fill: var(--line); }
.sign { font: 700 14px var(--fonts); fill: var(--quiet); stroke: var(--page); stroke-width: 5; paint-order: stroke; }
.sign.added { fill: var(--added); } .sign.changed { fill: var(--changed); }
.badge rect { stroke: var(--page); stroke-width: 1.5; }
.badge text { font: 700 10px var(--fonts); fill: var(--on); }
.badge.error rect { fill: var(--error); } .badge.warning rect { fill: var(--warning); }
.badge.advice rect { fill: var(--advice); }
.added .card { stroke: var(--added); stroke-width: 2.5; } .added .name { fill: var(--added); }
.changed .card { stroke: var(--changed); stroke-width: 2.5; } .changed .name { fill: var(--changed); }
.removed .card { fill: none; stroke-dasharray: 5 4; } .removed .name, .removed .under { fill: var(--quiet); }
.edge.added { stroke: var(--added); stroke-width: 2.4; } .edge.changed { stroke: var(--changed); stroke-width: 2.4; }
.edge.removed { stroke-dasharray: 5 4; opacity: .7; }
"""
)


def svg_lines(drawing: Drawing, details: Mapping[str, Details], title: str) -> Iterator[str]:
    """The picture, line by line. Raises NoLayoutError."""
    boxes = [box_of(node, details) for node in drawing.nodes]
    layout = placed(drawing, [box.size for box in boxes])
    width, height = layout.size.width + 2 * MARGIN, layout.size.height + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{_text(title)}">'
    )
    yield f"<title>{_text(title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
    )
    yield f'<rect class="page" width="{width:g}" height="{height:g}"/>'
    yield f'<g transform="translate({MARGIN} {MARGIN})">'
    yield from _edges(drawing.edges, layout)
    for node, box, (x, y) in zip(drawing.nodes, boxes, layout.corners, strict=True):
        yield from _node(node, box, x, y, details)
    yield "</g>"
    yield "</svg>"


def _edges(edges: Iterable[Edge], layout: Placed) -> Iterator[str]:
    for edge, points in zip(edges, layout.lines, strict=True):
        if points:
            style = _class("edge", edge.change)
            passes = _text(edge.path + (f" and {edge.edge_count - 1} more" if edge.edge_count > 1 else ""))
            said = f"{_text(edge.producer)} → {_text(edge.consumer)}: {passes}{_in_words(edge.change)}"
            yield f'<path class="{style}" d="{rounded(points)}"><title>{said}</title></path>'
            if edge.change is not None:
                x, y = points[-1]
                sign = MARKS[edge.change].strip()
                yield f'<text class="sign {edge.change}" x="{x - 24:g}" y="{y + 4.5:g}">{sign}</text>'


def _node(node: Node, box: Box, x: float, y: float, details: Mapping[str, Details]) -> Iterator[str]:
    width = box.size.width
    findings = findings_of(node, details)
    yield f'<g class="{_class("node", node.change)}" transform="translate({x:g} {y:g})">'
    yield f"<title>{_text(_title(node, findings, details))}</title>"
    if node.kind != "stage":  # a stack of cards
        yield f'<rect class="card" x="4" y="4" width="{width:g}" height="{HEIGHT}" rx="7"/>'
    yield f'<rect class="card" width="{width:g}" height="{HEIGHT}" rx="7"/>'
    baseline = 19 if box.under else 27
    yield f'<text class="name" x="{PADDING}" y="{baseline}">{_text(box.name)}</text>'
    if box.under:
        yield f'<text class="under" x="{PADDING}" y="35">{_text(box.under)}</text>'
    if findings:
        level = worst(findings)
        label = f"{len(findings)}{_BADGES[level]}"
        room = round(text_width(label, 10) + 8)
        yield (
            f'<g class="badge {level}" transform="translate({width - room + 6:g} -8)">'
            f'<rect width="{room}" height="16" rx="8"/><text x="4" y="11.5">{label}</text></g>'
        )
    yield "</g>"


def findings_of(node: Node, details: Mapping[str, Details]) -> list[StageFinding]:
    """What the linter says of a stage, or of those that a node stands for, each finding once."""
    addresses = node.members or (node.address,)
    found: dict[StageFinding, None] = {}
    for address in addresses:
        if address in details:
            found.update(dict.fromkeys(details[address].findings))
    return list(found)


def worst(findings: Iterable[StageFinding]) -> str:
    """The most severe level among findings."""
    return min((finding.level for finding in findings), key=_LEVELS.index)


def _title(node: Node, findings: list[StageFinding], details: Mapping[str, Details]) -> str:
    lines = [f"{node.address}{_in_words(node.change)}"]
    if node.kind != "stage":
        lines.append(f"{node.stage_count} stages")
    elif node.address in details:
        known = details[node.address]
        lines += [*known.commands, *(f"makes {out.path}" for out in known.outs)]
    lines += [f"{finding.level} {finding.code}: {finding.message}" for finding in findings[:10]]
    if len(findings) > 10:
        lines.append(f"and {len(findings) - 10} more findings")
    return "\n".join(lines)


def _in_words(change: Change | None) -> str:
    return f" ({change})" if change is not None else ""


def _class(name: str, change: Change | None) -> str:
    return name if change is None else f"{name} {change}"


def rounded(points: list[tuple[float, float]]) -> str:
    """A line through points, as the `d` of a path, its corners rounded."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(here, before), _towards(here, after)
        parts.append(f"L{start[0]:g} {start[1]:g}Q{here[0]:g} {here[1]:g} {end[0]:g} {end[1]:g}")
    parts.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return "".join(parts)


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Where the rounding of a corner begins on the side of another point."""
    across, down = other[0] - corner[0], other[1] - corner[1]
    length = max((across * across + down * down) ** 0.5, 1e-9)
    part = min(CORNER, length / 2) / length
    return round(corner[0] + across * part, 1), round(corner[1] + down * part, 1)


# what XML can't hold, and is no control character either
_NO_XML = str.maketrans({0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"})


def _text(text: str) -> str:
    return escape("\n".join(printable(line) for line in text.split("\n")).translate(_NO_XML), quote=True)
