"""`pipelinekit export argo`."""

from __future__ import annotations

from typing import Any

import click

from pipelinekit.cli.exporting import Given, export_options, exporting, image_option, say
from pipelinekit.cli.options import SELECTOR_HELP


@click.command("argo", epilog=f"Example: pipelinekit export argo -o pipeline.yaml\n\n{SELECTOR_HELP}")
@click.option(
    "--artifact-repository",
    type=click.Choice(["cluster", "remote"]),
    default="cluster",
    show_default=True,
    help="Where outputs lie that pass from task to task: the cluster's own, or the bucket of the remote.",
)
@click.option(
    "--secret",
    default="dvc-remote",
    metavar="NAME",
    show_default=True,
    help="The Secret with the remote's keys, accessKey and secretKey (GCS: serviceAccountKey); '' for none.",
)
@image_option
@export_options
def command(artifact_repository: str, secret: str, **options: Any) -> int:
    """A WorkflowTemplate for Argo Workflows, and with a schedule a CronWorkflow: one container for each stage.

    Outputs are artifacts. Of the data that DVC tracks, files come from S3 or GCS by the MD5 of their contents, and
    the rest with 'dvc pull' in the container.
    """
    from pipelinekit.export.argo import Store, notes_of, read_argo, write_argo
    from pipelinekit.export.conformance import check_conformance
    from pipelinekit.export.remote import remote_of

    with exporting(Given(**options)) as export:
        remote = remote_of(export.project)
        text = write_argo(export.plan, Store(remote, secret, artifact_repository == "remote"))
        check_conformance(export.plan, read_argo(text))
        for note in notes_of(text, export.plan, remote):
            say(note)
        return export.keep(text)
