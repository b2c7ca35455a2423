"""`pipelinekit rule`."""

from __future__ import annotations

import click

from pipelinekit.cli.options import InputError, debug_option


@click.command("rule", epilog="Example: pipelinekit rule PK101")
@click.argument("name", metavar="[CODE or NAME]", required=False)
@click.option("--all", "all_rules", is_flag=True, help="The pages of all rules.")
@click.option(
    "--format", "output_format", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True
)
@debug_option
def command(name: str | None, all_rules: bool, output_format: str) -> int:
    """Show the page of a rule, or list all rules.

    A page says what the rule finds, why that matters, what a wrong and a right file look like, and what its fix
    changes.
    """
    from pipelinekit.cli.terminal import is_terminal
    from pipelinekit.lint import selection
    from pipelinekit.model.suggest import did_you_mean
    from pipelinekit.report.rule_pages import json_rules, list_lines, markdown_page, show_page
    from pipelinekit.rules.plugins import PluginError

    try:
        rules = selection.all_rules()
    except PluginError as error:
        raise InputError(str(error)) from None
    if name is not None:
        chosen = [rule for rule in rules if name.upper() == rule.code or name.lower() == rule.name]
        if not chosen:
            known = [word for rule in rules for word in (rule.code, rule.name)]
            raise InputError(f"no rule is called {name}. {did_you_mean(name, known)}".rstrip())
        rules = chosen
    if output_format == "json":
        click.echo(json_rules(rules))
    elif name is None and not all_rules and output_format == "text":
        for line in list_lines(rules):
            click.echo(line)
    elif output_format == "text" and is_terminal():
        for rule in rules:
            show_page(rule)
    else:
        click.echo("\n\n".join(markdown_page(rule) for rule in rules))
    return 0
