"""What a report is given, and the formats that there are: one file each in `formats/`, found by its name.

A format is a module with a function `write(report) -> str`. Nothing else names it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import Rule
from pipelinekit.yaml.tree import Place


class Reported(NamedTuple):
    """A finding, and what the files of its project are called."""

    finding: Finding
    #: relative to the project; with several projects, to the folder that holds them all
    path: Callable[[str], str]
    #: relative to the root of the git repository, by which GitHub and GitLab know files; else the same
    path_in_repository: Callable[[str], str]
    #: relative to the current folder, so that a terminal can open it
    path_from_here: Callable[[str], str]
    #: the text of a file of the project; empty if there is none
    text: Callable[[str], str]


class KeptBackFinding(NamedTuple):
    """A finding that is not shown, and why; `place` is that of the comment, if it is one."""

    reported: Reported
    reason: str
    place: Place | None


class Terminal(NamedTuple):
    """Where a text is shown."""

    width: int = 100
    colour: bool = False


class Report(NamedTuple):
    """Everything that a format may want to write down."""

    findings: list[Reported]
    kept_back: list[KeptBackFinding]
    #: the rules that ran
    rules: tuple[Rule, ...]
    #: the pipelines that were checked, named like `Reported.path`
    files: list[str]
    file_count: int
    #: of pipelinekit
    version: str
    terminal: Terminal = Terminal()


@cache
def format_names() -> tuple[str, ...]:
    """The formats, in the order of the alphabet."""
    folder = os.path.join(os.path.dirname(__file__), "formats")
    return tuple(sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".py") and name != "__init__.py"))


def write_report(report: Report, name: str) -> str:
    """The text of a report, which ends with a line break unless it is empty."""
    module: Any = importlib.import_module(f"pipelinekit.report.formats.{name}")
    text: str = module.write(report)
    return text
