"""`pipelinekit`: the commands, found by name and imported when they are called.

click, and not typer on top of it: a typer app loads pydantic to convert its arguments, which takes three times
as long as all else that happens before a command begins.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from pipelinekit import __version__

#: What keeps a stream from taking what is printed: errors of writing that name no file.
_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
#: Commands in the order in which they are shown, with the line that `--help` has for each.
COMMANDS = {
    "init": "Start a project, or adopt one that is there.",
    "compile": "Write dvc.yaml from the model in pipeline.py.",
    "lint": "Find what DVC refuses, and what will go stale, leak, bloat or break.",
    "rule": "Show the page of a rule, or list all rules.",
    "stages": "Show the concrete stages, after vars, ${}, foreach and matrix.",
    "graph": "Draw the graph of the stages.",
    "status": "Show which stages are stale, and why.",
    "explain": "Show everything that is known about a stage.",
    "affected": "Show what re-runs if some files change, and why.",
    "run": "Bring the pipeline up to date: run what is outdated.",
    "report": "Write what a branch does to the pipeline, for its pull request.",
    "promote": "Give a model an alias in MLflow's registry, if all rules allow it.",
    "whence": "Show what a version of a model was made from.",
    "whither": "Show every version of a model that was made from some data.",
    "export": "Write the pipeline for Airflow, Kubeflow or Argo.",
    "cost": "Show what cache and remote hold, what it costs, and what bloats them.",
    "docs": "Write a page about the pipeline: the graph, the stages, and where their runs go.",
    "doctor": "Show how far a project and its team have come, and the next step.",
    "schema": "Print the JSON Schema of dvc.yaml.",
}
#: Commands that hooks and CI call, and `--help` leaves out.
HIDDEN = ("hook",)


class LazyGroup(click.Group):
    """Commands that are imported when they are called; the lines of its help stand here, so that it imports none."""

    #: what stands above them
    title = "Commands"

    def __init__(
        self, *args: Any, lines: Mapping[str, str], module: str, hidden: Sequence[str] = (), **kw: Any
    ) -> None:
        """`lines` are shown, by the names of the commands; `module` has `{}` for such a name."""
        super().__init__(*args, **kw)
        self.lines = lines
        self._module = module
        self._hidden = hidden

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lines and cmd_name not in self._hidden:
            return None
        command: click.Command = importlib.import_module(self._module.format(cmd_name)).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.lines and name not in self._hidden:
            raise click.UsageError(self.unknown(name), ctx)
        return super().resolve_command(ctx, args)

    def unknown(self, name: str) -> str:
        """What is said of a command that there is not."""
        from pipelinekit.model.suggest import did_you_mean

        return f"no command is called '{name}'. {did_you_mean(name, self.lines)}".rstrip()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(self.title):
            formatter.write_dl(list(self.lines.items()))


@click.command(
    cls=LazyGroup,
    lines=COMMANDS,
    module="pipelinekit.cli.{}_command",
    hidden=HIDDEN,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: pipelinekit lint",
)
@click.version_option(__version__, prog_name="pipelinekit", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show a traceback when pipelinekit itself fails.")
def app(debug: bool) -> None:
    """Generate, lint and draw DVC pipelines."""


def program() -> NoReturn:
    """The program: `main`, and then the end of the process at once.

    Python would first take apart all that a command has built, object by object, for as long as a lint takes.
    """
    try:
        main()
    except SystemExit as ended:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)
    raise AssertionError("main always exits")


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 findings or differences, 2 wrong usage, 3 a bug of ours."""
    arguments = sys.argv[1:] if arguments is None else arguments
    gc.disable()  # a command lives for a moment: collecting its garbage costs more than keeping it
    _prepare_streams()
    try:
        result: Any = app.main(args=arguments, prog_name="pipelinekit", standalone_mode=False)
        sys.stdout.flush()
        status = result if isinstance(result, int) else 0
    except click.ClickException as error:
        _show(error)
        status = 2
    except (click.Abort, KeyboardInterrupt):
        status = 130
    except BrokenPipeError:
        _silence_stdout()
        status = 0
    except Exception as error:
        status = _internal_error(error, arguments)
    sys.exit(status)


def _prepare_streams() -> None:
    """Replace streams that are closed (`>&-`), and have others take all that can be printed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _show(error: click.ClickException) -> None:
    from pipelinekit.report.escape import printable

    message = "\n".join(printable(line) for line in error.format_message().splitlines())
    click.echo(f"pipelinekit: {message}", err=True)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"Try '{error.ctx.command_path} --help'.", err=True)


def _silence_stdout() -> None:
    """Whoever read our output has gone; Python must not complain about it when it exits."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _internal_error(error: Exception, arguments: list[str]) -> int:
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        click.echo(f"pipelinekit: {error.strerror}: {error.filename}", err=True)
        return 2
    if isinstance(error, OSError) and error.errno in _OF_WRITING:
        _silence_stdout()
        click.echo(f"pipelinekit: can't write: {error.strerror}", err=True)
        return 2
    if "--debug" in arguments:
        import traceback

        traceback.print_exc()
    text = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(
        f"pipelinekit: this is a bug in pipelinekit {__version__}, please report it: {text} (--debug shows where)",
        err=True,
    )
    return 3
