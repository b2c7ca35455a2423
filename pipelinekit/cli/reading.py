"""Opens a project for commands that show it, and says what of it could not be read."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import NoProjectError, open_project
from pipelinekit.report.escape import printable
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
    return graph, _say(errors, "")


def say_what_is_missing(graph: Graph, when: str) -> int:
    """Say on stderr what keeps a part of a graph from being read: 1 if something does. `when` begins the sentence."""
    return _say(_errors(graph), when)


def unreadable_locks_in_words(graph: Graph) -> list[str]:
    """A sentence for each lock that can't be read."""
    from pipelinekit.freshness.records import unreadable_locks

    return [
        f"{lock} can't be read, and DVC could not either ('pipelinekit lint' says what is wrong)"
        for lock in unreadable_locks(graph)
    ]


def say_unreadable_locks(graph: Graph) -> int:
    """Say on stderr of which locks nothing is known: 1 if there is one."""
    sentences = unreadable_locks_in_words(graph)
    for sentence in sentences:
        click.echo(f"pipelinekit: {printable(sentence)}", err=True)
    return 1 if sentences else 0


def _say(errors: list[str], when: str) -> int:
    if not errors:
        return 0
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    hint = "" if when else " ('pipelinekit lint' says more)"
    click.echo(f"pipelinekit: {printable(when)}incomplete, because of errors: {errors[0]}{more}{hint}", err=True)
    return 1


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
