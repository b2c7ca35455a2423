"""`pipelinekit run`."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pipelinekit.cli.forecasting import read_forecast
from pipelinekit.cli.options import InputError, debug_option, project_option
from pipelinekit.cli.reading import read_graph
from pipelinekit.cli.selecting import selected_stages
from pipelinekit.cli.terminal import is_terminal, path_from_here
from pipelinekit.report.escape import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelinekit.graph.graph import Graph
    from pipelinekit.resolve.stage import Stage
    from pipelinekit.run.outcome import Observer, View
    from pipelinekit.run.pipeline_run import Plan


class _RunCommand(click.Command):
    """Remembers its arguments, to say how to go on."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[__name__] = [arg for arg in args if arg not in ("--force", "-f")]
        return super().parse_args(ctx, args)


@click.command(
    "run",
    cls=_RunCommand,
    epilog="Example: pipelinekit run -j 4. Exit codes: 0 all is done, or there was nothing to do; 1 a stage failed, or "
    "lint found an error; 2 wrong usage, no project, no dvc; 130 it was interrupted.",
)
@click.argument("stages", nargs=-1, metavar="[STAGES]...")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1),
    default=None,
    help="Stages to run side by side: 1 by default, and with --on as many as there are workers.",
)
@click.option(
    "--on",
    metavar="dask://HOST:PORT",
    default="",
    help="Run the stages on the workers of a dask cluster; data passes through the project's remote.",
)
@click.option("--keep-going", "-k", is_flag=True, help="After a failure, run what does not depend on it.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would run, why, and how long it will take.")
@click.option("--force", "-f", is_flag=True, help="Run stages even if they are up to date.")
@click.option("--single-item", "-s", is_flag=True, help="Run only STAGES, not what they need.")
@click.option(
    "--pull", is_flag=True, help="Fetch data that is needed and not here; let DVC fetch results of other runs."
)
@click.option("--push", is_flag=True, help="Push the results to the remote when all is done.")
@click.option("--no-lint", is_flag=True, help="Run even if lint finds errors.")
@click.option("--log-only", is_flag=True, help="Run nothing: log to MLflow what is missing there.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but failures.")
@project_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    stages: tuple[str, ...],
    jobs: int | None,
    on: str,
    keep_going: bool,
    dry_run: bool,
    force: bool,
    single_item: bool,
    pull: bool,
    push: bool,
    no_lint: bool,
    log_only: bool,
    quiet: bool,
    project: str | None,
) -> int:
    """Bring the pipeline up to date: run what is outdated, and nothing else.

    STAGES are selectors, as 'pipelinekit graph --help' lists them; what they need is run as well, if it is outdated.
    Without any, all stages of all dvc.yaml files are meant. The project's own dvc runs them, writes dvc.lock and
    restores what has run before; what it printed lies in .dvc/tmp/pipelinekit/logs.

    With -j, stages that don't need each other run side by side, those first that most depends on. Ctrl-C stops
    what runs, a second one at once. The same command continues where a run has stopped. With MLflow set up, it gets
    a run for each stage that ran; that its server is gone is no failure.
    """
    if log_only:
        return _log_only(project)
    if single_item and not stages:
        raise InputError("--single-item needs STAGES: without them, everything is meant")
    from pipelinekit.run.pipeline_run import Plan

    asked = Plan(None, jobs or (0 if on else 1), keep_going, force, single_item, pull, push, on)
    if dry_run:
        read = _read(project, stages, asked, no_lint=no_lint)
        return 1 if read is None else _show_plan(*read)
    with _alone(project) as lock:
        read = _read(project, stages, asked, no_lint=no_lint)
        again = shlex.join(["pipelinekit", "run", *ctx.meta[__name__]])
        return 1 if read is None else _run(*read, again, lock, quiet=quiet)


@contextmanager
def _alone(project: str | None) -> Iterator[int | None]:
    """The project, while no other run is at work in it."""
    from pipelinekit.project.project import NoProjectError, open_project
    from pipelinekit.run.dvc_program import NoDvcError
    from pipelinekit.run.only_run import BusyError
    from pipelinekit.run.outcome import RunError
    from pipelinekit.run.pipeline_run import alone

    try:
        root = open_project(project or os.getcwd()).root
        with alone(root, _say) as lock:
            yield lock
    except (NoProjectError, BusyError, NoDvcError) as error:
        raise InputError(str(error)) from None
    except RunError as error:
        _refuse(error)
        raise click.exceptions.Exit(1) from None


def _read(project: str | None, stages: tuple[str, ...], asked: Plan, *, no_lint: bool) -> tuple[Graph, Plan] | None:
    """The project and what of it is meant; None if lint finds errors, which are shown."""
    from pipelinekit.freshness.records import unreadable_locks

    graph, _ = read_graph(project)
    chosen = selected_stages(graph, stages, "STAGES")
    if not no_lint and not _is_sound(graph, chosen):
        return None
    for lock in unreadable_locks(graph):
        raise InputError(f"{lock} can't be read, and DVC could not either ('pipelinekit lint' says what is wrong)")
    read_forecast(graph, ())  # settings that are wrong are found before anything runs
    return graph, asked._replace(chosen=None if chosen is None else tuple(stage.address for stage in chosen))


