"""`pipelinekit export airflow`."""

from __future__ import annotations

from typing import Any

import click

from pipelinekit.cli.exporting import Given, export_options, exporting, say
from pipelinekit.cli.options import SELECTOR_HELP


@click.command("airflow", epilog=f"Example: pipelinekit export airflow -o dags/pipeline.py\n\n{SELECTOR_HELP}")
@click.option(
    "--artifacts",
    type=click.Choice(["operators", "dvc"]),
    default="operators",
    show_default=True,
    help="Who moves data: Airflow's own access to S3, GCS or a folder, or dvc, in a folder that all workers share.",
)
@click.option("--connection", default="", metavar="ID", help="The connection that reaches the remote.")
@export_options
def command(artifacts: str, connection: str, **options: Any) -> int:
    """A DAG for Airflow 3: one task for each stage, in a file that imports nothing of pipelinekit.

    Data passes from task to task through the project's remote, by the MD5 of its contents, and lies there as DVC
    keeps it. Tasks run in a checkout of the project; the first lines of the file say how workers find it.
    """
    from pipelinekit.export.airflow import notes_of, read_airflow, with_dvc, write_airflow
    from pipelinekit.export.conformance import check_conformance
    from pipelinekit.export.remote import remote_of

    uses_dvc = artifacts == "dvc"
    with exporting(Given(**options)) as export:
        plan = with_dvc(export.plan) if uses_dvc else export.plan
        remote = remote_of(export.project)
        text = write_airflow(plan, remote, export.way_back, connection=connection, uses_dvc=uses_dvc)
        check_conformance(plan, read_airflow(text))
        for note in notes_of(plan):
            say(note)
        return export.keep(text)
