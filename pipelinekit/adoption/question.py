"""What one point asks of a project."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.point import Grade, Part, Point, Verdict


class Question(NamedTuple):
    """A point before it is looked at. `why` is half a line; `weight` is what it counts."""

    name: str
    title: str
    part: Part
    why: str
    weight: int
    look: Callable[[Looked], Verdict]
    at_most: Grade | None = None

    def answered(self, looked: Looked) -> Point:
        """The point with its verdict. Raises ConfigurationError, PluginError."""
        return Point(self.name, self.title, self.part, self.why, self.weight, self.look(looked), self.at_most)
