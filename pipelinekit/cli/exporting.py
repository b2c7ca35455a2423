"""What the commands below `export` have in common: their options, the plan, and where its text goes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from pipelinekit.cli.options import InputError, debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph
from pipelinekit.cli.selecting import selected_stages
from pipelinekit.report.escape import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelinekit.export.options import Options
    from pipelinekit.export.plan import Plan
    from pipelinekit.project.project import Project

_Command = TypeVar("_Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option("-o", "--output", metavar="FILE", default=None, help="Write to a file."),
    click.option("--name", default=None, help="The name of the workflow; by default that of the project's folder."),
    click.option("--schedule", default=None, metavar="CRON", help="When it runs; by default when somebody starts it."),
    click.option("--retries", type=click.IntRange(0), default=None, help="How often a stage is tried again."),
    click.option("--workspace", default=None, metavar="DIR", help="The project's folder where stages run."),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable for all stages. Can be repeated."),
    stages_option,
    project_option,
    debug_option,
)
#: For those that run containers.
image_option = click.option("--image", default=None, help="The image that containers run, with the project in it.")


def export_options(command: _Command) -> _Command:
    """The options that every orchestrator has."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Given(NamedTuple):
    """What was said with these options."""

    output: str | None
    name: str | None
    schedule: str | None
    retries: int | None
    workspace: str | None
    env: tuple[str, ...]
    stages: tuple[str, ...]
    project: str | None
    image: str | None = None


class Export(NamedTuple):
    """A pipeline that is about to be written."""

    plan: Plan
    project: Project
    #: the exit status: 1 if a part of the project could not be read
    status: int
    output: str | None

    @property
    def way_back(self) -> str:
        """The way from the folder of the file to the project's root; empty if it lies elsewhere."""
        if self.output is None:
            return ""
        root, folder = os.path.realpath(self.project.root), os.path.dirname(os.path.realpath(self.output))
        if os.path.commonpath([folder, root]) != root:
            return ""
        return os.path.relpath(root, folder).replace(os.sep, "/")

    def keep(self, text: str) -> int:
        """Write the text where it was asked for; the exit status."""
        from pipelinekit.project.writing import WriteError, replace_file

        for address in self.plan.frozen:
            say(f"{address} is frozen, and so no task: what it has made is used")
        if self.output is None:
            click.echo(text, nl=False)
            return self.status
        try:
            replace_file(self.output, text)
        except WriteError as error:
            raise InputError(str(error)) from None
        return self.status


@contextmanager
def exporting(given: Given) -> Iterator[Export]:
    """The plan of what was asked for. What can't be exported, while this is open, is an InputError."""
    from pipelinekit.export.meta import MetaError
    from pipelinekit.export.plan import ExportError, plan_of
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.resolve.resources import ResourceError

    graph, status = read_graph(given.project)
    project = graph.index.project
    try:
        plan = plan_of(graph, _options(project.root, given), selected_stages(graph, given.stages))
        yield Export(plan, project, status, given.output)
    except (ConfigurationError, ExportError, MetaError, ResourceError) as error:
        raise InputError(str(error)) from None


def _options(root: str, given: Given) -> Options:
    from pipelinekit.export.options import Options, options_of

    options = options_of(root, os.path.basename(root) or "pipeline")
    environment = dict(options.environment)
    for one in given.env:
        key, sign, value = one.partition("=")
        if not key or not sign:
            raise InputError(f"--env {one}: a variable is NAME=VALUE")
        environment[key] = value
    return Options(
        given.name or options.name,
        given.image or options.image,
        given.workspace or options.workspace,
        given.schedule if given.schedule is not None else options.schedule,
        given.retries if given.retries is not None else options.retries,
        environment,
    )


def say(text: str) -> None:
    """A note beside the result."""
    click.echo(f"pipelinekit: {printable(text)}", err=True)
