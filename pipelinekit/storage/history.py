"""Every version of the locks that git has, newest first, read in one go.

One process lists the commits that changed a lock, another hands out the versions. From one version to the next a
lock hardly changes, so each stage's text is read once, however many versions have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from pipelinekit.project.git import ask_git
from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import LockedStage, parse_lock, read_stage, split_stages
from pipelinekit.project.objects import Objects

#: Versions that are read: more say nothing new, and a linter has no time for them.
MAX_VERSIONS = 1000
#: A lock larger than this is passed over.
MAX_BYTES = 16 * 1024 * 1024
_HEAD = "schema: '2.0'\nstages:\n"
_CHANGE = re.compile(r"\n?:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [AMT]")


class LockVersion(NamedTuple):
    """A lock as a commit left it. `path` is relative to the project."""

    commit: str
    #: seconds since 1970, when it was committed
    time: int
    path: str
    stages: dict[str, LockedStage]


class LockHistory:
    """The versions of some locks in the history of what is checked out."""

    def __init__(self, root: str, paths: Iterable[str], max_versions: int = MAX_VERSIONS) -> None:
        """`paths` are relative to `root`, the folder of the project."""
        self.root = root
        self.paths = tuple(paths)
        self._max_versions = max_versions
        self._stages: dict[str, LockedStage | None] = {}

    def versions(self) -> Iterator[LockVersion]:
        """The versions, newest first; none without git, or where no commit has one.

        A merge is no version of its own: what it brought in counts where it was committed first. A lock that
        can't be read is left out.
        """
        changes = self._changes()
        if not changes:
            return
        with closing(Objects(self.root)) as objects:
            for commit, time, path, blob in changes:
                text = _text(objects, blob)
                stages = self._read(text) if text is not None else None
                if stages is not None:
                    yield LockVersion(commit, time, path, stages)

    def _changes(self) -> list[tuple[str, int, str, str]]:
        """Commit, time, path and blob of each version."""
        listing = ["log", "--raw", "-z", "--no-abbrev", "--no-renames", "--relative", "--format=%x01%H %ct"]
        output = ask_git(self.root, [*listing, f"--max-count={self._max_versions}", "--", *self.paths]) or ""
        found: list[tuple[str, int, str, str]] = []
        for part in output.split("\x01")[1:]:
            head, *fields = part.split("\0")
            commit, time = head.split()
            for description, path in zip(fields[::2], fields[1::2], strict=False):
                change = _CHANGE.fullmatch(description)
                if change is not None:
                    found.append((commit, int(time), path, change[1]))
        return found

    def _read(self, text: str) -> dict[str, LockedStage] | None:
        if not text.startswith(_HEAD):
            lock = parse_lock(text, "dvc.lock")
            return lock.stages if lock is not None else None
        stages: dict[str, LockedStage] = {}
        for _, part in split_stages(text, len(_HEAD) - 1):
            stage = self._stage(part)
            if stage is None:
                return None
            stages[stage.name] = stage
        return stages

    def _stage(self, text: str) -> LockedStage | None:
        """A stage from its text alone, read when it is first met; None if it can't be."""
        if text not in self._stages:
            if is_as_dvc_writes_it(_HEAD + text):
                self._stages[text] = read_stage(text)
            else:
                lock = parse_lock(_HEAD + text, "dvc.lock")
                self._stages[text] = next(iter(lock.stages.values()), None) if lock is not None else None
        return self._stages[text]


def _text(objects: Objects, blob: str) -> str | None:
    """The text of a blob; None if it is not there, too large, or no text."""
    try:
        data = objects.content(blob)
        return data.decode() if data is not None and len(data) <= MAX_BYTES else None
    except (OSError, UnicodeDecodeError):
        return None
