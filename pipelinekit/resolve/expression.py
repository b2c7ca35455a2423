"""`${}` in a string: where it stands, what it names, whether DVC can parse it.

DVC's grammar is a name, then `.name` or `[name]`, to any depth; no operators, no defaults, no nesting.
`\\${` is a literal `${`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

_EXPRESSION = re.compile(r"(?<!\\)\$\{(.*?)\}")
# `${VAR:-default}`, `${VAR%.*}`, `${#VAR}`, `${1}`, `${@}`: nothing that one would name a variable of DVC. But many
# a name there has a dash in it, such as `${log-level}`: a default without the colon is one behind capitals only.
_SHELL = re.compile(
    r"\$\{(?:[A-Za-z_][A-Za-z0-9_]*(?::[-+=?0-9 ]|[+=?#%/^,])|[A-Z_][A-Z0-9_]*-|#[A-Za-z_]|[0-9@*#?$!-]+\})"
)
_GRAMMAR = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\s*\[[^.\[\]]+\]\s*(?=[.\[]|\Z))*\Z")


class Expression(NamedTuple):
    """One `${}`; `start` and `end` are offsets in the string, braces included."""

    start: int
    end: int
    inner: str
    #: the names to look up one after another; empty if DVC can't parse it
    keys: tuple[str, ...]
    #: offset in `inner` of what DVC stumbles over, None if it can be parsed
    error: int | None

    @property
    def text(self) -> str:
        return f"${{{self.inner}}}"


class Template(NamedTuple):
    """A string that has `${}` in it."""

    text: str
    expressions: tuple[Expression, ...]

    @property
    def is_exact(self) -> bool:
        """Whether it is a single `${}` and nothing else, and so keeps the type of what it names."""
        return len(self.expressions) == 1 and self.expressions[0][1] - self.expressions[0][0] == len(self.text)


@lru_cache(maxsize=65536)
def parse_template(text: str) -> Template:
    """Find the `${}` of a string; escaped ones are no expressions."""
    expressions = []
    for match in _EXPRESSION.finditer(text):
        inner = match[1]
        expressions.append(Expression(match.start(), match.end(), inner, *_parsed(inner)))
    return Template(text, tuple(expressions))


@lru_cache(maxsize=4096)
def _parsed(inner: str) -> tuple[tuple[str, ...], int | None]:
    """The keys of an expression, or the offset in it at which it is wrong."""
    error = _error_offset(inner)
    return () if error is not None else _keys(inner), error


def is_of_the_shell(text: str) -> bool:
    """Whether a `${}` is written as only a shell would read it; DVC may still take it for a name."""
    return _SHELL.match(text) is not None


def is_misspelt_name(name: str, names: Iterable[str]) -> bool:
    """Whether what a shell could read as `${name-default}` is nearly one of the variables that there are."""
    if not all(char.isalnum() or char in "_.-" for char in name):
        return False
    from pipelinekit.model.suggest import closest

    return closest(name, names) is not None


def unclosed(text: str) -> int | None:
    """The offset of a `${` behind which no `}` comes; None if there is none."""
    start = text.rfind("${")
    if start < 0 or "}" in text[start:] or text[start - 1 : start] in ("\\", "$"):
        return None
    return start


def unescape(text: str) -> str:
    """A literal `${` where an escaped one was written."""
    return text.replace("\\${", "${")


def _keys(inner: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in inner.replace("[", ".").replace("]", "").split("."))


def _error_offset(inner: str) -> int | None:
    if _GRAMMAR.match(inner):
        return None
    # the longest prefix that is still an expression: what follows is where the parser stops
    for end in range(len(inner), 0, -1):
        if _GRAMMAR.match(inner[:end]):
            return end
    return 0
