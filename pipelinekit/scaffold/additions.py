"""What `init` adds to a project: new files, edits of files that are there, and what it leaves to the user."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.writing import Write, write_files


class ScaffoldError(Exception):
    """A project that can't be started here, or something that can't be added to one."""


@dataclass
class Additions:
    """What was added. Paths are absolute; each note is one sentence that says what is left to do."""

    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    #: files that were there, and are as they would be made
    same: list[str] = field(default_factory=list)
    #: files that were there and are left alone, each with the diff to what would be made
    differing: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, path: str, text: str) -> bool:
        """Make a file unless something has its name. Raises WriteError."""
        if not os.path.lexists(path):
            write_files([Write(path, text, None)])
            self.made.append(path)
            return True
        lines = list(_difference(path, text))
        if lines:
            self.differing[path] = lines
        else:
            self.same.append(path)
        return False

    def edit(self, path: str, before: str, after: str) -> None:
        """Change a file that is there, in the place where something is missing. Raises WriteError."""
        if after == before:
            self.same.append(path)
            return
        write_files([Write(path, after, before)])
        self.changed.append(path)


def _difference(path: str, text: str) -> Iterator[str]:
    """What would change in a file; line endings are the user's own business."""
    try:
        there = read_text(path)
    except (OSError, UnreadableError):
        yield "(it can't be read)"
        return
    yield from difflib.unified_diff(
        there.splitlines(), text.splitlines(), "what is there", "what init would write", lineterm=""
    )
