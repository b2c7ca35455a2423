"""What each commit changed of one stage in its lock, newest first.

One process lists the commits that changed a lock, another hands out the versions. Of those only the text of the stage
is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from pipelinekit.project.git import ask_git
from pipelinekit.project.locked import LockedStage, parse_lock
from pipelinekit.project.objects import Objects
from pipelinekit.storage.commits import ends_of_shallow_clone
from pipelinekit.storage.lock_texts import ORDINARY_HEAD, LockTexts

#: Versions that are read: more say nothing new, and a linter has no time for them.
MAX_VERSIONS = 1000
#: A lock larger than this is passed over.
MAX_BYTES = 16 * 1024 * 1024
#: Bytes of locks that are read to find the changes of one stage: a second or two of git's time.
MAX_BYTES_OF_CHANGES = 1024 * 1024 * 1024
#: How many times longer it takes to parse a lock than to find a stage in one that is as DVC writes it.
_PARSING = 50
_COMMIT = re.compile(r"\x01(?=[0-9a-f]{40,64} \d+ )")
_CHANGE = re.compile(r"\n?:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) ([AMTD])")
_NEXT_STAGE = re.compile(rb"\n  (?=[^ \n])")


class StageChange(NamedTuple):
    """What a commit did to the entry that a stage has in its lock; None: the lock has no such entry."""

    commit: str
    #: seconds since 1970, when it was committed
    time: int
    author: str
    before: LockedStage | None
    after: LockedStage | None


class _Change(NamedTuple):
    """What a commit did to a lock; of a file that was not there, or no longer is, the blob is empty."""

    commit: str
    time: int
    author: str
    path: str
    before: str
    after: str


class LockHistory:
    """The versions of some locks in the history of what is checked out."""

    def __init__(self, root: str, paths: Iterable[str], max_versions: int = MAX_VERSIONS) -> None:
        """`paths` are relative to `root`, the folder of the project."""
        self.root = root
        self.paths = tuple(paths)
        self._max_versions = max_versions
        self._texts = LockTexts()
        #: whether there may be more than what was found, further back
        self.is_cut = False

    def changes_of(self, name: str, max_bytes: int = MAX_BYTES_OF_CHANGES) -> Iterator[StageChange]:
        """The commits that changed what the locks have of a stage, newest first; for one lock at a time.

        Each commit is compared with its parent. Of locks that DVC wrote only the text of the stage is read, and
        no more than `max_bytes` in all: `is_cut` says afterwards whether that was too little. It is as well where a
        shallow clone ends: what its oldest commits did is not known, since git has no parents of them.
        """
        self.is_cut = False
        changes = self._changes()
        if not changes:
            return
        with closing(Objects(self.root)) as objects:
            entries = _Entries(self._texts, objects, name, max_bytes)
            ends: frozenset[str] | None = None
            for change in changes:
                if not change.before:
                    ends = ends_of_shallow_clone(self.root) if ends is None else ends
                    if change.commit in ends:
                        self.is_cut = True
                        continue
                before, after = entries.of(change.before), entries.of(change.after)
                if entries.is_exhausted:
                    self.is_cut = True
                    return
                if before is not UNREADABLE and after is not UNREADABLE and _content(before) != _content(after):
                    yield StageChange(change.commit, change.time, change.author, before, after)
            self.is_cut = self.is_cut or len({change.commit for change in changes}) >= self._max_versions

    def committed(self, name: str) -> LockedStage | None:
        """What the first lock has of a stage in the commit that is checked out; UNREADABLE if that can't be told."""
        with closing(Objects(self.root)) as objects:
            return _Entries(self._texts, objects, name, MAX_BYTES).of(f"HEAD:./{self.paths[0]}")

    def _changes(self) -> list[_Change]:
        """What each commit did to the locks."""
        listing = ["log", "--raw", "-z", "--no-abbrev", "--no-renames", "--relative", "--format=%x01%H %ct %aN"]
        output = ask_git(self.root, [*listing, f"--max-count={self._max_versions}", "--", *self.paths]) or ""
        found: list[_Change] = []
        for part in _COMMIT.split(output)[1:]:
            head, *fields = part.split("\0")
            commit, time, author = head.split(" ", 2)
            for description, path in zip(fields[::2], fields[1::2], strict=False):
                change = _CHANGE.fullmatch(description)
                if change is not None:
                    before, after = (blob if blob.strip("0") else "" for blob in change.groups()[:2])
                    found.append(_Change(commit, int(time), author.strip(), path, before, after))
        return found


def _content(stage: LockedStage | None) -> Any:
    """What an entry says, wherever it stands."""
    if stage is None:
        return None
    entries = [{path: entry[:5] for path, entry in each.items()} for each in (stage.deps, stage.outs)]
    return stage.cmd, entries, stage.params


#: In place of an entry: nobody can tell what the lock has of the stage.
UNREADABLE: Any = type("Unreadable", (), {"__bool__": lambda self: False})()


class _Entries:
    """What versions of a lock have of one stage, each version looked at once."""

    def __init__(self, texts: LockTexts, objects: Objects, name: str, max_bytes: int) -> None:
        self._texts = texts
        self._objects = objects
        self._name = name
        self._left = max_bytes
        self._known: dict[str, LockedStage | None] = {"": None}
        quoted = name.replace("'", "''")
        self._keys = [f"\n  {key}:\n".encode("utf-8", "replace") for key in (name, f"'{quoted}'")]

    @property
    def is_exhausted(self) -> bool:
        return self._left < 0

    def of(self, blob: str) -> LockedStage | None:
        """The entry in a version; None if it has none, UNREADABLE if that can't be told."""
        if blob not in self._known:
            self._known[blob] = self._read(blob)
        return self._known[blob]

    def _read(self, blob: str) -> LockedStage | None:
        if self.is_exhausted or "\n" in blob:
            return UNREADABLE  # type: ignore[no-any-return]
        try:
            data = self._objects.content(blob)
        except OSError:
            data = None
        if data is None:
            return None if ":" in blob else UNREADABLE  # what is checked out may have no lock
        self._left -= len(data)
        if len(data) > MAX_BYTES or b"\n<<<<<<< " in data:
            return UNREADABLE  # type: ignore[no-any-return]
        if data.startswith(ORDINARY_HEAD.encode()):
            section = self._section(data)
            if section is None:
                return None
            return self._texts.stage(section.decode("utf-8", "replace")) or UNREADABLE
        self._left -= len(data) * _PARSING
        return self._parsed(data) if self._left >= 0 else UNREADABLE

    def _parsed(self, data: bytes) -> LockedStage | None:
        lock = parse_lock(data.decode("utf-8", "replace"), "dvc.lock")
        return lock.stages.get(self._name) if lock is not None else UNREADABLE

    def _section(self, data: bytes) -> bytes | None:
        """The lines of the stage; None if there are none."""
        for key in self._keys:
            start = data.find(key, len(ORDINARY_HEAD) - 1)
            if start >= 0:
                following = _NEXT_STAGE.search(data, start + 1)
                return data[start + 1 : following.start() + 1 if following is not None else len(data)]
        return None
