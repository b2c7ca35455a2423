"""The graph of a project at two moments, for commands that compare them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pipelinekit.cli.options import InputError
from pipelinekit.cli.reading import say_what_is_missing
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.graph_diff import GraphDiff, graph_diff
from pipelinekit.project.project import NoProjectError, Project, open_project
from pipelinekit.project.revision import sides
from pipelinekit.resolve.index import Index


class Compared(NamedTuple):
    """Two graphs and their difference; `status` is 1 if a part of one is missing because of errors in files."""

    old: Graph
    new: Graph
    diff: GraphDiff
    status: int


@contextmanager
def compared_with_revision(project: str | None, since: str) -> Iterator[Compared]:
    """The project as it was at a revision, and as it is here, or, of `A..B`, as it was at B.

    Says on stderr what of either can't be read. Raises InputError.
    """
    opened: list[Project] = []
    try:
        here = open_project(project or os.getcwd())
        earlier, later = sides(here.root, since)
        opened.append(here.at_revision(earlier))
        opened.append(here.at_revision(later) if later is not None else here)
        old, new = (Graph(Index(side)) for side in opened)
        if not any(graph.index.pipelines or graph.index.unreadable for graph in (old, new)):
            raise InputError(f"there is no dvc.yaml in {here.root}, now or then")
        missing = [
            say_what_is_missing(old, f"at {earlier} "),
            say_what_is_missing(new, f"at {later} " if later else ""),
        ]
        yield Compared(old, new, graph_diff(old, new), max(missing))
    except NoProjectError as error:
        raise InputError(str(error)) from None
    finally:
        for side in opened:
            side.disk.close()
