"""One page of Markdown about a project's pipeline: the graph, what each stage does, and where its runs go in MLflow.

It says only what git shares, so that every clone of a commit gives the same bytes: run times from a file of the
project, values of metrics that git keeps, experiments that files name.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.docs.experiments import experiment_lines
from pipelinekit.docs.stages import stage_lines
from pipelinekit.draw.drawing import drawing_of
from pipelinekit.draw.mermaid import fits_github, mermaid_lines
from pipelinekit.draw.readable import readable
from pipelinekit.graph.graph import Graph
from pipelinekit.report.escape import encodable
from pipelinekit.report.shown import counted

DEFAULT_FILE = "PIPELINE.md"
_MARK = "<!-- Written by `pipelinekit docs`: to change it, change the pipeline, and run it again. -->"


def docs_page(graph: Graph) -> str:
    """The page. Raises ConfigurationError."""
    return encodable("".join(f"{line}\n" for line in _lines(graph)))


def is_generated(text: str) -> bool:
    """Whether a text is a page of ours, however old."""
    return text.startswith("<!-- Written by `pipelinekit docs`")


def _lines(graph: Graph) -> Iterator[str]:
    index = graph.index
    yield _MARK
    yield ""
    yield "# The pipeline"
    yield ""
    yield f"{counted(len(index.stages), 'stage')} in {counted(len(index.pipelines), 'dvc.yaml file')}."
    if not index.stages:
        return
    yield ""
    yield "## The graph"
    yield ""
    yield from _picture(graph)
    yield ""
    yield "## The stages"
    yield ""
    yield from stage_lines(graph)
    yield ""
    yield "## MLflow"
    yield ""
    yield from experiment_lines(graph)


def _picture(graph: Graph) -> Iterator[str]:
    drawing = drawing_of(graph)
    drawn = readable(drawing, "markdown", None).drawing
    if not fits_github(drawn):
        yield "It is too large for a page: `pipelinekit graph --format html -o graph.html` draws it."
        return
    yield "```mermaid"
    yield from mermaid_lines(drawn)
    yield "```"
    if len(drawn.nodes) < len(drawing.nodes):
        yield ""
        yield f"{len(drawing.nodes)} stages are drawn as {len(drawn.nodes)}."
