"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


class InputError(click.ClickException):
    """Something about the input keeps a command from doing its work: exit code 2."""

    exit_code = 2


class OptionalValueCommand(click.Command):
    """A command with options whose value may be left out, and else stands behind a `=`.

    click would take the next word for the value, which may be a path that the command should work on.
    """

    def __init__(self, *arguments: Any, optional_values: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._optional_values = optional_values

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        bare = [f"{arg}=" if arg in self._optional_values else arg for arg in args[:end]]
        return super().parse_args(ctx, bare + args[end:])


def project_option(function: _Command) -> _Command:
    """`--project DIR`."""
    return click.option(
        "--project",
        "project",
        metavar="DIR",
        default=None,
        help="The DVC project, by default the one that holds the current folder.",
    )(function)


def stages_option(function: _Command) -> _Command:
    """`--stages SELECTOR`, which can be repeated: a tuple of texts for `cli.selecting`."""
    return click.option(
        "--stages",
        "stages",
        metavar="SELECTOR",
        multiple=True,
        help="Only these stages, such as train, +train, train+, tag:gpu or changed:main ('pipelinekit graph --help' "
        "says more). Repeated: the stages of any.",
    )(function)


#: What `--help` says of selectors, where there is room for it.
SELECTOR_HELP = """\
\b
Selectors:
  train              a stage, or all of a group, by name, in any dvc.yaml
  sub/dvc.yaml:train train@*    an address; * ? [] in names and addresses
  model.pkl          the stage that writes it
  +train  train+     with all that it needs; with all that needs it
  2+train  train+1   only so many steps of it
  tag:gpu            meta.pipelinekit.tags or meta.tags has it
  path:src  reads:data/raw  writes:models/**
                     defined there, reading or writing there; reading; writing
  stale  state:fresh            as 'pipelinekit status' says
  changed  changed:main         differing from HEAD; from a git revision
  a,b  a or b        the stages of either
  "a and b"          the stages of both ("and" goes before "or" and ",")
  "not a"  "(a or b) and not c+"   every other stage; parentheses
  "'odd, name'"      quotes make a name or value literal; name:stale is the
                     stage of that name; changed(main) is changed:main

Paths are relative to the project; a folder stands for all that is in it.
"""


def debug_option(function: _Command) -> _Command:
    """`--debug`, which is also accepted before the command."""
    return click.option("--debug", is_flag=True, expose_value=False, hidden=True)(function)
