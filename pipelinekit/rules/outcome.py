"""What a run of the linter came to, for the rules that look at the linter itself: PK901 and those after it."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import Rule
from pipelinekit.yaml.edit import Edit
from pipelinekit.yaml.tree import Place

#: Rules that look at what is not the same in every clone: data and caches on this disk, the depth of git's history,
#: its remotes. That they find nothing here does not say that there is nothing to find elsewhere.
DIFFER_BETWEEN_CLONES = frozenset(
    {
        "PK103",
        "PK106",
        "PK110",
        "PK404",
        "PK406",
        "PK410",
        "PK411",
        "PK412",
        "PK701",
        "PK703",
        "PK704",
        "PK801",
        "PK803",
    }
)


class SuppressedRule:
    """A word between the brackets of a comment: the code or the name of a rule."""

    __slots__ = ("place", "rule", "used", "word")

    def __init__(self, word: str, place: Place, rule: Rule | None) -> None:
        self.word = word
        self.place = place
        #: None if no rule is called so
        self.rule = rule
        #: whether it kept a finding back
        self.used = False


class Suppression:
    """A comment `# pipelinekit: ignore[PK101] reason`, or what was meant to be one."""

    __slots__ = ("is_for_file", "mistake", "place", "reach", "reason", "removal", "rules")

    def __init__(
        self,
        place: Place,
        rules: list[SuppressedRule],
        reason: str,
        *,
        reach: tuple[int, int] | None,
        removal: tuple[int, int],
        is_for_file: bool = False,
        mistake: str = "",
    ) -> None:
        #: from the comment sign to the end of the reason
        self.place = place
        self.rules = rules
        self.reason = reason
        #: the part of the file in which it keeps findings back; None for nothing
        self.reach = reach
        #: what to cut out of the text to be rid of it, blanks or the whole line included
        self.removal = removal
        self.is_for_file = is_for_file
        #: why it can't work, whatever there is to find; empty if it can
        self.mistake = mistake

    def covers(self, place: Place) -> bool:
        """Whether a finding at a place is kept back by it, if it names its rule."""
        if self.reach is None or place.document.name != self.place.document.name:
            return False
        start, end = self.reach
        return place.start <= end and max(place.end, place.start + 1) > start

    def without(self, rules: list[SuppressedRule]) -> Edit:
        """The edit that removes rules from the comment: all of them, and the comment goes, or a single one."""
        if len(rules) == len(self.rules):
            return Edit(*self.removal, "")
        text, (_, start, end) = self.place.document.text, rules[0].place
        after = _skip_blanks(text, end)
        if text[after] == ",":
            return Edit(start, _skip_blanks(text, after + 1), "")
        before = text[:start].rstrip(" \t")
        return Edit(len(before[:-1].rstrip(" \t")) if before.endswith(",") else start, end, "")


def _skip_blanks(text: str, offset: int) -> int:
    while text[offset : offset + 1] in (" ", "\t"):
        offset += 1
    return offset


class UnknownName(NamedTuple):
    """A name in the settings that no rule has."""

    place: Place
    word: str
    #: the setting: `ignore`
    setting: str
    #: what may have been meant
    near: str | None


class StaleEntry(NamedTuple):
    """A finding that the baseline knows and that is not found any more."""

    place: Place
    code: str
    file: str


class Outcome:
    """What was found, what was kept back and by what."""

    def __init__(
        self,
        findings: list[Finding],
        suppressions: list[Suppression],
        unknown: tuple[UnknownName, ...],
        stale: list[StaleEntry],
        rules: tuple[Rule, ...],
        ran: frozenset[str],
    ) -> None:
        #: what is left to say
        self.findings = findings
        self.suppressions = suppressions
        self.unknown = unknown
        self.stale = stale
        #: all rules that there are
        self.rules = rules
        #: the codes of the rules that ran: of the others nothing is known
        self.ran = ran
