"""One `pipelinekit run` from its beginning to its end: data, stages, data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from pipelinekit.freshness.causes import name_of
from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.lint.engine import lint_graph
from pipelinekit.lint.run import Request, prepare
from pipelinekit.lint.scope import StageScope
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.stage import Stage, TrackedFile
from pipelinekit.rules.finding import Finding
from pipelinekit.run.cluster.made_elsewhere import fetch_what_is_left
from pipelinekit.run.data_moves import move_data, targets_of
from pipelinekit.run.dvc_program import find_dvc
from pipelinekit.run.lock_copies import mend_locks
from pipelinekit.run.machine import Machine
from pipelinekit.run.only_run import clear_dead_locks, only_run
from pipelinekit.run.outcome import Observer, RunError, RunResult, View
from pipelinekit.run.processes import cold_start
from pipelinekit.run.reproduce import Options, reproduce
from pipelinekit.run.this_machine import ThisMachine
from pipelinekit.run.work import Work


class Plan(NamedTuple):
    """What was asked for."""

    #: None stands for everything
    chosen: tuple[str, ...] | None = None
    #: stages side by side; 0 for as many as the machine can run, if that is not this one
    workers: int = 1
    keep_going: bool = False
    force: bool = False
    single: bool = False
    pull: bool = False
    push: bool = False
    #: `dask://HOST:PORT`, whose workers run the stages; empty for this machine
    on: str = ""


def errors_before(graph: Graph, chosen: Collection[Stage] | None) -> list[Finding]:
    """The findings of level error that are about what is going to run, or about a whole file.

    Raises ConfigurationError, PluginError, UnknownRuleError for the settings.
    """
    root = graph.index.project.root
    _, selection, policy = prepare(graph.index.project, Request((), root, level="error"))
    found = [finding for finding in lint_graph(graph, selection, policy).findings if finding.level == "error"]
    if chosen is None:
        return found
    scope = StageScope(node for node in Work(graph, chosen).nodes if isinstance(node, Stage))
    return [finding for finding in found if finding.stage is None or scope.covers(finding)]


def work_of(graph: Graph, plan: Plan) -> Work:
    """What there is to do. Raises RunError where stages need each other in a circle."""
    if graph.order is None:
        raise RunError(
            "some stages need each other in a circle, so that none can be first ('pipelinekit lint' shows it)"
        )
    chosen = None
    if plan.chosen is not None:
        addresses = frozenset(plan.chosen)
        chosen = [stage for stage in graph.index.stages if stage.address in addresses]
    return Work(graph, chosen, force=plan.force, single=plan.single, is_remote=bool(plan.on))


@contextmanager
def alone(root: str, say: Callable[[str], None]) -> Iterator[int | None]:
    """The project for one run, without what a killed one has left: gives a file to hold it by.

    `say` is for what people should know. Raises BusyError, RunError, NoDvcError, OSError.
    """
    with only_run(root, say) as lock:
        for note in clear_dead_locks(root):
            say(note)
        for path in mend_locks(root):
            say(f"{path} was cut short when a run was killed; it is as before, the cache has the rest")
        fetch_what_is_left(root, say)
        yield lock


def run_pipeline(
    graph: Graph,
    plan: Plan,
    view: View,
    observers: Sequence[Observer] = (),
    *,
    lock: int | None = None,
    say: Callable[[str], None] = print,
) -> RunResult:
    """Do it, with the `lock` that `alone` gives. `say` is for what people should know before and after the stages.

    Raises NoDvcError, RunError, OSError.
    """
    root = graph.index.project.root
    dvc = find_dvc(root)
    work = work_of(graph, plan)
    if plan.pull and not plan.on:
        work = _with_data(work, plan, dvc, say)
    _check_inputs(work, plan, say)
    options = Options(dvc, plan.workers, plan.keep_going, plan.force, plan.pull)
    with _machine(work, plan, dvc, lock, say, has_observers=bool(observers)) as machine:
        result = reproduce(work, options, view, observers, lock, machine)
    if plan.push and result.status == 0:
        move_data(cold_start(dvc, root), ["push", "--run-cache"], "pushed")
    return result


@contextmanager
def _machine(
    work: Work, plan: Plan, dvc: str, lock: int | None, say: Callable[[str], None], *, has_observers: bool
) -> Iterator[Machine | None]:
    """The workers of a scheduler; None for this machine. Raises RunError."""
    if not plan.on:
        yield None
        return
    from pipelinekit.run.cluster.scheduler import connect

    with connect(plan.on, say) as client:
        from pipelinekit.run.cluster.cluster import Cluster, ClusterOptions

        here = ThisMachine(work.graph, dvc, 1, (), lock)
        options = ClusterOptions(dvc, plan.force, plan.pull, plan.push, plan.workers, has_observers)
        yield Cluster(work, client, here, options, say)


def _with_data(work: Work, plan: Plan, dvc: str, say: Callable[[str], None]) -> Work:
    """Fetch what is up to date and not here, and see what there is to do then."""
    missing = list(dict.fromkeys([*work.absent(), *work.absent_inputs]))
    if not missing:
        return work
    root = work.graph.index.project.root
    say(f"fetching the data of {len(missing):,} of {len(work.nodes):,} stages and .dvc files")
    move_data(cold_start(dvc, root), ["pull", "--allow-missing", "--", *targets_of(missing)], "fetched")
    return work_of(Graph(Index(Project(root))), plan)


def _check_inputs(work: Work, plan: Plan, say: Callable[[str], None]) -> None:
    """Say what of the inputs is not here, before anything runs."""
    made: list[str] = []
    for node, paths in work.absent_inputs.items():
        if node in work.outdated:
            made += paths
        else:
            advice = "the remote does not have it" if plan.pull else "--pull fetches it from the remote"
            raise RunError(f"{paths[0]} is needed and not here, and {_maker(node)}: {advice}")
    if made:
        which = made[0] if len(made) == 1 else f"{made[0]} and {len(made) - 1:,} more"
        advice = "" if plan.pull else "; --pull would fetch what the remote has"
        say(f"{which} is needed and not here: the stages that make it are run again{advice}")


def _maker(node: GraphNode) -> str:
    if isinstance(node, TrackedFile):
        return f"{node.address} only says what it was"
    return f"{name_of(node)} is frozen" if node.frozen else f"{name_of(node)} is not to be run"
