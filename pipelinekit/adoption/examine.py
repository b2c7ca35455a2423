"""Looks at every point."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.adoption.grade import Graded, grade_of
from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.point import PARTS, Point
from pipelinekit.adoption.points import (
    ci,
    docs_page,
    durations,
    dvcignore,
    experiments,
    fresh,
    graph_on_pull_request,
    hook,
    in_git,
    lint,
    lock,
    metrics,
    models,
    params,
    pinned_dvc,
    requirements,
    secrets,
    shared_remote,
)
from pipelinekit.adoption.question import Question
from pipelinekit.graph.graph import Graph

#: In the order in which they are shown: the first one that is open is what to do next.
QUESTIONS: tuple[Question, ...] = tuple(
    module.QUESTION
    for module in (
        shared_remote,
        pinned_dvc,
        graph_on_pull_request,
        hook,
        experiments,
        in_git,
        lint,
        lock,
        fresh,
        params,
        metrics,
        dvcignore,
        ci,
        secrets,
        requirements,
        models,
        durations,
        docs_page,
    )
)


class Examined(NamedTuple):
    """A project, the verdicts on it and its grade."""

    looked: Looked
    points: tuple[Point, ...]
    graded: Graded

    def of_part(self, part: str) -> list[Point]:
        return [point for point in self.points if point.part == part]


def examine(graph: Graph) -> Examined:
    """Look at a project. Raises ConfigurationError, PluginError; nothing is executed or written."""
    looked = Looked(graph)
    points = tuple(question.answered(looked) for question in QUESTIONS)
    assert all(point.part in PARTS for point in points)
    return Examined(looked, points, grade_of(points))
