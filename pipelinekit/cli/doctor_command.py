"""`pipelinekit doctor`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pipelinekit.cli.options import InputError, debug_option, project_option

if TYPE_CHECKING:
    from pipelinekit.adoption.examine import Examined
    from pipelinekit.adoption.repair import Repaired
    from pipelinekit.project.project import Project

_GRADES = ("A", "B", "C", "D", "F")


class _Found(NamedTuple):
    """A project, and how it was before it was mended."""

    name: str
    examined: Examined
    before: Examined | None
    done: Repaired | None


@click.command("doctor", epilog="Example: pipelinekit doctor --min-grade B --badge pipeline.svg")
@click.option("--fix", is_flag=True, help="Do what can be done safely by itself, and say what is left.")
@click.option(
    "--format", "output_format", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
)
@click.option("--badge", metavar="FILE.svg", default=None, help="Write the grade as a picture for a README.")
@click.option("--min-grade", type=click.Choice(_GRADES), default=None, help="Exit 1 if the grade is worse.")
@project_option
@debug_option
def command(fix: bool, output_format: str, badge: str | None, min_grade: Any, project: str | None) -> int:
    """Show how far a project and its team have come, and the next step.

    Each point with what shows it, why it matters and the one next step; then a grade, with its arithmetic. Above
    several projects, such as at the top of a monorepo, each is looked at. Nothing of yours is executed, and no
    server is asked. --fix starts what is missing as init does, mends what lint --fix mends, and writes the page of
    docs; it commits nothing. The exit status is 0 whatever the grade, unless --min-grade asks for a better one.
    """
    from pipelinekit.lint.selection import UnknownRuleError
    from pipelinekit.project.configuration import ConfigurationError
    from pipelinekit.project.writing import WriteError, replace_file
    from pipelinekit.rules.plugins import PluginError

    start = project or os.getcwd()
    try:
        found = [_examine(opened, start, fix=fix) for opened in _projects(start)]
    except (ConfigurationError, PluginError, UnknownRuleError) as error:
        raise InputError(str(error)) from None
    worst = max((each.examined.graded for each in found), key=lambda graded: _GRADES.index(graded.grade))
    _show(found, output_format)
    if badge is not None:
        from pipelinekit.adoption.badge import badge_svg

        try:
            replace_file(badge, badge_svg(worst))
        except WriteError as error:
            raise InputError(str(error)) from None
    if min_grade is not None and not worst.is_at_least(min_grade):
        click.echo(f"pipelinekit: the grade is {worst.grade}, and {min_grade} is asked for", err=True)
        return 1
    return 0


def _projects(start: str) -> list[Project]:
    from pipelinekit.project.project import NoProjectError, open_project, projects_below

    try:
        opened = [open_project(start)]
    except NoProjectError as error:
        opened = projects_below(start) if os.path.isdir(start) else []
        if not opened:
            raise InputError(f"{error}. 'pipelinekit init' starts one") from None
    return opened


def _examine(project: Project, start: str, *, fix: bool) -> _Found:
    from pipelinekit.adoption.examine import examine
    from pipelinekit.adoption.repair import repair
    from pipelinekit.graph.graph import Graph
    from pipelinekit.project.project import Project
    from pipelinekit.resolve.index import Index

    name = os.path.relpath(project.root, os.path.abspath(start)).replace(os.sep, "/")
    graph = Graph(Index(project))
    if not graph.index.pipelines and not graph.index.unreadable:
        raise InputError(f"there is no dvc.yaml in {project.root}. 'pipelinekit init {name}' shows how to begin")
    examined = examine(graph)
    if not fix:
        return _Found(name, examined, None, None)
    done = repair(examined)
    return _Found(name, examine(Graph(Index(Project(project.root)))), examined, done)


def _show(found: list[_Found], output_format: str) -> None:
    from pipelinekit.report.escape import encodable

    if output_format == "json":
        from pipelinekit.adoption.formats.json import json_report

        click.echo(encodable(json_report((each.name, each.examined, each.done) for each in found)))
        return
    from pipelinekit.adoption.formats.text import repair_text, text_lines
    from pipelinekit.cli.terminal import wants_colour, width

    for index, each in enumerate(found):
        name = each.name if len(found) > 1 else ""
        if index:
            click.echo()
        if each.done is not None and each.before is not None:
            for line in repair_text(each.done, each.before.graded, each.examined.graded, width=width()):
                click.echo(line, err=output_format == "markdown")
            click.echo(err=output_format == "markdown")
        if output_format == "markdown":
            from pipelinekit.adoption.formats.markdown import markdown_lines

            for line in markdown_lines(each.examined, name):
                click.echo(encodable(line))
        else:
            for line in text_lines(each.examined, width=width(), colour=wants_colour(), name=name):
                click.echo(line, color=True)
