"""Gathers what is told of a branch: every room that has something to say of it is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pipelinekit.cli.comparing import compared_with_revision
from pipelinekit.cli.forecasting import read_forecast
from pipelinekit.cli.options import InputError
from pipelinekit.cli.reading import unreadable_locks_in_words
from pipelinekit.draw.difference import around_changes, drawing_of_difference
from pipelinekit.draw.pull_request import PullRequest
from pipelinekit.draw.readable import readable
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.added_data import added_data
from pipelinekit.impact.affected import impact_since
from pipelinekit.impact.metrics import metric_changes
from pipelinekit.lint.engine import lint_graph
from pipelinekit.lint.run import Request, prepare
from pipelinekit.lint.selection import UnknownRuleError
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.project.git import repository_root
from pipelinekit.project.project import NoProjectError, open_project
from pipelinekit.project.revision import left_at
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.plugins import PluginError


def pull_request(project: str | None, since: str) -> PullRequest:
    """What the work tree has that a branch has not, since it left it. Raises InputError."""
    with _said():
        root = open_project(project or os.getcwd()).root
        base = left_at(root, since)
    with compared_with_revision(project, base) as compared, _said():
        new = compared.new
        drawing = around_changes(drawing_of_difference(compared.old, new, compared.diff))
        impact = impact_since(new, base, compared.old)
        return PullRequest(
            _folder_of(root),
            since,
            compared.diff,
            readable(drawing, "markdown", None).drawing,
            impact,
            len(new.index.stages),
            read_forecast(new, [found.stage for found in impact.affected if found.is_seen]),
            tuple(_new_findings(new, base, compared.old)),
            tuple(metric_changes(compared.old, new)),
            tuple(added_data(compared.old, new)),
            tuple(_notes(new, compared.status)),
        )


def _notes(new: Graph, status: int) -> Iterator[str]:
    """What is not known, and so not told."""
    if status:
        yield "A part of the pipeline can't be read, then or now; nothing is said of it ('pipelinekit lint' says why)."
    yield from unreadable_locks_in_words(new)


def _new_findings(graph: Graph, base: str, old: Graph) -> list[Finding]:
    project = graph.index.project
    _, selection, policy = prepare(project, Request((), project.root, since=base), old)
    return lint_graph(graph, selection, policy).findings


def _folder_of(root: str) -> str:
    top = repository_root(root)
    return os.path.relpath(root, top).replace(os.sep, "/") if top is not None else "."


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong with a project, its revision or its settings is said in one line."""
    try:
        yield
    except (NoProjectError, ConfigurationError, PluginError, UnknownRuleError) as error:
        raise InputError(str(error)) from None
