"""Which rules run, and which of their findings are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipelinekit.rules.finding import LEVELS, Finding, Level
from pipelinekit.rules.rule import Rule, load_rules


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

    def shows(self, finding: Finding) -> bool:
        assert finding.level is not None
        return finding.code in self.named or is_at_least(finding.level, self.level)


def is_at_least(level: Level, threshold: Level) -> bool:
    """Whether a level is as severe as another, or more."""
    return LEVELS.index(level) <= LEVELS.index(threshold)


def select_rules(select: Sequence[str] = (), ignore: Sequence[str] = (), level: Level | None = None) -> Selection:
    """Selectors are codes (`PK101`), beginnings of codes (`PK1`), names (`script-not-in-deps`), or `ALL`.

    Without `select`, every rule of the level and above. A rule that is named in full is shown whatever its
    level, unless `level` is given. Raises UnknownRuleError.
    """
    rules = load_rules()
    chosen = {found.code for found in rules if not select or any(_matches(found, word) for word in select)}
    for word in [*select, *ignore]:
        if not any(_matches(found, word) for found in rules):
            raise UnknownRuleError(word, _suggestion(word, rules))
    chosen -= {found.code for found in rules if any(_matches(found, word) for word in ignore)}
    named = frozenset(
        found.code
        for found in rules
        if level is None and any(word.upper() == found.code or word == found.name for word in select)
    )
    threshold: Level = level or "warning"
    kept = tuple(
        found
        for found in rules
        if found.code in chosen
        # some findings of a warning are errors: only what is always advice can be left out unheard
        and (found.code in named or found.level != "advice" or threshold == "advice")
    )
    return Selection(kept, threshold, named)


def _matches(found: Rule, selector: str) -> bool:
    return selector in (found.name, "ALL") or (
        selector.upper().startswith("PK") and found.code.startswith(selector.upper())
    )


def _suggestion(word: str, rules: Iterable[Rule]) -> str | None:
    from pipelinekit.model.suggest import closest

    return closest(word, [name for found in rules for name in (found.code, found.name)])
