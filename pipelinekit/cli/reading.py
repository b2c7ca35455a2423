"""Opens a project for commands that show it, and says what of it could not be read."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import NoProjectError, open_project
from pipelinekit.resolve.index import Index


def read_graph(project: str | None) -> tuple[Graph, int]:
    """The graph of a project, and the exit status: 1 if a part of it is missing because of errors in files.

    Raises InputError if there is nothing to show.
    """
    start = project or os.getcwd()
    try:
        opened = open_project(start)
    except NoProjectError as error:
        raise InputError(str(error)) from None
    graph = Graph(Index(opened))
    if not graph.index.pipelines and not graph.index.unreadable:
        raise InputError(f"there is no dvc.yaml in {opened.root}")
    errors = _errors(graph)
    if errors and not graph.index.stages:
        raise InputError(f"no stage can be read: {errors[0]} ('pipelinekit lint' says more)")
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        message = f"incomplete, because of errors: {errors[0]}{more} ('pipelinekit lint' says more)"
        click.echo(f"pipelinekit: {message}", err=True)
    return graph, 1 if errors else 0


def _errors(graph: Graph) -> list[str]:
    """What keeps DVC from loading the project, one line each."""
    index = graph.index
    if index.is_complete:
        return []
    from pipelinekit.lint.engine import lint_project
    from pipelinekit.lint.selection import select_rules
    from pipelinekit.report.formats.concise import concise_lines

    findings = lint_project(index.project, select_rules(("PK0", "PK210", "PK212"), level="error")).findings
    return list(concise_lines(findings, lambda path: path))
