"""`pipelinekit graph`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from pipelinekit import __version__
from pipelinekit.cli.options import InputError, debug_option, project_option
from pipelinekit.cli.reading import read_graph

if TYPE_CHECKING:
    from pipelinekit.draw.details import Details
    from pipelinekit.draw.drawing import Drawing
    from pipelinekit.graph.graph import Graph

_FORMATS = ["text", "mermaid", "dot", "json", "svg", "html", "markdown"]
_LEVELS = ["auto", "none", "groups", "files", "folders"]


class _Chosen(NamedTuple):
    """What to draw, and how."""

    output_format: str
    collapse: str
    expand: tuple[str, ...]
    all_edges: bool
    to_file: bool


@click.command("graph", epilog="Example: pipelinekit graph --format html -o graph.html")
@click.option("--format", "output_format", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", default=None, help="Write the drawing to a file.")
@click.option(
    "--collapse",
    type=click.Choice(_LEVELS),
    default="auto",
    show_default=True,
    help="Draw as one: the stages of each foreach or matrix (groups), of each dvc.yaml in a folder below (files), of "
    "each folder and the main dvc.yaml (folders); auto does what it takes to be readable.",
)
@click.option(
    "--expand",
    multiple=True,
    metavar="NAME",
    help="Draw the stages of this group, file or folder all the same. A glob, can be repeated.",
)
@click.option("--all-edges", is_flag=True, help="Draw also the edges that others imply.")
@project_option
@debug_option
def command(
    output_format: str,
    output: str | None,
    collapse: str,
    expand: tuple[str, ...],
    all_edges: bool,
    project: str | None,
) -> int:
    """Draw the graph of the stages.

    As text each stage stands below the first one that it needs, with what it gets from it. json is never collapsed
    and has all edges. html is one page that works offline; it and svg show what the linter finds. Nothing of yours
    is executed.
    """
    from pipelinekit.draw.drawing import drawing_of

    graph, status = read_graph(project)
    chosen = _Chosen(output_format, collapse, expand, all_edges, output is not None)
    text = _drawn(graph, drawing_of(graph), chosen, project or os.getcwd())
    if output is None:
        click.echo(text, nl=False, color=True)
    else:
        _write(output, text)
    return status


def _drawn(graph: Graph, drawing: Drawing, chosen: _Chosen, start: str) -> str:
    from pipelinekit.draw.layout import NoLayoutError

    name = chosen.output_format
    if name == "json":
        from pipelinekit.draw.json_graph import json_graph

        return json_graph(drawing) + "\n"
    title = os.path.basename(graph.index.project.root)
    try:
        if name == "html":
            from pipelinekit.draw.html import html_page

            return html_page(drawing, _details(graph, start), title, __version__)
        drawn = _collapsed(drawing, chosen)
        if name == "svg":
            from pipelinekit.draw.svg import svg_lines

            return _text(svg_lines(drawn, _details(graph, start), title))
    except NoLayoutError as error:
        raise InputError(str(error)) from None
    if name == "mermaid":
        from pipelinekit.draw.mermaid import mermaid_lines

        return _text(mermaid_lines(drawn))
    if name == "markdown":
        from pipelinekit.draw.details import details_of
        from pipelinekit.draw.markdown import markdown_lines

        return _text(markdown_lines(drawn, details_of(graph), title))
    if name == "dot":
        from pipelinekit.draw.dot import dot_lines

        return _text(dot_lines(drawn))
    from pipelinekit.cli.terminal import WIDTH_OF_A_FILE, is_terminal, wants_colour, width
    from pipelinekit.draw.text import text_lines

    if chosen.to_file:
        return _text(text_lines(drawn, boxes=False, width=WIDTH_OF_A_FILE))
    return _text(text_lines(drawn, boxes=is_terminal(), width=width(), colour=wants_colour()))


def _collapsed(drawing: Drawing, chosen: _Chosen) -> Drawing:
    """The drawing as it was asked for; what was collapsed or can't be shown is said."""
    from pipelinekit.draw.collapse import UnknownContainerError
    from pipelinekit.draw.readable import readable

    try:
        drawn = readable(
            drawing, chosen.output_format, chosen.collapse, expand=chosen.expand, all_edges=chosen.all_edges
        )
    except UnknownContainerError as error:
        from pipelinekit.model.suggest import did_you_mean

        message = f"--expand {error.name}: no group, file or folder with several stages is called that"
        raise InputError(f"{message}. {did_you_mean(error.name, error.known)}".rstrip(". ")) from None
    for note in drawn.notes:
        click.echo(f"pipelinekit: {note}", err=True)
    return drawn.drawing


def _details(graph: Graph, start: str) -> dict[str, Details]:
    """What is known of the stages, with what the linter says."""
    from pipelinekit.draw.details import StageFinding, details_of
    from pipelinekit.lint.by_stage import findings_by_stage
    from pipelinekit.lint.selection import UnknownRuleError
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.rules.plugins import PluginError

    try:
        found = findings_by_stage(graph, start)
    except (ConfigurationError, PluginError, UnknownRuleError) as error:
        raise InputError(str(error)) from None
    findings = {
        stage: [
            StageFinding(
                one.code, one.level or "warning", one.message, one.file, one.place.document.line_of(one.place.start)
            )
            for one in several
        ]
        for stage, several in found.items()
    }
    return details_of(graph, findings=findings)


def _text(lines: object) -> str:
    return "".join(f"{line}\n" for line in lines)  # type: ignore[attr-defined]


def _write(path: str, text: str) -> None:
    from pipelinekit.project.writing import WriteError, replace_file
    from pipelinekit.report.escape import encodable

    try:
        replace_file(path, encodable(text))
    except WriteError as error:
        raise InputError(str(error)) from None
