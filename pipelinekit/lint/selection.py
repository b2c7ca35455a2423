"""Which rules run, and which of their findings are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipelinekit.rules.finding import LEVELS, Finding, Level
from pipelinekit.rules.plugins import plugin_rules
from pipelinekit.rules.rule import Rule, load_rules

_CODE = re.compile(r"([A-Z]+)[0-9]*\Z")


class UnknownRuleError(Exception):
    """A selector that names no rule."""

    def __init__(self, selector: str, suggestion: str | None) -> None:
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"no rule is called {selector}{hint}")


class Selection(NamedTuple):
    """The rules to run; findings below `level` are dropped unless their rule was named in full."""

    rules: tuple[Rule, ...]
    level: Level
    named: frozenset[str]
    #: values of the options that are set, by code: what is passed to the check
    options: Mapping[str, dict[str, Any]] = {}

    def shows(self, finding: Finding) -> bool:
        assert finding.level is not None
        return finding.code in self.named or is_at_least(finding.level, self.level)


def is_at_least(level: Level, threshold: Level) -> bool:
    """Whether a level is as severe as another, or more."""
    return LEVELS.index(level) <= LEVELS.index(threshold)


def all_rules() -> list[Rule]:
    """Our rules and those of the plugins that are installed. Raises PluginError."""
    return [*load_rules(), *plugin_rules()]


def select_rules(
    select: Sequence[str] = (), ignore: Sequence[str] = (), level: Level | None = None, rules: list[Rule] | None = None
) -> Selection:
    """Selectors are codes (`PK101`), beginnings of codes (`PK1`), names (`script-not-in-deps`), or `ALL`.

    Without `select`, every rule of the level and above. A rule that is named in full is shown whatever its
    level, unless `level` is given. Raises UnknownRuleError.
    """
    rules = all_rules() if rules is None else rules
    check_selectors([*select, *ignore], rules)
    chosen = {found.code for found in rules if not select or any(matches(found, word) for word in select)}
    chosen -= {found.code for found in rules if any(matches(found, word) for word in ignore)}
    named = named_by(select, rules) if level is None else frozenset()
    return selection_of(rules, chosen, level or "warning", named)


def check_selectors(words: Iterable[str], rules: Sequence[Rule]) -> None:
    """Raises UnknownRuleError for a selector that means no rule."""
    for word in words:
        if not any(matches(found, word) for found in rules):
            raise UnknownRuleError(word, suggestion(word, rules))


def selection_of(rules: Iterable[Rule], chosen: Iterable[str], level: Level, named: frozenset[str]) -> Selection:
    """The rules of some codes, without those that can find nothing that is shown."""
    codes = frozenset(chosen)
    kept = tuple(
        found
        for found in rules
        if found.code in codes
        # some findings of a warning are errors: only what is always advice can be left out unheard
        and (found.code in named or found.level != "advice" or level == "advice")
    )
    return Selection(kept, level, named & codes)


def matches(found: Rule, selector: str) -> bool:
    """Whether a selector means a rule."""
    if selector in (found.name, "ALL"):
        return True
    code = _CODE.match(selector.upper())
    return code is not None and found.code.startswith(code[0]) and not found.code[len(code[1]) :][:1].isalpha()


def named_by(selectors: Iterable[str], rules: Iterable[Rule]) -> frozenset[str]:
    """The codes of the rules that are named in full."""
    words = set(selectors)
    codes = {word.upper() for word in words}
    return frozenset(found.code for found in rules if found.code in codes or found.name in words)


def suggestion(word: str, rules: Iterable[Rule]) -> str | None:
    """The code or name that a misspelt selector could have meant."""
    from pipelinekit.model.suggest import closest

    return closest(word, [name for found in rules for name in (found.code, found.name)])