def _is_sound(graph: Graph, chosen: Sequence[Stage] | None) -> bool:
    """Whether lint finds no error; those that it finds are shown."""
    from pipelinekit.lint.selection import UnknownRuleError
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.report.formats.concise import concise_lines
    from pipelinekit.report.shown import counted
    from pipelinekit.rules.plugins import PluginError
    from pipelinekit.run.pipeline_run import errors_before

    try:
        errors = errors_before(graph, chosen)
    except (ConfigurationError, UnknownRuleError, PluginError) as error:
        raise InputError(str(error)) from None
    if not errors:
        return True
    for line in concise_lines(errors, path_from_here(graph.index.project.root)):
        click.echo(line)
    click.echo(
        f"pipelinekit: {counted(len(errors), 'error')}: nothing was run ('pipelinekit lint' says more, --no-lint runs "
        "anyway)",
        err=True,
    )
    return False


def _show_plan(graph: Graph, plan: Plan) -> int:
    from pipelinekit.report.forecast import forecast_lines
    from pipelinekit.run.outcome import RunError
    from pipelinekit.run.pipeline_run import work_of
    from pipelinekit.run.wording import opening_line, planned_lines

    try:
        work = work_of(graph, plan)
    except RunError as error:
        raise InputError(str(error)) from None
    for line in planned_lines(work):
        click.echo(line)
    click.echo(opening_line(work, plan.workers))
    expected = [stage for stage in graph.index.stages if stage in work.expected]
    for line in forecast_lines(read_forecast(graph, expected)):
        click.echo(line)
    return 0


def _run(graph: Graph, plan: Plan, again: str, lock: int | None, *, quiet: bool) -> int:
    from pipelinekit.run.dvc_program import NoDvcError
    from pipelinekit.run.outcome import RunError
    from pipelinekit.run.pipeline_run import run_pipeline
    from pipelinekit.run.wording import left_lines, summary_line

    gc.enable()  # a run may last for days
    write = _Output()
    try:
        view = _view(write, graph, quiet=quiet)
        result = run_pipeline(graph, plan, view, _observers(graph), lock=lock, say=_say)
    except NoDvcError as error:
        raise InputError(str(error)) from None
    except RunError as error:
        _refuse(error)
        return 1
    if not quiet:
        write(summary_line(result))
    for line in left_lines(result, again):
        click.echo(line, err=True)
    return result.status


def _refuse(error: Exception) -> None:
    first, *rest = str(error).splitlines()
    _say(first)
    for line in rest:
        click.echo(printable(line), err=True)


def _observers(graph: Graph) -> list[Observer]:
    """Who follows the run: MLflow, if somebody asked for it."""
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.run.tracked_run import tracked_run

    try:
        tracked = tracked_run(graph, _say)
    except ConfigurationError as error:
        raise InputError(str(error)) from None
    return [tracked] if tracked is not None else []


def _log_only(project: str | None) -> int:
    """Log what could not be logged when it ran, and what was committed since."""
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.project.project import NoProjectError, open_project
    from pipelinekit.report.shown import counted
    from pipelinekit.run.late_logging import log_missing
    from pipelinekit.run.store import TrackingError
    from pipelinekit.run.tracking_settings import tracking_settings

    try:
        root = open_project(project or os.getcwd()).root
        settings = tracking_settings(root)
        if settings is None:
            raise InputError("runs are logged nowhere: set MLFLOW_TRACKING_URI, or [tool.pipelinekit.mlflow]")
        with _alone(root):  # a run logs, too
            done = log_missing(root, settings)
    except (NoProjectError, ConfigurationError) as error:
        raise InputError(str(error)) from None
    except TrackingError as error:
        _say(str(error))
        return 1
    click.echo(f"{counted(done, 'run')} logged to MLflow" if done else "MLflow lacks nothing")
    return 0


def _view(write: _Output, graph: Graph, *, quiet: bool) -> View:
    from pipelinekit.run.plain_view import GitHubView, PlainView, QuietView

    if quiet:
        return QuietView(lambda line: click.echo(line, err=True))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return GitHubView(write, graph.index.project.root)
    if is_terminal() and os.environ.get("TERM") != "dumb":
        from rich.console import Console

        from pipelinekit.run.live_view import LiveView

        return LiveView(Console(highlight=False, markup=False, emoji=False, soft_wrap=True))
    return PlainView(write)


class _Output:
    """Writes lines to stdout; if nobody reads them any more, the run goes on all the same."""

    def __init__(self) -> None:
        self._is_open = True

    def __call__(self, line: str) -> None:
        if self._is_open:
            try:
                click.echo(line)
            except BrokenPipeError:
                self._is_open = False
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    click.echo(f"pipelinekit: {printable(text)}", err=True)
