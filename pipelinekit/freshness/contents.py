"""Whether a file or a folder still has the content that a lock recorded, by MD5 as DVC computes it.

A lock that was written on Windows has the MD5 of texts with `\\r\\n`, which git turned into `\\n`, and the other
way round: content is the same if it is with either line end.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.locked import LockEntry
from pipelinekit.project.project import Project

#: Code and small data; reading more would stall a linter.
MAX_BYTES = 16 * 1024 * 1024
#: A folder with more files than this is data.
MAX_FILES = 2000
#: What git has in place of a file that Git LFS keeps and that was not fetched.
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"

#: Ways to mix the line ends of a folder's files that are tried, and steps to find them.
MAX_MIXTURES = 2000
MAX_STEPS = 100_000

#: `\r\n` as editors on Windows write it, in all files of a folder or in some. Some lines of a file may have it, too:
#: where the recorded size of a folder allows for that, only the rest of the project tells it from a change.
Comparison = Literal["same", "same with CRLF", "changed", "changed or CRLF", "unknown"]


class _Text(NamedTuple):
    """A file's MD5 as it is, with `\\n`, and with `\\r\\n`; its size with `\\n`, and its lines."""

    raw: str
    lf: str
    crlf: str
    size: int
    lines: int


class Contents:
    """The contents of a project's files, each read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._texts: dict[str, _Text | None] = {}
        self._members: dict[str, list[str] | None] = {}

    def compared(self, path: str, entry: LockEntry) -> Comparison:
        """What is here against what the entry recorded."""
        if entry.md5 is None:
            return "unknown"
        kind = self._project.disk.kind(path)
        if entry.is_folder:
            return self._folder_compared(path, entry) if kind == "folder" else "unknown"
        text = self._text(path) if kind == "file" else None
        if text is None:
            return "unknown"
        if entry.md5 in (text.raw, text.lf):
            return "same"
        return "same with CRLF" if entry.md5 == text.crlf else "changed"

    def _text(self, path: str) -> _Text | None:
        """What a file holds; None if it is too large, or can't be read."""
        if path not in self._texts:
            try:
                data = self._project.disk.read_bytes(path, MAX_BYTES)
            except (UnreadableError, FileNotFoundError):
                data = None
            self._texts[path] = None if data is None or data.startswith(_LFS_POINTER) else _digested(data)
        return self._texts[path]

    def _folder_compared(self, path: str, entry: LockEntry) -> Comparison:
        """Judged by what git tracks: whatever else lies there now, a clone has just that.

        A recorded folder with more files than git tracks had some that nobody can know of.
        """
        members = self._tracked_members(path)
        if members is None or entry.nfiles is None or entry.size is None or len(members) < entry.nfiles:
            return "unknown"
        if len(members) > entry.nfiles:
            return "changed"
        prefix = 0 if path == "." else len(path) + 1
        found: dict[str, _Text] = {}
        for member in members:
            text = self._text(member)
            if text is None:
                return "unknown"
            found[member[prefix:]] = text
        raw = {name: text.raw for name, text in found.items()}
        lf = {name: text.lf for name, text in found.items()}
        if entry.md5 in (folder_md5(raw), folder_md5(lf)):
            return "same"
        missing = entry.size - sum(text.size for text in found.values())
        if entry.legacy or not 0 < missing <= sum(text.lines for text in found.values()):
            return "changed"
        return "same with CRLF" if _is_mixed(found, entry.md5, missing) else "changed or CRLF"

    def _tracked_members(self, path: str) -> list[str] | None:
        """The files in a folder that git tracks and DVC sees; None if they are too many, or unknown."""
        if path not in self._members:
            self._members[path] = self._find_members(path)
        return self._members[path]

    def _find_members(self, path: str) -> list[str] | None:
        git = self._project.git
        if git is None:
            return None
        tracked = git.files_below(path)
        if len(tracked) > MAX_FILES:
            return None
        disk, ignore = self._project.disk, self._project.dvcignore
        kinds = {member: disk.kind(member) for member in tracked}
        if any(kind in ("folder", "other") for kind in kinds.values()):
            return None  # a submodule, or a link to a folder
        return [member for member, kind in kinds.items() if kind == "file" and not ignore.hides(member)]


def _digested(data: bytes) -> _Text:
    import hashlib  # only where something is compared: it loads OpenSSL

    raw = hashlib.md5(data, usedforsecurity=False).hexdigest()
    lines = 0 if b"\0" in data else data.count(b"\n")
    if not lines:
        return _Text(raw, raw, raw, len(data), 0)
    as_lf = data.replace(b"\r\n", b"\n")
    as_crlf = as_lf.replace(b"\n", b"\r\n")
    lf = raw if as_lf == data else hashlib.md5(as_lf, usedforsecurity=False).hexdigest()
    return _Text(raw, lf, hashlib.md5(as_crlf, usedforsecurity=False).hexdigest(), len(as_lf), lines)


def folder_md5(files: dict[str, str]) -> str:
    """The MD5 that DVC gives a folder, from those of its files by their path in it."""
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    import hashlib
    import json

    return hashlib.md5(json.dumps(entries, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def md5_within(listed: dict[str, str], path: str) -> str:
    """The MD5 of a file or folder in the list of a folder; empty if it is not there."""
    if path in listed:
        return listed[path]
    within = {name[len(path) + 1 :]: md5 for name, md5 in listed.items() if name.startswith(path + "/")}
    return folder_md5(within) if within else ""


def _is_mixed(texts: dict[str, _Text], md5: str | None, missing: int) -> bool:
    """Whether a folder has an MD5 with some of its files in `\\r\\n`, as editors on Windows leave them.

    They must have as many lines as the folder had more bytes.
    """
    names = sorted((name for name, text in texts.items() if text.lines), key=lambda name: -texts[name].lines)
    for chosen in islice(_subsets([texts[name].lines for name in names], missing), MAX_MIXTURES):
        with_crlf = {names[index] for index in chosen}
        if md5 == folder_md5({name: text.crlf if name in with_crlf else text.lf for name, text in texts.items()}):
            return True
    return False


def _subsets(numbers: list[int], total: int) -> Iterator[list[int]]:
    """The indexes of numbers, in falling order, that come to a total; not all where that takes too many steps."""
    rest = [0]
    for number in reversed(numbers):
        rest.append(rest[-1] + number)
    rest.reverse()
    stack: list[tuple[int, int, list[int]]] = [(0, total, [])]
    for _ in range(MAX_STEPS):
        if not stack:
            return
        index, wanted, chosen = stack.pop()
        if wanted == 0:
            yield chosen
        elif index < len(numbers) and 0 < wanted <= rest[index]:
            stack.append((index + 1, wanted, chosen))
            stack.append((index + 1, wanted - numbers[index], [*chosen, index]))


def contents(graph: Graph) -> Contents:
    """The contents of a project's files. For `graph.derived`."""
    return Contents(graph.index.project)
