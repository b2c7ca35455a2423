"""The grade of a project, and the arithmetic behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipelinekit.adoption.point import GRADES, Grade, Point

#: The percentage from which on a project has a grade.
FROM: dict[Grade, int] = {"A": 90, "B": 75, "C": 60, "D": 40, "F": 0}


class Graded(NamedTuple):
    """A grade, and what it comes from."""

    grade: Grade
    #: what the points that are needed came to, and the most that they could
    score: float
    most: int
    #: the point that keeps the grade from being better, where one does
    held_by: Point | None

    @property
    def percent(self) -> int:
        """Rounded down, so that nothing that is missing is rounded away."""
        return int(self.score * 100 / self.most) if self.most else 100

    def is_at_least(self, wanted: Grade) -> bool:
        return GRADES.index(self.grade) <= GRADES.index(wanted)


def grade_of(points: Sequence[Point]) -> Graded:
    """The share of the points that is reached, but no better than what is missing allows."""
    needed = [point for point in points if point.state != "not-needed"]
    score, most = sum(point.score for point in needed), sum(point.weight for point in needed)
    reached = Graded("F", score, most, None)
    grade = next(grade for grade in GRADES if reached.percent >= FROM[grade])
    holding = [point for point in needed if point.state == "missing" and point.at_most is not None]
    worst = max(holding, key=lambda point: GRADES.index(point.at_most or "A"), default=None)
    if worst is not None and worst.at_most is not None and GRADES.index(worst.at_most) > GRADES.index(grade):
        return Graded(worst.at_most, score, most, worst)
    return Graded(grade, score, most, None)
