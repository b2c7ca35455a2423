"""`pipelinekit export kubeflow`."""

from __future__ import annotations

from typing import Any

import click

from pipelinekit.cli.exporting import Given, export_options, exporting, image_option, say
from pipelinekit.cli.options import SELECTOR_HELP, InputError


@click.command("kubeflow", epilog=f"Example: pipelinekit export kubeflow -o pipeline.yaml\n\n{SELECTOR_HELP}")
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "python"]),
    default=None,
    help="What kfp compiles, by default, or the Python source of that.",
)
@click.option("--lightweight", is_flag=True, help="Python source that runs here, without containers.")
@click.option("--caching", is_flag=True, help="Let Kubeflow take results from its cache; by default all is run.")
@image_option
@export_options
def command(form: str | None, lightweight: bool, caching: bool, **options: Any) -> int:
    """A pipeline for Kubeflow: one container for each stage.

    What passes from stage to stage are artifacts of Kubeflow; what DVC tracks and no stage makes is fetched in the
    container with 'dvc pull'. A pipeline there has no schedule, a recurring run has: the file says how to make one.
    """
    from pipelinekit.export.conformance import check_conformance
    from pipelinekit.export.kubeflow import for_kubeflow, read_kubeflow, write_kubeflow

    if lightweight and form == "yaml":
        raise InputError("--lightweight writes Python: leave out --format yaml")
    with exporting(Given(**options)) as export:
        plan = for_kubeflow(export.plan)
        if lightweight or form == "python":
            from pipelinekit.export.kubeflow_python import read_python, write_lightweight, write_python

            if lightweight:
                text = write_lightweight(plan, export.way_back, caching=caching)
            else:
                text = write_python(plan, caching=caching)
            check_conformance(plan, read_python(text))
        else:
            text = write_kubeflow(plan, caching=caching)
            check_conformance(plan, read_kubeflow(text))
        if plan.options.schedule:
            say("a pipeline of Kubeflow has no schedule: make a recurring run of it (the file says how)")
        return export.keep(text)
