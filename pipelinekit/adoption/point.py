"""A point of adoption: what a team needs, how far it has come, and what to do next."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["done", "partly", "missing", "not-needed"]
Part = Literal["adoption", "pipeline", "team"]
#: What the parts are about, in the order in which they are shown.
PARTS: dict[Part, str] = {
    "adoption": "The five points of adoption",
    "pipeline": "The pipeline",
    "team": "What a team needs besides",
}
Grade = Literal["A", "B", "C", "D", "F"]
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "F")


class Verdict(NamedTuple):
    """How far a project is with a point, what shows it, and the one next step."""

    state: State
    #: what was found, each with `file:line` in front where it stands in a file
    evidence: tuple[str, ...]
    #: a command for a shell
    command: str | None = None
    #: in words, where no command does it
    step: str = ""


class Point(NamedTuple):
    """A point with the verdict on it."""

    name: str
    title: str
    part: Part
    why: str
    weight: int
    verdict: Verdict
    #: the best grade that a project can have as long as this is missing
    at_most: Grade | None = None

    @property
    def state(self) -> State:
        return self.verdict.state

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self.state in ("partly", "missing")

    @property
    def score(self) -> float:
        """What it counts: its weight if it is done, half of it if partly."""
        return {"done": 1.0, "partly": 0.5}.get(self.state, 0.0) * self.weight
