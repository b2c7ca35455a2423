"""Runs `pipelinekit` as a user does, in this process."""

from __future__ import annotations

import contextlib
import gc
import io
import os
from typing import NamedTuple

from pipelinekit.cli.app import main


class Result(NamedTuple):
    status: int
    stdout: str
    stderr: str


def run(*arguments: str, folder: str | os.PathLike[str] | None = None) -> Result:
    """Run a command; `folder` is the current folder meanwhile."""
    stdout, stderr = io.StringIO(), io.StringIO()
    status: object = None
    before = os.getcwd()
    if folder is not None:
        os.chdir(folder)
    try:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            main(list(arguments))
    except SystemExit as ended:
        status = ended.code
    finally:
        os.chdir(before)
        gc.enable()  # a command turns it off for the moment that it lives
    assert isinstance(status, int)
    return Result(status, stdout.getvalue(), stderr.getvalue())
