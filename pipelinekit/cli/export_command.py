"""`pipelinekit export`: a command for each orchestrator, imported when it is called."""

from __future__ import annotations

import click

from pipelinekit.cli.app import LazyGroup

_TARGETS = {
    "airflow": "A DAG for Airflow 3.",
    "kubeflow": "A pipeline for Kubeflow: IR YAML, or Python source.",
    "argo": "A WorkflowTemplate for Argo Workflows.",
}


class _Targets(LazyGroup):
    title = "Orchestrators"

    def unknown(self, name: str) -> str:
        return f"'{name}' is none of {', '.join(self.lines)}"


@click.command(
    "export",
    cls=_Targets,
    lines=_TARGETS,
    module="pipelinekit.cli.export_{}_command",
    epilog="Example: pipelinekit export airflow -o dags/pipeline.py",
)
def command() -> None:
    """Write the pipeline for another orchestrator: its stages as tasks, with the same dependencies.

    What is written is read back and compared with the pipeline before anybody gets it: stages, dependencies,
    commands, environment, resources. The same pipeline gives the same bytes. Stages say in meta.pipelinekit what is
    different for them: image, env, retries, resources. Settings for all of them may stand in [tool.pipelinekit.export].
    """
