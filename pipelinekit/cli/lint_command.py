"""`pipelinekit lint`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from pipelinekit import __version__
from pipelinekit.cli.options import InputError, OptionalValueCommand, debug_option, project_option, stages_option
from pipelinekit.cli.terminal import wants_colour, width
from pipelinekit.graph.selection_grammar import SelectorError
from pipelinekit.lint.run import STDIN, LintRun, Request, run_lint
from pipelinekit.lint.selection import UnknownRuleError, is_at_least
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.project.project import NoProjectError
from pipelinekit.project.writing import WriteError
from pipelinekit.report.report import Terminal, format_names, write_report
from pipelinekit.rules.finding import LEVELS
from pipelinekit.rules.plugins import PluginError

if TYPE_CHECKING:
    from pipelinekit.graph.selectors import Source
    from pipelinekit.lint.baseline import Baseline

_LEVELS = click.Choice(LEVELS)


def _listed(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


@click.command(
    "lint",
    cls=OptionalValueCommand,
    optional_values=("--write-baseline", "--add-ignore"),
    epilog="Example: pipelinekit lint --select PK1,PK3 --fix",
)
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
@click.option("--fail-on", type=_LEVELS, default=None, help="Exit 1 from this level upward (default: warning).")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option(
    "--output-format",
    type=click.Choice(format_names()),
    default=None,
    help="How to show findings (default: text; in GitHub Actions github).",
)
@click.option(
    "--output",
    multiple=True,
    metavar="[FORMAT:]FILE",
    help="Write the report to a file instead; with a format before it, such as sarif:lint.sarif, write that one as "
    "well. Can be repeated.",
)
@click.option("--statistics", is_flag=True, help="Show how often each rule found something, and no findings.")
@click.option("--since", metavar="REVISION", default=None, help="Only findings that are new since a git revision.")
@click.option(
    "--baseline", metavar="FILE", default=None, help="Do not show the findings in this file; it only gets shorter."
)
@click.option(
    "--write-baseline",
    metavar="[=FILE]",
    default=None,
    help="Write what is found to the baseline, or take out of it what is not found any more.",
)
@click.option(
    "--add-ignore",
    metavar="[=REASON]",
    default=None,
    help="Write comments into the files that ignore what is found.",
)
@click.option("--stdin-filename", metavar="FILE", default=None, help="With '-' as path: the file that is read from it.")
@click.option("--isolated", is_flag=True, help="Without the settings in pyproject.toml or pipelinekit.toml.")
@click.option("--show-settings", is_flag=True, help="Show the settings and the rules that run, and do nothing else.")
@stages_option
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
    exit_zero: bool,
    output_format: str | None,
    output: tuple[str, ...],
    statistics: bool,
    since: str | None,
    baseline: str | None,
    write_baseline: str | None,
    add_ignore: str | None,
    stdin_filename: str | None,
    isolated: bool,
    show_settings: bool,
    stages: tuple[str, ...],
    project: str | None,
) -> int:
    """Find what DVC refuses, and what will go stale, leak, bloat or break.

    Without PATHS the whole project is checked. PATHS are files and folders: the project is read as a whole all
    the same, and findings in them are shown. With --stages, findings about these stages are shown, and none that
    is about the project as a whole. Nothing of yours is ever executed.
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
        isolated=isolated,
        since=since,
        stages=stages,
        sources=_sources() if stages else {},
        stdin=_stdin(paths, stdin_filename),
    )
    outputs = _outputs(output)
    new_baseline: Baseline | None = None
    try:
        if show_settings:
            return _show_settings(request)
        if baseline is not None or write_baseline is not None:
            request, new_baseline = _with_baseline(request, baseline, write_baseline)
        run = run_lint(request)
        if write_baseline is not None and new_baseline is not None:
            run = _write_baseline(run, new_baseline)
        if add_ignore is not None:
            run = _add_ignores(run, add_ignore)
    except (NoProjectError, UnknownRuleError, WriteError, ConfigurationError, PluginError) as error:
        raise InputError(str(error)) from None
    except SelectorError as error:
        from pipelinekit.cli.selecting import marked

        raise InputError(marked(error)) from None
    if diff:
        _print("".join(f"{line}\n" for line in run.diff_lines()), outputs.pop("", None))
        _refuse_others(outputs)
        return 1 if run.has_changes and not exit_zero else 0
    _show(run, output_format, outputs, statistics=statistics, to_stdout=not (fix and request.stdin))
    if fix and request.stdin is not None:
        _print(_fixed_stdin(run, request.stdin), None)
    failed = any(is_at_least(finding.level or "error", threshold) for finding, threshold in run.levels(fail_on))
    return 1 if failed and not exit_zero else 0


# --- what is shown -------------------------------------------------------------------------------------------


