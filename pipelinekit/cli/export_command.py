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
    "--artifact-repository",
    type=click.Choice(["cluster", "remote"]),
    default="cluster",
    show_default=True,
    help="argo: where outputs lie that pass from task to task: the cluster's own, or the bucket of the remote.",
)
@click.option(
    "--secret",
    default="dvc-remote",
    metavar="NAME",
    show_default=True,
    help="argo: the Secret with the remote's keys, accessKey and secretKey (GCS: serviceAccountKey); '' for none.",
)
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
    artifact_repository: str,
    secret: str,
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

    graph, status = read_graph(project)
    opened = graph.index.project
    try:
        options = _options(opened.root, name, schedule, retries, image, workspace, env)
        plan = plan_of(graph, options, selected_stages(graph, stages))
        if target == "argo":
            text = _argo(plan, opened, secret, artifact_repository)
        else:
            text = _written(target, plan, opened, output, artifacts, connection)
    except (ConfigurationError, ExportError, MetaError, ResourceError) as error:
        raise InputError(str(error)) from None
    for address in plan.frozen:
        click.echo(f"pipelinekit: {printable(address)} is frozen, and so no task: what it has made is used", err=True)
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


def _argo(plan: Plan, project: Project, secret: str, artifact_repository: str) -> str:
    from pipelinekit.export.argo import Store, notes_of, read_argo, write_argo
    from pipelinekit.export.conformance import check_conformance
    from pipelinekit.export.remote import remote_of

    remote = remote_of(project)
    text = write_argo(plan, Store(remote, secret, artifact_repository == "remote"))
    check_conformance(plan, read_argo(text))
    for note in notes_of(text, plan, remote):
        click.echo(f"pipelinekit: {printable(note)}", err=True)
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
