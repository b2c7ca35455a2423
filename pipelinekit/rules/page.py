"""The page of a rule: its docstring, in fixed sections, with examples that are run as tests.

    '''One line: what is wrong.

    ## What it does / ## Why it matters / ## Example / ## Use instead / ## Fix safety / ## Options
    '''

In the examples each fenced block is a file of a small project, named behind the language: ```` ```yaml dvc.yaml ````.
A line of a comment sign and carets marks the place in the line above at which the finding must be; it is no part
of the file. Files that the stages need and the example doesn't show are there, unless a ```` ```text files ````
block lists what is; a ```` ```text git ```` block lists what git tracks, and a ```` ```text remote ```` block has the
address of git's remote. A name such as `HEAD~1:dvc.lock` is git's for what a file was, one commit before the others.
"""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

from pipelinekit.rules.rule import Rule

SECTIONS = ("What it does", "Why it matters", "Example", "Use instead", "Fix safety", "Options")
_BLOCK = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BEFORE = re.compile(r"HEAD~(\d+):(.+)")
_MARKER = re.compile(r"^(?: *# *(\^+)| *(\^+) #) *$")


class Mark(NamedTuple):
    """A place that an example marks: line and columns, from 1, the end exclusive."""

    file: str
    line: int
    column: int
    end_column: int


class Example(NamedTuple):
    """A small project."""

    files: dict[str, str]
    #: the files that are there, if the example says so
    listed: tuple[str, ...] | None
    tracked: tuple[str, ...]
    #: what git had before: contents by name, by the number of commits since
    history: dict[int, dict[str, str]]
    #: the address of git's remote; empty if it has none
    remote: str
    marks: tuple[Mark, ...]


def page_text(rule: Rule) -> str:
    """The whole page in Markdown."""
    return inspect.cleandoc(rule.page)


def sections(rule: Rule) -> dict[str, str]:
    """The text under each heading."""
    parts = re.split(r"^## (.+)$", page_text(rule), flags=re.MULTILINE)
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def example(text: str) -> Example:
    """The project that a section of a page shows."""
    files: dict[str, str] = {}
    marks: list[Mark] = []
    listed: tuple[str, ...] | None = None
    tracked: tuple[str, ...] = ()
    history: dict[int, dict[str, str]] = {}
    remote = ""
    for _, name, body in _BLOCK.findall(text):
        if name == "files":
            listed = tuple(body.split("\n")[:-1])
        elif name == "git":
            tracked = tuple(body.split("\n")[:-1])
        elif name == "remote":
            remote = body.strip()
        elif (before := _BEFORE.fullmatch(name)) is not None:
            history.setdefault(int(before[1]), {})[before[2]] = body
        else:
            lines: list[str] = []
            for line in body.split("\n"):
                marker = _MARKER.match(line)
                if marker is None:
                    lines.append(line)
                else:
                    column = line.index("^") + 1
                    marks.append(Mark(name, len(lines), column, column + line.count("^")))
            files[name] = "\n".join(lines)
    return Example(files, listed, tracked, history, remote, tuple(marks))
