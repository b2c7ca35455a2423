"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


class InputError(click.ClickException):
    """Something about the input keeps a command from doing its work: exit code 2."""

    exit_code = 2


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
