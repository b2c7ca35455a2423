"""`pipelinekit cost`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, OptionalValueCommand, debug_option, project_option, stages_option


@click.command(
    "cost",
    cls=OptionalValueCommand,
    optional_values=("--remote",),
    epilog="Example: pipelinekit cost --keep 10 --keep-tags. Exit codes: 0 done, 1 the remote lacks something that the "
    "history names, or a part can't be read, 2 wrong usage or no project.",
)
@click.option("--branches", is_flag=True, help="Count the history of all branches, too.")
@click.option("--tags", is_flag=True, help="Count the history of all tags, too.")
@click.option("--all", "everything", is_flag=True, help="Count all branches, those of remotes as well, and all tags.")
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="N", help="What keeping only the last N commits would free."
)
@click.option("--keep-tags", is_flag=True, help="What keeping only tagged commits would free.")
@click.option("--older-than", metavar="AGE", help="What keeping only commits younger than 90d (12w, 1y) would free.")
@click.option(
    "--remote",
    metavar="[=NAME]",
    default=None,
    help="List the default remote, or the one of a name, and compare. Counts all branches and tags.",
)
@click.option("--prices-of", metavar="NAME", help="The price list: s3, gcs, azure or one of your own.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "csv", "markdown", "svg"]),
    default="text",
    show_default=True,
)
@click.option("-o", "--output", metavar="FILE", default=None, help="Write the report to a file.")
@click.option("--limit", type=click.IntRange(min=0), default=15, show_default=True, help="Outputs shown; 0 shows all.")
@stages_option
@project_option
@debug_option
def command(
    branches: bool,
    tags: bool,
    everything: bool,
    keep: int | None,
    keep_tags: bool,
    older_than: str | None,
    remote: str | None,
    prices_of: str | None,
    output_format: str,
    output: str | None,
    limit: int,
    stages: tuple[str, ...],
    project: str | None,
) -> int:
    """Show what cache and remote hold, what it costs, and what bloats them.

    Every dvc.lock and .dvc file of the git history is read, without a checkout: what outputs weigh in all their
    versions, how that grows, what each commit brought, and the price of a month now and in a year. Each content counts
    once. Rules for old versions (--keep, --keep-tags, --older-than; what any of them keeps stays) say what they would
    free and name the 'dvc gc' command that does it. Nothing is ever removed.

    Prices of your own stand in [tool.pipelinekit.cost.prices.NAME]: storage, writes, reads, retrieval, egress, unit,
    currency, date, source, region.
    """
    from pipelinekit.cli.costing import Question, read_cost
    from pipelinekit.cli.terminal import width
    from pipelinekit.report.escape import encodable

    reach = "all" if everything or (branches and tags) else "branches" if branches else "tags" if tags else "head"
    question = Question(reach, keep, keep_tags, older_than, remote, prices_of, stages)  # type: ignore[arg-type]
    cost, status = read_cost(project, question)
    if output_format == "json":
        from pipelinekit.report.cost.json import json_cost

        text = json_cost(cost) + "\n"
    elif output_format == "csv":
        from pipelinekit.report.cost.csv import csv_cost

        text = csv_cost(cost)
    elif output_format == "svg":
        from pipelinekit.draw.growth import growth_svg

        text = growth_svg(cost)
    elif output_format == "markdown":
        from pipelinekit.report.cost.markdown import markdown_lines

        text = "".join(f"{line}\n" for line in markdown_lines(cost, limit=limit))
    else:
        from pipelinekit.report.cost.text import text_lines

        text = "".join(f"{line}\n" for line in text_lines(cost, width=width() if output is None else 100, limit=limit))
    if output is None:
        click.echo(encodable(text), nl=False)
        return status
    from pipelinekit.project.writing import WriteError, replace_file

    try:
        replace_file(os.path.abspath(output), encodable(text))
    except WriteError as error:
        raise InputError(str(error)) from None
    return status
