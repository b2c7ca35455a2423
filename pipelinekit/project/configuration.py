"""A project's own settings: `[tool.pipelinekit]` in `pyproject.toml`, or `pipelinekit.toml`.

The nearest file counts, from the project's folder upward to the root of its git repository. What a setting may be
is said by the room that it belongs to, as a table of `Setting`s.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pipelinekit.project.disk import UnreadableError, read_text

PYPROJECT = "pyproject.toml"
OWN_FILE = "pipelinekit.toml"


class ConfigurationError(Exception):
    """Settings that can't be used: one line per problem, each with its place."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class Problem(NamedTuple):
    """What is wrong with a setting; `path` leads to it from the table of all settings."""

    path: tuple[Any, ...]
    message: str
    #: whether the key is meant, and not its value
    at_key: bool = False


class Setting(NamedTuple):
    """What a key of the settings may be."""

    #: for a list of words: what is meant, in an error and in the JSON Schema
    doc: str
    #: turns the value as TOML has it into the one that is used, or adds problems and returns None
    read: Callable[[Any, tuple[Any, ...], list[Problem]], Any]
    #: JSON Schema of the value
    schema: dict[str, Any]
    default: Any = None


class Configuration:
    """The settings of one file, as they stand there. Without a file, `path` is empty and so is the table."""

    def __init__(self, path: str = "", text: str = "", table: dict[str, Any] | None = None) -> None:
        #: absolute
        self.path = path
        self.text = text
        self.table = table or {}
        #: the path of the table in the file
        self.base: tuple[str, ...] = ("tool", "pipelinekit") if path.endswith(PYPROJECT) else ()
        self._places: Any = None

    @property
    def folder(self) -> str:
        """What paths in it are relative to."""
        return os.path.dirname(self.path)

    def span(self, path: tuple[Any, ...], *, at_key: bool = False) -> tuple[int, int]:
        """Where a setting stands in the text, in code points."""
        if self._places is None:
            from pipelinekit.project.toml_places import toml_places

            self._places = toml_places(self.text)
        for length in range(len(path), -1, -1):
            place = self._places.get((*self.base, *path[:length]))
            if place is not None:
                return (place.start, place.end) if at_key else (place.value_start, place.value_end)
        return 0, 0

    def where(self, path: tuple[Any, ...], *, at_key: bool = False) -> str:
        """`pyproject.toml:12:3`, as seen from the current folder."""
        start, _ = self.span(path, at_key=at_key)
        line = self.text.count("\n", 0, start) + 1
        column = start - (self.text.rfind("\n", 0, start) + 1) + 1
        return f"{_from_here(self.path)}:{line}:{column}"

    def refuse(self, problems: list[Problem]) -> None:
        """Raise ConfigurationError if there are problems, in the order of the file."""
        if problems:
            ordered = sorted(problems, key=lambda problem: self.span(problem.path, at_key=problem.at_key))
            raise ConfigurationError(
                f"{self.where(problem.path, at_key=problem.at_key)}: {problem.message}" for problem in ordered
            )


def read_table(
    table: Mapping[str, Any],
    settings: Mapping[str, Setting],
    path: tuple[Any, ...],
    problems: list[Problem],
    others: Iterable[str] = (),
    kind: str = "setting",
) -> dict[str, Any]:
    """The values of the settings that are there; tables called as one of `others` belong to somebody else."""
    values: dict[str, Any] = {}
    foreign = frozenset(others)
    for key, value in table.items():
        if key in settings:
            values[key] = settings[key].read(value, (*path, key), problems)
        elif key not in foreign:
            problems.append(Problem((*path, key), unknown(kind, key, [*settings, *foreign]), at_key=True))
    return values


def unknown(kind: str, word: str, known: Iterable[str]) -> str:
    """`unknown setting 'selct'; did you mean 'select'?`."""
    from pipelinekit.model.suggest import closest

    candidates = sorted(known)
    dashed = word.replace("_", "-")
    near = dashed if dashed in candidates else closest(dashed, candidates)
    if near is not None:
        return f"unknown {kind} '{word}'; did you mean '{near}'?"
    known_ones = f"there are {', '.join(candidates)}" if candidates else "there is none here"
    return f"unknown {kind} '{word}'; {known_ones}"


def find_configuration(root: str, top: str) -> Configuration:
    """The nearest configuration from `root` upward, `top` included. Raises ConfigurationError."""
    folder = root
    while True:
        for name in (OWN_FILE, PYPROJECT):
            found = _read(os.path.join(folder, name))
            if found is not None:
                return found
        parent = os.path.dirname(folder)
        if folder in (top, parent):
            return Configuration()
        folder = parent


def _read(path: str) -> Configuration | None:
    """The settings in a file; None if it has none. A `pyproject.toml` that does not mention us is not parsed."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        return None
    except UnreadableError as error:
        if path.endswith(PYPROJECT):
            return None
        raise ConfigurationError([f"{_from_here(path)}: it can't be read: {error}"]) from None
    if path.endswith(PYPROJECT) and "pipelinekit" not in text:
        return None
    from pipelinekit.project.toml import TomlError, parse_toml

    try:
        table: Any = parse_toml(text.removeprefix("\ufeff"))
    except TomlError as error:
        raise ConfigurationError([f"{_from_here(path)}:{error.line}:1: it is no TOML: {error.message}"]) from None
    configuration = Configuration(path, text)
    for step in configuration.base:
        if not isinstance(table, dict) or step not in table:
            return None
        table = table[step]
    if not isinstance(table, dict):
        raise ConfigurationError([f"{configuration.where(())}: tool.pipelinekit is {kind_of(table)}, not a table"])
    configuration.table = table
    return configuration


def refuse_value(value: Any, path: tuple[Any, ...], problems: list[Problem], wanted: str) -> Any:
    """Say that a setting is not what it must be; None, in place of its value."""
    name = next(step for step in reversed(path) if isinstance(step, str))
    problems.append(Problem(path, f"'{name}' is {kind_of(value)}, not {wanted}"))
    return None


def read_string(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    """A setting that is a text, and not an empty one."""
    if isinstance(value, str) and value:
        return value
    return refuse_value(value, path, problems, "a string")


def kind_of(value: Any) -> str:
    """What a TOML value is, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the string '{value}'"
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "a date"


def _from_here(path: str) -> str:
    return os.path.relpath(path).replace(os.sep, "/")
