"""A file that a command runs, and the program that runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.project.paths import is_url, join
from pipelinekit.project.project import Project
from pipelinekit.scripts.arguments import Arguments
from pipelinekit.scripts.invocations import Invocation
from pipelinekit.scripts.shell import Word
from pipelinekit.scripts.wrappers import program_of
from pipelinekit.yaml.tree import Document

#: The names of Python.
PYTHON = re.compile(r"(?:python|pypy|ipython)(?:\d+(?:\.\d+)*)?t?(?:\.exe)?w?\Z")
#: Interpreters that run what they are given on their standard input, if they are given no file.
_READ_INPUT = frozenset({"bash", "sh", "zsh", "dash", "ksh", "julia", "perl", "ruby", "node", "R", "Rscript", "octave"})


class Script(NamedTuple):
    """A file that a command runs; `path` is relative to the project, `word` stands in one line of a command."""

    path: str
    word: Word
    command: str
    line: str
    #: as the command names it: a path, or a module
    is_module: bool
    #: whether an earlier part of the command may have put the file there, or it may not run at all
    may_be_made: bool
    #: the words behind it
    arguments: tuple[Word, ...] = ()
    #: the folder it runs in, relative to the project
    folder: str = "."
    #: variables that are set for it alone (`PYTHONPATH=lib python x.py`); None: a value that only a shell knows
    environment: tuple[tuple[str, str | None], ...] = ()
    #: the scripts through which the command comes to it, the outermost first
    via: tuple[Script, ...] = ()
    #: the function that a program of the project calls in it (`main`)
    function: str | None = None
    #: what runs it: `python`, `bash`, `Rscript`, `papermill`, `make`…
    program: str = ""
    #: where in the command, or in `origin`, the text begins that `word` is a part of
    offset: int = 0
    #: the script or Makefile that names it; None for the command itself
    origin: Document | None = None


def arguments_of(script: Script) -> tuple[str | None, ...]:
    """The words that a script is given; None for one that only a shell knows."""
    return tuple(word.text for word in script.arguments)


class Run(NamedTuple):
    """A program with its words, and where it runs."""

    words: tuple[Word, ...]
    environment: dict[str, Any]
    folder: str
    invocation: Invocation
    project: Project

    @property
    def name(self) -> str:
        return program_of(self.words)

    def script(self, path: str, word: Word, arguments: tuple[Word, ...], **more: Any) -> Script:
        """A script at a path of the project, as the word names it; `more` are fields of it."""
        invocation = self.invocation
        made = invocation.after_maker or invocation.parsed.is_conditional
        return Script(
            path,
            word,
            invocation.command,
            invocation.line,
            more.pop("is_module", False),
            more.pop("may_be_made", made),
            arguments=arguments,
            folder=self.folder,
            environment=tuple(self.environment.items()),
            via=invocation.via,
            program=more.pop("program", self.name),
            offset=invocation.offset,
            origin=invocation.origin,
            **more,
        )

    def file(self, word: Word | None, arguments: tuple[Word, ...] = (), **more: Any) -> Iterator[Script]:
        """The script that a word names, if it is known and may be a file of the project."""
        text = word.text if word is not None else None
        if word is None or not text or is_url(text) or not _MAY_BE_PATH.match(text):
            return
        yield self.script(join(self.folder, text, self.project.root), word, arguments, **more)

    def first_or_input(self, arguments: Arguments) -> Iterator[Script]:
        """The script that is the first operand, or the file that stands behind `<`."""
        operands = arguments.operands
        if operands and operands[0].text != "-":
            yield from self.file(operands[0], operands[1:])
        elif self.name in _READ_INPUT or PYTHON.match(self.name):
            for word in self.invocation.parsed.reads[-1:]:
                yield from self.file(word, operands[1:])


_MAY_BE_PATH = re.compile(r"[^\0\n]{1,1000}\Z")
