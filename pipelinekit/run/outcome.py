"""What came of a stage, of a run, and who wants to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from pipelinekit.graph.graph import GraphNode
from pipelinekit.resolve.stage import Stage

if TYPE_CHECKING:
    from pipelinekit.run.work import Work

#: `ran`: its command did. `restored`: DVC had the results of such a run. `recorded`: data that nothing makes, or a
#: frozen stage, was taken as it is. `up-to-date`: there was nothing to do.
Outcome = Literal["ran", "restored", "recorded", "up-to-date", "failed", "interrupted"]
#: Outcomes after which the outputs may be others than before.
ACTED: frozenset[Outcome] = frozenset({"ran", "restored", "recorded"})


class RunError(Exception):
    """The run can't begin, or data could not be fetched or pushed."""


class End(NamedTuple):
    """How a stage ended. `seconds` are of its command and of what DVC does with the outputs."""

    node: GraphNode
    outcome: Outcome
    seconds: float
    #: exit status of DVC; negative: the signal that ended it
    status: int = 0
    #: what it said last
    last_lines: tuple[str, ...] = ()
    #: the file that has all that it said, relative to the project
    log: str = ""


class RunResult(NamedTuple):
    """What came of a run."""

    #: of every stage and `.dvc` file that took part and came to its end
    ends: Mapping[GraphNode, End]
    #: what should have run and did not, in order
    left: Sequence[GraphNode]
    is_interrupted: bool
    seconds: float

    @property
    def failed(self) -> list[End]:
        """The stages that failed, as they did."""
        return [end for end in self.ends.values() if end.outcome == "failed"]

    def count(self, *outcomes: Outcome) -> int:
        """Stages of `dvc.yaml` files and acted-on `.dvc` files that ended so."""
        return sum(
            end.outcome in outcomes and (isinstance(end.node, Stage) or end.outcome != "up-to-date")
            for end in self.ends.values()
        )

    @property
    def status(self) -> int:
        """The exit status: 0 all done, 1 something failed, 130 interrupted."""
        return 130 if self.is_interrupted else 1 if self.failed else 0


class Observer(Protocol):
    """Follows a run, such as to log it elsewhere. All calls come from one thread, in the order of the events."""

    def run_started(self, work: Work) -> None:
        """Called once, before any stage."""

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        """DVC is about to be asked to run a stage. Returns what to add to the environment of its command."""

    def stage_finished(self, stage: Stage, outcome: Outcome, seconds: float) -> None:
        """Called for each stage that was started; `dvc.lock` has its entry by then."""

    def run_finished(self, result: RunResult) -> None:
        """Called once, after all else, however the run ended. The locks are in their final order."""


class View(Protocol):
    """Shows a run to people. `said` and `tick` come often, and must be cheap."""

    def run_started(self, work: Work, workers: int) -> None: ...

    def started(self, node: GraphNode, where: str = "") -> None:
        """`where` is the machine; empty for this one."""

    def said(self, node: GraphNode, lines: Sequence[str]) -> None:
        """Lines of output, as they came, and not yet safe to print."""

    def finished(self, end: End) -> None: ...

    def note(self, text: str) -> None:
        """Something that the user should know, such as that the run is about to stop."""

    def tick(self) -> None:
        """Some time has passed."""

    def run_finished(self) -> None: ...
