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


def debug_option(function: _Command) -> _Command:
    """`--debug`, which is also accepted before the command."""
    return click.option("--debug", is_flag=True, expose_value=False, hidden=True)(function)
