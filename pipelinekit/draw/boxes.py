"""The box of a node in a picture: two lines of text, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pipelinekit.draw.details import Details
from pipelinekit.draw.drawing import MARKS, Node
from pipelinekit.draw.layout import Size
from pipelinekit.draw.measure import fitted, text_width
from pipelinekit.project.paths import folder_of
from pipelinekit.report.escape import printable

NAME_SIZE = 13
UNDER_SIZE = 11
HEIGHT = 44
PADDING = 12
NARROWEST = 112
WIDEST = 264


class Box(NamedTuple):
    """What is written in the box of a node, shortened where there is no room, and its size in pixels."""

    name: str
    under: str
    size: Size


def box_of(node: Node, details: Mapping[str, Details]) -> Box:
    """The name of a node, and below what it makes, or how many stages it holds."""
    room = WIDEST - 2 * PADDING
    name = fitted(MARKS[node.change] + printable(node.name), NAME_SIZE, room)
    under = fitted(printable(under_of(node, details)), UNDER_SIZE, room)
    width = max(text_width(name, NAME_SIZE), text_width(under, UNDER_SIZE)) + 2 * PADDING
    return Box(name, under, Size(round(min(max(width, NARROWEST), WIDEST)), HEIGHT))


def under_of(node: Node, details: Mapping[str, Details]) -> str:
    """What stands below the name: the first output, or how many stages there are and in which folder."""
    if node.kind != "stage":
        folder = folder_of(node.file) if node.kind == "group" else ""
        return f"{node.stage_count} stages" + (f" in {folder}" if folder not in ("", ".") else "")
    known = details.get(node.address)
    if known is None:
        return "" if node.label == node.name else node.file
    if not known.outs:
        return "no outputs"
    more = f" +{len(known.outs) - 1}" if len(known.outs) > 1 else ""
    return known.outs[0].path + more
