"""What values of settings may be, as `Setting.read` wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pipelinekit.project.configuration import Problem, kind_of, unknown

Path = tuple[Any, ...]
Reader = Callable[[Any, Path, list[Problem]], Any]


def text(value: Any, path: Path, problems: list[Problem]) -> str | None:
    """A string that is not empty."""
    return value if isinstance(value, str) and value else _refuse(value, path, problems, "a string")


def flag(value: Any, path: Path, problems: list[Problem]) -> bool | None:
    """`true` or `false`."""
    return value if isinstance(value, bool) else _refuse(value, path, problems, "true or false")


def amount(value: Any, path: Path, problems: list[Problem]) -> float | None:
    """A number that is not negative."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    _refuse(value, path, problems, "a number from 0 upward")
    return None


def word(words: Iterable[str]) -> Reader:
    """One of some words."""
    allowed = tuple(words)

    def read(value: Any, path: Path, problems: list[Problem]) -> str | None:
        if isinstance(value, str) and value not in allowed:
            problems.append(Problem(path, unknown("value", value, allowed)))
            return None
        return value if isinstance(value, str) else _refuse(value, path, problems, "one of " + ", ".join(allowed))

    return read


def table(value: Any, path: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """A table of whatever."""
    return value if isinstance(value, dict) else _refuse(value, path, problems, "a table")


def _refuse(value: Any, path: Path, problems: list[Problem], wanted: str) -> Any:
    name = next(step for step in reversed(path) if isinstance(step, str))
    problems.append(Problem(path, f"'{name}' is {kind_of(value)}, not {wanted}"))
    return None
