"""What libraries make of the words that a command passes: argparse, click, typer, fire, hydra."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.argument_parsers import (
    argument_parser_method,
    class_parser,
    class_parser_method,
    make_parser,
    parse_class,
)
from pipelinekit.scripts.python.fire_commands import fire
from pipelinekit.scripts.python.options import marker
from pipelinekit.scripts.python.typer_apps import app_method, make_app, typer_run
from pipelinekit.scripts.python.values import Instance

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given

#: Functions that make parsers and programs, by their full name.
PARSERS: dict[str, Callable[[Given], Any]] = {
    "argparse.ArgumentParser": make_parser,
    "argparse.FileType": marker("file"),
    "configargparse.ArgumentParser": make_parser,
    "configargparse.ArgParser": make_parser,
    "simple_parsing.ArgumentParser": make_parser,
    "simple_parsing.parse": parse_class,
    "tyro.cli": parse_class,
    "transformers.HfArgumentParser": class_parser,
    "click.command": marker("command"),
    "click.group": marker("group"),
    "click.option": marker("option"),
    "click.argument": marker("argument"),
    "click.Path": marker("path"),
    "click.File": marker("file"),
    "rich_click.command": marker("command"),
    "rich_click.option": marker("option"),
    "rich_click.argument": marker("argument"),
    "typer.Typer": make_app,
    "typer.run": typer_run,
    "typer.Option": marker("typer.option"),
    "typer.Argument": marker("typer.argument"),
    "fire.Fire": fire,
    "hydra.main": marker("hydra"),
}


def parser_method(parser: Instance, name: str, given: Given) -> Any:
    """`parser.add_argument(…)`, `parser.parse_args()`, `app()`: a method of what reads a command line."""
    app = parser.attributes.get("**app")
    if app is None:
        return argument_parser_method(parser, name, given)
    return class_parser_method(parser, name, given) if "classes" in app else app_method(parser, name, given)
