"""`pipelinekit export`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pipelinekit.cli.options import SELECTOR_HELP, InputError, debug_option, project_option, stages_option
from pipelinekit.cli.reading import read_graph
from pipelinekit.cli.selecting import selected_stages
from pipelinekit.report.escape import printable

if TYPE_CHECKING:
    from pipelinekit.export.options import Options
    from pipelinekit.export.plan import Plan
    from pipelinekit.project.project import Project

_TARGETS = ("airflow", "kubeflow", "argo")


@click.command("export", epilog=f"Example: pipelinekit export airflow -o dags/pipeline.py\n\n{SELECTOR_HELP}")
@click.argument("target", type=click.Choice(_TARGETS))
@click.option("-o", "--output", metavar="FILE", default=None, help="Write to a file.")
@click.option("--name", default=None, help="The name of the workflow; by default that of the project's folder.")
@click.option("--schedule", default=None, metavar="CRON", help="When it runs; by default when somebody starts it.")
@click.option("--retries", type=click.IntRange(0), default=None, help="How often a stage is tried again.")
@click.option("--image", default=None, help="The image that containers run, with the project in it.")
@click.option("--workspace", default=None, metavar="DIR", help="The project's folder where stages run.")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable for all stages. Can be repeated.")
@click.option(
    "--artifacts",
    type=click.Choice(["operators", "dvc"]),
    default="operators",
    show_default=True,
    help="airflow: who moves data: Airflow's own access to S3, GCS or a folder, or dvc, in a folder that all share.",
)
@click.option("--connection", default="", metavar="ID", help="airflow: the connection that reaches the remote.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "python"]),
    default=None,
    help="kubeflow: what kfp compiles, by default, or the Python source of that.",
)
@click.option("--lightweight", is_flag=True, help="kubeflow: Python source that runs here, without containers.")
@click.option("--caching", is_flag=True, help="kubeflow: let it take results from its cache; by default all is run.")
@stages_option
@project_option
@debug_option
def command(
    target: str,
    output: str | None,
    name: str | None,
    schedule: str | None,
    retries: int | None,
    image: str | None,
    workspace: str | None,
    env: tuple[str, ...],
    artifacts: str,
    connection: str,
    form: str | None,
    lightweight: bool,
    caching: bool,
    stages: tuple[str, ...],
    project: str | None,
) -> int:
    """Write the pipeline for another orchestrator: its stages as tasks, with the same dependencies.

    What is written is read back and compared with the pipeline before anybody gets it: stages, dependencies,
    commands, environment, resources. The same pipeline gives the same bytes. Stages say in meta.pipelinekit what is
    different for them: image, env, retries, resources. Settings for all of them may stand in [tool.pipelinekit.export].
    """
    from pipelinekit.export.meta import MetaError
    from pipelinekit.export.plan import ExportError, plan_of
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.resolve.resources import ResourceError

    if target != "kubeflow" and (form or lightweight or caching):
        raise InputError("--format, --lightweight and --caching are for kubeflow")
    if lightweight and form == "yaml":
        raise InputError("--lightweight writes Python: leave out --format yaml")
    graph, status = read_graph(project)
    opened = graph.index.project
    try:
        options = _options(opened.root, name, schedule, retries, image, workspace, env)
        plan = plan_of(graph, options, selected_stages(graph, stages))
        if target == "kubeflow":
            variant = "lightweight" if lightweight else "python" if form == "python" else "container"
            text = _kubeflow(plan, variant, caching, _way_back(output, opened.root))
        else:
            text = _written(target, plan, opened, output, artifacts, connection)
    except (ConfigurationError, ExportError, MetaError, ResourceError) as error:
        raise InputError(str(error)) from None
    for address in plan.frozen:
        click.echo(f"pipelinekit: {printable(address)} is frozen, and so no task: what it has made is used", err=True)
    if target == "kubeflow" and plan.options.schedule:
        click.echo(
            "pipelinekit: a pipeline of Kubeflow has no schedule: make a recurring run of it (the file says how)",
            err=True,
        )
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
    return status


def _options(
    root: str,
    name: str | None,
    schedule: str | None,
    retries: int | None,
    image: str | None,
    workspace: str | None,
    env: tuple[str, ...],
) -> Options:
    from pipelinekit.export.options import Options, export_options

    options = export_options(root, os.path.basename(root) or "pipeline")
    environment = dict(options.environment)
    for one in env:
        key, sign, value = one.partition("=")
        if not key or not sign:
            raise InputError(f"--env {one}: a variable is NAME=VALUE")
        environment[key] = value
    return Options(
        name or options.name,
        image or options.image,
        workspace or options.workspace,
        schedule if schedule is not None else options.schedule,
        retries if retries is not None else options.retries,
        environment,
    )


def _written(target: str, plan: Plan, project: Project, output: str | None, artifacts: str, connection: str) -> str:
    """The text, which is the pipeline: it was read back."""
    from pipelinekit.export.conformance import check_conformance
    from pipelinekit.export.remote import remote_of

    if target == "airflow":
        from pipelinekit.export.airflow import read_airflow, with_dvc, write_airflow

        uses_dvc = artifacts == "dvc"
        written = with_dvc(plan) if uses_dvc else plan
        place = _way_back(output, project.root)
        text = write_airflow(written, remote_of(project), place, connection=connection, uses_dvc=uses_dvc)
        check_conformance(written, read_airflow(text))
        return text
    raise NotImplementedError(target)


def _kubeflow(plan: Plan, variant: str, caching: bool, place: str) -> str:
    """The text, which is the pipeline: it was read back."""
    from pipelinekit.export.conformance import check_conformance
    from pipelinekit.export.kubeflow import for_kubeflow, read_kubeflow, write_kubeflow

    written = for_kubeflow(plan)
    if variant == "container":
        text = write_kubeflow(written, caching=caching)
        check_conformance(written, read_kubeflow(text))
        return text
    from pipelinekit.export.kubeflow_python import read_python, write_lightweight, write_python

    if variant == "lightweight":
        text = write_lightweight(written, place, caching=caching)
    else:
        text = write_python(written, caching=caching)
    check_conformance(written, read_python(text))
    return text


def _way_back(output: str | None, root: str) -> str:
    """The way from the folder of a file in the project to the project's root; empty if it is elsewhere."""
    if output is None:
        return ""
    folder = os.path.dirname(os.path.realpath(output))
    way = os.path.relpath(os.path.realpath(root), folder).replace(os.sep, "/")
    return way if os.path.commonpath([folder, os.path.realpath(root)]) == os.path.realpath(root) else ""


def _write(path: str, text: str) -> None:
    from pipelinekit.project.writing import WriteError, replace_file

    try:
        replace_file(path, text)
    except WriteError as error:
        raise InputError(str(error)) from None
