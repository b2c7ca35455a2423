"""`pipelinekit promote`."""

from __future__ import annotations

import os

import click

from pipelinekit.cli.options import InputError, debug_option, project_option
from pipelinekit.cli.reading import read_graph


@click.command("promote", epilog="Example: pipelinekit promote churn --dry-run")
@click.argument("model", metavar="[MODEL]", required=False)
@click.option("--alias", metavar="NAME", default=None, help="The alias that the version gets (default: champion).")
@click.option("--dry-run", is_flag=True, help="Check the rules, and change nothing.")
@click.option("--undo", "undoing", is_flag=True, help="Give the alias back to the version that had it before.")
@click.option("--format", "output_format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@project_option
@debug_option
def command(
    model: str | None, alias: str | None, dry_run: bool, undoing: bool, output_format: str, project: str | None
) -> int:
    """Make a model a version in MLflow's registry, and give it an alias, if all rules allow it.

    A model is an artifact of type model in dvc.yaml. The rules stand in [tool.pipelinekit.promote]: a metric at
    least as good as that of the version with the alias, everything committed, nothing stale, no errors. All are
    checked before anything is changed. Exits 1 if one of them refuses.
    """
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.run.models import ModelError, find_model
    from pipelinekit.run.promote_settings import promote_settings
    from pipelinekit.run.promotion import Promoter, PromotionError, undo
    from pipelinekit.run.promotion_report import json_promotion, json_undo, promotion_lines, undo_line
    from pipelinekit.run.registry import open_registry
    from pipelinekit.run.store import TrackingError

    graph, _ = read_graph(project)
    root = graph.index.project.root
    try:
        chosen = find_model(graph, model)
        rules = promote_settings(root, chosen.registered)
        name = alias or rules.alias
        store, settings = open_registry(root)
        if undoing:
            undone = undo(store, chosen.registered, name, dry_run=dry_run)
            click.echo(json_undo(undone) if output_format == "json" else undo_line(undone))
            return 0
        errors = _errors(root) if rules.no_errors else []
        promoter = Promoter(graph, chosen, rules, store, settings.experiment)
        promotion = promoter.promote(name, errors, dry_run=dry_run, upload_models=settings.upload_models)
    except (ModelError, PromotionError, TrackingError, ConfigurationError) as error:
        raise InputError(str(error)) from None
    click.echo(json_promotion(promotion) if output_format == "json" else "\n".join(promotion_lines(promotion)))
    return 1 if promotion.refused else 0


def _errors(root: str) -> list[str]:
    """What lint finds of level error, with the settings of the project."""
    from pipelinekit.lint.run import Request, run_lint
    from pipelinekit.project.project import NoProjectError
    from pipelinekit.report.formats.concise import concise_lines
    from pipelinekit.rules.plugins import PluginError

    try:
        run = run_lint(Request(paths=(), start=root, level="error"))
    except (PluginError, NoProjectError) as error:
        raise InputError(str(error)) from None
    findings = [
        finding
        for part in run.parts
        if os.path.samefile(part.project.root, root)
        for finding in part.findings
        if finding.level == "error"
    ]
    return list(concise_lines(findings, lambda path: path))
