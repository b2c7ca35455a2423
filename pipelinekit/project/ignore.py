"""`.dvcignore` files, by the rules of DVC: git's syntax, any folder may have one, deeper ones add to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pipelinekit.project.disk import Disk, UnreadableError
from pipelinekit.project.paths import ancestors, folder_of, is_outside

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

DVCIGNORE = ".dvcignore"
_BUILT_IN = frozenset({".git", ".hg", ".dvc"})


class IgnoredBy(NamedTuple):
    """The line that ignores a path."""

    file: str
    line: int
    pattern: str


class Unusable(NamedTuple):
    """Why a `.dvcignore` can't be used, and the line that is to blame where it is a single one."""

    reason: str
    line: int | None = None


class DvcIgnore:
    """Which paths of a project DVC does not see."""

    def __init__(self, disk: Disk, files: Iterable[str]) -> None:
        """`files` are the `.dvcignore` files of the project."""
        self._specs: dict[str, tuple[str, list[tuple[int, str]], GitIgnoreSpec]] = {}
        #: those that can't be used, and why: DVC stops
        self.unusable: dict[str, Unusable] = {}
        for file in files:
            try:
                patterns = _patterns(disk.read(file))
            except FileNotFoundError:
                continue
            except UnreadableError as error:
                self.unusable[file] = Unusable(str(error))
                continue
            if patterns:
                spec = _compile(patterns)
                if isinstance(spec, Unusable):
                    self.unusable[file] = spec
                else:
                    self._specs[folder_of(file)] = (file, patterns, spec)

    def __bool__(self) -> bool:
        return bool(self._specs)

    def match(self, path: str, *, is_folder: bool = False) -> IgnoredBy | None:
        """What ignores a path, itself or a folder that holds it; None if nothing does."""
        if not self._specs or is_outside(path) or path == ".":
            return None
        holders = list(reversed(ancestors(path)))
        for folder in holders:
            found = self._match_one(folder, True)
            if found is not None:
                return found
        return self._match_one(path, is_folder)

    def hides(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether DVC passes a path over when it looks for files, its built-in patterns included."""
        if any(part in _BUILT_IN for part in path.split("/")):
            return True
        return self.match(path, is_folder=is_folder) is not None

    def hides_within(self, path: str, *, is_folder: bool = False) -> bool:
        """The same for a path in a folder that is known to be seen: a third of the time for a large one."""
        if path.rpartition("/")[2] in _BUILT_IN:
            return True
        return bool(self._specs) and not is_outside(path) and self._match_one(path, is_folder) is not None

    def _match_one(self, path: str, is_folder: bool) -> IgnoredBy | None:
        found: IgnoredBy | None = None
        for folder in [".", *reversed(ancestors(path))]:
            entry = self._specs.get(folder)
            if entry is None:
                continue
            file, patterns, spec = entry
            inner = path if folder == "." else path[len(folder) + 1 :]
            result = spec.check_file(inner + "/" if is_folder else inner)
            if result.include is True and result.index is not None:
                line, pattern = patterns[result.index]
                found = IgnoredBy(file, line, pattern)
            elif result.include is False:
                found = None
        return found


def _compile(patterns: list[tuple[int, str]]) -> GitIgnoreSpec | Unusable:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines([pattern for _, pattern in patterns])
    except ValueError:
        line, pattern = next(entry for entry in patterns if not _is_pattern(entry[1]))
        return Unusable(f"'{pattern}' is no pattern", line)


def _is_pattern(text: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([text])
    except ValueError:
        return False
    return True


def _patterns(text: str) -> list[tuple[int, str]]:
    """The lines with a pattern, counted from 1; DVC takes away the blanks around one, git does not."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    stripped = enumerate(map(str.strip, lines), start=1)
    return [(number, line) for number, line in stripped if line and not line.startswith("#")]
