"""The recipes of a Makefile that `make target` runs, as far as they are plain.

Variables that are given a constant are filled in; functions, patterns, conditions and included files are not
known, and give nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pipelinekit.scripts.arguments import read_arguments
from pipelinekit.scripts.shell import SimpleCommand, Word, parse_script

_ASSIGNMENT = re.compile(r"(?:export\s+|override\s+)*([A-Za-z_][\w.-]*)\s*(:::?|[?+!])?=\s*(.*)\Z", re.DOTALL)
_RULE = re.compile(r"([^:=#\t][^:=#]*?)\s*(::?)(?!=)\s*(.*)\Z", re.DOTALL)
_REFERENCE = re.compile(r"\$(?:\$|([@<^*+?%])|\(([^()$]*)\)|\{([^{}$]*)\}|(\w))")
_CONDITION = re.compile(r"\s*(ifeq|ifneq|ifdef|ifndef|else|endif)\b")
#: What a shell makes nothing of that is known: `$(VAR)` of a Makefile that isn't.
_UNKNOWN = '"$__unknown__"'
_MOST_TARGETS = 200
_NAME = re.compile(r"[\w./-]+\Z")


class _Rule(NamedTuple):
    prerequisites: str
    #: line by line, with the offsets of each in the file
    recipe: tuple[tuple[str, int, int], ...]


class _Makefile(NamedTuple):
    rules: dict[str, _Rule]
    #: None: a value that isn't known
    variables: dict[str, str | None]
    default: str | None
    phony: frozenset[str]


def recipe_commands(text: str, words: tuple[Word, ...]) -> Iterator[SimpleCommand]:
    """The commands that `make` with these words runs; the words in them span the line that they stand in."""
    from pipelinekit.scripts.runs import MAKE_OPTIONS

    makefile = _parse(text)
    operands = read_arguments(words, MAKE_OPTIONS).operands
    variables = dict(makefile.variables)
    targets: list[str] = []
    for word in operands:
        name, sign, value = (word.text or "").partition("=")
        if sign:
            variables[name] = value
        elif word.text is None:
            return
        else:
            targets.append(word.text)
    if not targets and makefile.default is not None:
        targets.append(makefile.default)
    done: set[str] = set()
    for target in targets:
        yield from _commands(target, makefile, variables, done, asked=True)


def _commands(
    target: str, makefile: _Makefile, variables: dict[str, str | None], done: set[str], *, asked: bool
) -> Iterator[SimpleCommand]:
    rule = makefile.rules.get(target)
    if rule is None or target in done or len(done) >= _MOST_TARGETS:
        return
    done.add(target)
    needed = _filled(rule.prerequisites.replace("|", " "), variables, {})
    names = needed.split() if needed is not None else []
    for name in names:
        yield from _commands(name, makefile, variables, done, asked=False)
    automatic: dict[str, str | None] = {"@": target, "<": names[0] if names else None, "^": " ".join(names) or None}
    # make leaves out what is up to date
    certain = asked and (target in makefile.phony or not names)
    for line, start, end in rule.recipe:
        command = _filled(line, variables, automatic, unknown=_UNKNOWN)
        for parsed in parse_script(command or ""):
            yield parsed._replace(
                words=_at(parsed.words, start, end),
                reads=_at(parsed.reads, start, end),
                writes=_at(parsed.writes, start, end),
                is_conditional=parsed.is_conditional or not certain,
            )


def _at(words: tuple[Word, ...], start: int, end: int) -> tuple[Word, ...]:
    return tuple(Word(word.text, start, end) for word in words)


def _filled(
    text: str,
    variables: dict[str, str | None],
    automatic: dict[str, str | None],
    unknown: str | None = None,
    depth: int = 0,
) -> str | None:
    """A text with its `$(VAR)` replaced; None, or with `unknown` in their place, where some aren't known."""
    if depth > 20:
        return None
    pieces: list[str] = []
    position = 0
    for match in _REFERENCE.finditer(text):
        pieces.append(text[position : match.start()])
        position = match.end()
        if match.group() == "$$":
            pieces.append("$")
            continue
        name = next(group for group in match.groups() if group is not None)
        raw = automatic.get(name) if match[1] else variables.get(name)
        value = raw if raw is None or match[1] else _filled(raw, variables, automatic, None, depth + 1)
        if value is None and unknown is None:
            return None
        pieces.append(value if value is not None else str(unknown))
    if re.search(r"\$[({]", _REFERENCE.sub("", text)):
        return None  # `$(call f,$(x))`: who knows where it ends
    return "".join([*pieces, text[position:]])


@lru_cache(maxsize=64)
def _parse(text: str) -> _Makefile:
    rules: dict[str, _Rule] = {}
    variables: dict[str, str | None] = {"MAKE": "make", "SHELL": "/bin/sh", "CURDIR": "."}
    default: str | None = None
    phony: set[str] = set()
    conditions = 0
    targets: list[str] = []
    for line, start, end in _lines(text):
        condition = _CONDITION.match(line)
        if line.startswith("\t") and targets:
            if conditions == 0:
                _add_recipe(rules, targets, line, start, end)
            continue
        if condition is not None:
            conditions += {"if": 1, "en": -1}.get(condition[1][:2], 0)
            continue
        stripped = re.sub(r"(?<!\\)#.*", "", line).strip()
        assignment = _ASSIGNMENT.match(stripped)
        if assignment is not None:
            _assign(variables, assignment, known=conditions == 0)
            continue
        rule = _RULE.match(stripped)
        if not stripped or rule is None:
            continue
        names, _, prerequisites = rule.groups()
        prerequisites, semicolon, command = prerequisites.partition(";")
        targets = [name for name in names.split() if _NAME.match(name) and conditions == 0] or [""]
        if names.strip() == ".PHONY":
            phony.update(prerequisites.split())
        if _ASSIGNMENT.match(prerequisites):
            targets = [""]
            continue
        for name in targets:
            known = rules.get(name)
            rules[name] = _Rule(
                f"{known.prerequisites} {prerequisites}" if known else prerequisites, known.recipe if known else ()
            )
            if default is None and name and not name.startswith("."):
                default = name
        if semicolon:
            _add_recipe(rules, targets, "\t" + command.strip(), start, end)
    rules.pop("", None)
    return _Makefile(rules, variables, default, frozenset(phony))


def _lines(text: str) -> Iterator[tuple[str, int, int]]:
    r"""Logical lines: those that end in `\` go on; each with its offsets."""
    start = 0
    pending: list[str] = []
    begin = 0
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        if not pending:
            begin = start
        start += len(line)
        pending.append(body)
        if body.endswith("\\"):
            continue
        yield "\n".join(pending), begin, begin + len(pending[0])
        pending = []
    if pending:
        yield "\n".join(pending), begin, begin + len(pending[0])


def _assign(variables: dict[str, str | None], match: re.Match[str], *, known: bool) -> None:
    name, kind, value = match.groups()
    joined = re.sub(r"\\\n\s*", " ", value).strip()
    if not known or kind in ("+", "!"):
        variables[name] = None
    elif kind != "?" or name not in variables:
        # `?=` leaves a variable of the environment alone; that one is set there is the exception
        variables[name] = joined


def _add_recipe(rules: dict[str, _Rule], targets: list[str], line: str, start: int, end: int) -> None:
    text = re.sub(r"\\\n\t?", r"\\\n", line[1:]).lstrip(" \t@-+")
    begin = start + len(line) - len(line.lstrip())
    for name in targets:
        rule = rules.get(name)
        if rule is not None:
            rules[name] = rule._replace(recipe=(*rule.recipe, (text, begin, max(begin, end))))
