"""`pipelinekit export`: a command for each orchestrator, imported when it is called."""

from __future__ import annotations

import importlib

import click

_TARGETS = {
    "airflow": "A DAG for Airflow 3.",
    "kubeflow": "A pipeline for Kubeflow: IR YAML, or Python source.",
    "argo": "A WorkflowTemplate for Argo Workflows.",
}


class _Targets(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_TARGETS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _TARGETS:
            return None
        command: click.Command = importlib.import_module(f"pipelinekit.cli.export_{cmd_name}_command").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in _TARGETS:
            raise click.UsageError(f"'{name}' is none of {', '.join(_TARGETS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Orchestrators"):
            formatter.write_dl(list(_TARGETS.items()))


@click.command("export", cls=_Targets, epilog="Example: pipelinekit export airflow -o dags/pipeline.py")
def command() -> None:
    """Write the pipeline for another orchestrator: its stages as tasks, with the same dependencies.

    What is written is read back and compared with the pipeline before anybody gets it: stages, dependencies,
    commands, environment, resources. The same pipeline gives the same bytes. Stages say in meta.pipelinekit what is
    different for them: image, env, retries, resources. Settings for all of them may stand in [tool.pipelinekit.export].
    """
