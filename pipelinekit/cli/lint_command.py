"""`pipelinekit lint`."""

from __future__ import annotations

import os
from typing import Any

import click

from pipelinekit.cli.options import InputError, debug_option, project_option
from pipelinekit.cli.terminal import path_from_here, wants_colour, width
from pipelinekit.lint.run import LintRun, Request, run_lint
from pipelinekit.lint.selection import UnknownRuleError, is_at_least
from pipelinekit.project.project import NoProjectError
from pipelinekit.project.writing import WriteError
from pipelinekit.rules.finding import LEVELS

_LEVELS = click.Choice(LEVELS)


def _listed(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


@click.command("lint", epilog="Example: pipelinekit lint --select PK1,PK3 --fix")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, and show the rest.")
@click.option(
    "--unsafe-fixes", is_flag=True, help="With --fix or --diff: also fixes that may change what the pipeline does."
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--select",
    multiple=True,
    callback=_listed,
    metavar="RULES",
    help="Only these rules: codes, beginnings of codes, names, ALL.",
)
@click.option("--ignore", multiple=True, callback=_listed, metavar="RULES", help="Not these rules.")
@click.option("--level", type=_LEVELS, default=None, help="Show findings from this level upward (default: warning).")
@click.option("--fail-on", type=_LEVELS, default="warning", show_default=True, help="Exit 1 from this level upward.")
@click.option("--output-format", type=click.Choice(["text", "concise", "json"]), default="text", show_default=True)
@click.option("--output", metavar="FILE", default=None, help="Write the report to a file instead.")
@project_option
@debug_option
def command(
    paths: tuple[str, ...],
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    level: Any,
    fail_on: Any,
    output_format: str,
    output: str | None,
    project: str | None,
) -> int:
    """Find what DVC refuses, and what will go stale, leak, bloat or break.

    Without PATHS the whole project is checked. PATHS are files and folders: the project is read as a whole all
    the same, and findings in them are shown. Nothing of yours is ever executed.
    """
    request = Request(
        paths=tuple(paths),
        start=project or os.getcwd(),
        select=select,
        ignore=ignore,
        level=level,
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
    )
    try:
        run = run_lint(request)
    except (NoProjectError, UnknownRuleError, WriteError) as error:
        raise InputError(str(error)) from None
    if diff:
        for line in run.diff_lines():
            click.echo(line)
        return 1 if run.has_changes else 0
    _print(run, output_format, output)
    return 1 if any(is_at_least(finding.level or "error", fail_on) for finding in run.findings) else 0


def _print(run: LintRun, output_format: str, output: str | None) -> None:
    text = _report(run, output_format, to_file=output is not None)
    if output is not None:
        _write(output, text)
    elif text:
        click.echo(text, nl=not text.endswith("\n"), color=True)
    if output_format == "text":
        from pipelinekit.report.text import closing_line

        click.echo(closing_line(run.findings, run.file_count, run.fixed_count), err=True)


def _report(run: LintRun, output_format: str, *, to_file: bool) -> str:
    if output_format == "json":
        from pipelinekit.report.json_report import json_report

        return json_report(run.findings, run.path_in_report) + "\n"
    lines: list[str] = []
    for part in run.parts:
        shown_path = path_from_here(part.project.root)
        if output_format == "concise":
            from pipelinekit.report.concise import concise_lines

            lines += concise_lines(part.findings, shown_path)
        else:
            from pipelinekit.report.text import coloured_style, plain_style, text_lines

            style = coloured_style() if wants_colour() and not to_file else plain_style()
            lines += text_lines(part.findings, shown_path, width=width(), style=style)
    return "".join(line + "\n" for line in lines)


def _write(path: str, text: str) -> None:
    from pipelinekit.project.writing import replace_file

    try:
        replace_file(path, text)
    except WriteError as error:
        raise InputError(str(error)) from None
