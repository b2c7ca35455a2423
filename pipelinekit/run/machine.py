"""Where the stages of a run are run: what a run asks of a machine, and what it hears from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from pipelinekit.graph.graph import GraphNode
from pipelinekit.run.outcome import Outcome


class Task(Protocol):
    """A stage that was given to a machine."""

    @property
    def node(self) -> GraphNode: ...

    @property
    def where(self) -> str:
        """The machine that it is run on; empty for this one."""

    @property
    def has_begun(self) -> bool:
        """Whether it is being run, or was; else it waits in the machine."""

    @property
    def outcome(self) -> Outcome:
        """How it ended, if nobody stopped it."""

    @property
    def status(self) -> int:
        """Exit status of DVC; negative: the signal that ended it."""

    @property
    def seconds(self) -> float:
        """How long its command, and what DVC does behind it, have taken until now or the end."""

    @property
    def last_lines(self) -> Sequence[str]:
        """What it said last."""

    @property
    def log(self) -> str:
        """The file that has all that it said, relative to the project."""


class Begun(NamedTuple):
    """A task that waited is being run; again, if the first attempt was lost."""

    task: Task


class Said(NamedTuple):
    """A task has printed lines."""

    task: Task
    lines: list[str]


class Ended(NamedTuple):
    """A task has come to its end."""

    task: Task


class Told(NamedTuple):
    """The machine has something to say to the user."""

    text: str


Event = Begun | Said | Ended | Told


class Machine(Protocol):
    """Runs stages. All calls come from one thread."""

    @property
    def workers(self) -> int:
        """Stages that it runs side by side."""

    def open(self) -> None:
        """Get ready. Raises OSError, RunError."""

    def has_room(self) -> bool:
        """Whether another stage can be given to it."""

    def start(self, node: GraphNode, environment: Mapping[str, str], rank: int) -> Task:
        """Give it a stage that has all that it needs; of those that wait, the one with the lowest `rank` goes first.

        `environment` is added to that of the command. Raises OSError if DVC can't be started.
        """

    def events(self) -> Iterator[Event]:
        """What has happened; waits a moment if that is nothing."""

    def take(self, task: Task) -> None:
        """Put what a task that has ended has made into the project."""

    def withdraw(self) -> list[Task]:
        """Take back what has not begun."""

    def signal(self, number: int) -> bool:
        """Send a signal to all that runs; whether anything is left of it. 0 only asks."""

    def close(self) -> list[str]:
        """Nothing more will be started, and nothing may be left running; what the user should know of it."""