def _outputs(values: tuple[str, ...]) -> dict[str, str]:
    """The files to write by format; the format of the main report is empty."""
    outputs: dict[str, str] = {}
    for value in values:
        name, colon, path = value.partition(":")
        if not colon or name not in format_names():
            name, path = "", value
        if not path:
            raise InputError(f"--output {value} names no file")
        if name in outputs:
            raise InputError(f"--output names two files for {name or 'the report'}: {outputs[name]} and {path}")
        outputs[name] = path
    return outputs


def _refuse_others(outputs: dict[str, str]) -> None:
    for name, path in outputs.items():
        raise InputError(f"--output {name}:{path} has nothing to write with --diff")


def _format(run: LintRun, asked: str | None, *, to_file: bool) -> str:
    """The format that was asked for on the command line or in the settings, else what fits where it is shown."""
    chosen = asked or run.output_format
    if chosen is None and os.environ.get("GITHUB_ACTIONS") == "true" and not to_file:
        return "github"
    return chosen or "text"


def _show(
    run: LintRun, output_format: str | None, outputs: dict[str, str], *, statistics: bool, to_stdout: bool
) -> None:
    main_file = outputs.pop("", None)
    name = _format(run, output_format, to_file=main_file is not None)
    for other, path in outputs.items():
        _write(path, write_report(run.report(__version__), other))
    if statistics:
        text = _statistics(run, name)
    else:
        terminal = Terminal(width(), wants_colour()) if main_file is None else Terminal()
        text = write_report(run.report(__version__, terminal), name)
    if main_file is None and not to_stdout:
        click.echo(text, nl=False, err=True)
    else:
        _print(text, main_file)
    if name == "github":
        _add_to_summary(run)
    if name in ("text", "concise", "github") and (name != "concise" or statistics):
        from pipelinekit.report.formats.text import closing_line

        click.echo(closing_line(run.findings, run.file_count, run.fixed_count, in_baseline=_in_baseline(run)), err=True)


def _in_baseline(run: LintRun) -> int:
    """How many old findings there are: what somebody has still to mend."""
    return sum(kept.by == "baseline" for part in run.parts for kept in part.kept_back)


def _statistics(run: LintRun, name: str) -> str:
    from pipelinekit.report.statistics import json_statistics, statistics_lines

    if name == "json":
        return json_statistics(run.findings)
    return "".join(f"{line}\n" for line in statistics_lines(run.findings))


def _add_to_summary(run: LintRun) -> None:
    """GitHub shows what is in this file on the page of the run."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        from pipelinekit.report.formats.markdown import step_summary

        try:
            with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(step_summary(run.report(__version__)))
        except OSError as error:
            click.echo(f"pipelinekit: could not write the step summary to {path}: {error.strerror}", err=True)


def _print(text: str, path: str | None) -> None:
    if path is not None:
        _write(path, text)
    elif text:
        click.echo(text, nl=False, color=True)


def _write(path: str, text: str) -> None:
    from pipelinekit.project.writing import replace_file
    from pipelinekit.report.escape import encodable

    try:
        replace_file(path, encodable(text))
    except WriteError as error:
        raise InputError(str(error)) from None


def _show_settings(request: Request) -> int:
    from pipelinekit.lint.shown_settings import settings_lines

    for line in settings_lines(request):
        click.echo(line)
    return 0


def _sources() -> Mapping[str, Source]:
    from pipelinekit.cli.selecting import SOURCES

    return SOURCES


# --- what is read and written --------------------------------------------------------------------------------


def _stdin(paths: tuple[str, ...], name: str | None) -> tuple[str, str] | None:
    if STDIN not in paths:
        if name is not None:
            raise InputError("--stdin-filename goes with '-' as the only path")
        return None
    if len(paths) > 1 or not name:
        raise InputError("'-' reads one file from standard input: give no other path, and its name as --stdin-filename")
    from pipelinekit.project.disk import UnreadableError, decode

    try:
        return decode(sys.stdin.buffer.read()), name
    except UnreadableError as error:
        raise InputError(f"standard input can't be read: {error}") from None


def _fixed_stdin(run: LintRun, stdin: tuple[str, str]) -> str:
    """The text that was read, mended."""
    changed = [text for part in run.parts for _, text in part.changes.values()]
    return changed[0] if changed else stdin[0]


def _with_baseline(request: Request, name: str | None, written: str | None) -> tuple[Request, Baseline]:
    """What to do with the baseline: one that is to be written may not be there yet."""
    from pipelinekit.lint.ratchet import chosen_baseline

    baseline = chosen_baseline(request, name, written)
    return request._replace(baseline=baseline if baseline.text else None, without_baseline=True), baseline


def _write_baseline(run: LintRun, baseline: Baseline) -> LintRun:
    from pipelinekit.lint.ratchet import write_baseline

    run, message = write_baseline(run, baseline)
    click.echo(message, err=True)
    return run


def _add_ignores(run: LintRun, reason: str) -> LintRun:
    from pipelinekit.lint.add_ignore import add_ignores

    run, message = add_ignores(run, reason)
    click.echo(message, err=True)
    return run
