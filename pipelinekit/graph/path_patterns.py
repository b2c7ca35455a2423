"""Which paths a selector means: a path, what lies in it, and what holds it; with wildcards or without."""

from __future__ import annotations

import re
from fnmatch import translate

from pipelinekit.project.paths import is_outside, is_url, join

_WILDCARDS = re.compile(r"[*?[]")


def has_wildcards(text: str) -> bool:
    """Whether a text stands for several names."""
    return _WILDCARDS.search(text) is not None


class PathPattern:
    """A path of the project; `*` and `?` stay inside of a name, `**` stands for any number of folders."""

    def __init__(self, text: str, root: str, *, is_literal: bool = False) -> None:
        """`text` is relative to the project, or absolute."""
        self.path = join(".", text, root)
        self.has_wildcards = not is_literal and has_wildcards(text)
        parts = _parts(self.path)
        #: the folders before the first wildcard
        self._fixed = parts
        self._steps: list[re.Pattern[str] | str | None] = list(parts)
        if self.has_wildcards:
            first = next((place for place, part in enumerate(parts) if has_wildcards(part)), len(parts))
            self._fixed = parts[:first]
            self._steps = [_step(part) for part in parts]
        self._known: dict[str, tuple[bool, bool]] = {}

    def covers(self, path: str) -> bool:
        """Whether a path is meant, or lies in a folder that is."""
        return self._judged(path)[0]

    def touches(self, path: str) -> bool:
        """Whether a path is meant, lies in a folder that is, or is a folder that holds what is meant.

        Of a pattern only the folders before its first wildcard can be said to be held.
        """
        return any(self._judged(path))

    def _judged(self, path: str) -> tuple[bool, bool]:
        known = self._known.get(path)
        if known is None:  # stages share their paths, and thousands of them may be asked about
            parts = _parts(path)
            known = self._known[path] = (self._is_above(path, parts), self._is_below(path, parts))
        return known

    def _is_above(self, path: str, parts: list[str]) -> bool:
        if not self._steps:
            return not is_outside(path) and not is_url(path)
        places = self._skipped({0})
        for part in parts:
            following = set()
            for place in places:
                step = self._steps[place]
                if step is None:
                    following.add(place)
                elif step == part or (isinstance(step, re.Pattern) and step.match(part)):
                    following.add(place + 1)
            places = self._skipped(following)
            if len(self._steps) in places:
                return True
        return False

    def _skipped(self, places: set[int]) -> set[int]:
        """Places in the pattern, and those behind a `**`, which may stand for no folder at all."""
        for place in sorted(places):
            while place < len(self._steps) and self._steps[place] is None:
                place += 1  # noqa: PLW2901
                places.add(place)
        return places

    def _is_below(self, path: str, parts: list[str]) -> bool:
        if not parts:
            return not is_outside(self.path) and not is_url(self.path)
        return len(parts) <= len(self._fixed) and self._fixed[: len(parts)] == parts


def _parts(path: str) -> list[str]:
    return [] if path == "." else path.split("/")


def _step(part: str) -> re.Pattern[str] | str | None:
    """What a part of a pattern allows: None for any number of folders."""
    if part == "**":
        return None
    return re.compile(translate(part)) if has_wildcards(part) else part
