"""The grade as a small picture for a README: an SVG of our own, the same bytes for the same grade."""

from __future__ import annotations

from pipelinekit.adoption.grade import Graded
from pipelinekit.adoption.point import Grade

#: White on each of them can be read.
_COLOURS: dict[Grade, str] = {"A": "#1a7f37", "B": "#4d7c0f", "C": "#8a6100", "D": "#bc4c00", "F": "#b42318"}
_LABEL = "pipeline"
#: of a character, in a font of 11 pixels; `textLength` makes up for fonts that are wider or narrower
_CHARACTER = 6.0
_PADDING = 7


def badge_svg(graded: Graded) -> str:
    """The picture, 20 pixels high."""
    value = f"{graded.grade} · {graded.percent} %"
    left, right = _width(_LABEL), _width(value)
    whole = left + right
    title = f"{_LABEL}: grade {graded.grade}, {graded.percent} %"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>\n'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#424a53"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{_COLOURS[graded.grade]}"/></g>\n'
        '<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">\n'
        f"{_text(_LABEL, 0, left)}\n{_text(value, left, right)}\n</g>\n</svg>\n"
    )


def _width(text: str) -> int:
    return round(len(text) * _CHARACTER) + 2 * _PADDING


def _text(text: str, start: int, width: int) -> str:
    return f'<text x="{start + _PADDING}" y="14" textLength="{width - 2 * _PADDING}">{text}</text>'
