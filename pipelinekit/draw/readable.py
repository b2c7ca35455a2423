"""As much of a graph as each format can show."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipelinekit.draw import dot, mermaid, svg, text
from pipelinekit.draw.collapse import Level, collapsed, fitting
from pipelinekit.draw.drawing import Drawing
from pipelinekit.draw.reduce import reduced

#: Nodes that can be read, by format.
READABLE = {
    "text": text.READABLE,
    "mermaid": mermaid.READABLE,
    "markdown": mermaid.READABLE,
    "dot": dot.READABLE,
    "svg": svg.READABLE,
}
_IN_WORDS: dict[Level, str] = {
    "none": "",
    "groups": "foreach and matrix",
    "files": "dvc.yaml file",
    "folders": "folder",
}


class Readable(NamedTuple):
    """What to draw, and what to say of it: whole sentences but for the first capital."""

    drawing: Drawing
    notes: tuple[str, ...] = ()


def readable(
    drawing: Drawing, output_format: str, level: Level | None, *, expand: Iterable[str] = (), all_edges: bool = False
) -> Readable:
    """The drawing collapsed to a level, or (None) as far as the format needs it, without implied edges.

    Raises UnknownContainerError.
    """
    expand = tuple(expand)

    def edges(candidate: Drawing) -> Drawing:
        return candidate if all_edges else reduced(candidate)

    notes = []
    if level is not None:
        drawn = edges(collapsed(drawing, level, expand))
    else:
        drawn, level = fitting(drawing, READABLE[output_format], expand, _fits(output_format, edges))
        drawn = edges(drawn)
        if level != "none":
            notes.append(
                f"{len(drawing.nodes)} stages are drawn as {len(drawn.nodes)}, one for each {_IN_WORDS[level]}: "
                "--expand NAME opens one, --collapse none all"
            )
    if output_format in ("mermaid", "markdown") and not mermaid.fits_github(drawn):
        notes.append(
            f"GitHub draws at most {mermaid.MAX_EDGES} edges and {mermaid.MAX_CHARACTERS:,} characters, and this is "
            "more: --format html or svg shows all of it"
        )
    return Readable(drawn, tuple(notes))


def _fits(output_format: str, edges: Callable[[Drawing], Drawing]) -> Callable[[Drawing], bool]:
    """What a format can show beside a number of nodes."""
    if output_format in ("mermaid", "markdown"):
        return lambda candidate: mermaid.fits_github(edges(candidate))
    if output_format == "text":
        # a stage has a line below each one that it needs
        return lambda candidate: len(edges(candidate).edges) <= text.READABLE_EDGES
    return lambda _: True
