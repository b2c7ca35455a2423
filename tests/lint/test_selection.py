from __future__ import annotations

import pytest

from pipelinekit.lint.selection import UnknownRuleError, is_at_least, select_rules
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import load_rules
from pipelinekit.yaml.reader import parse


def codes(*select: str, ignore: tuple[str, ...] = (), level: str | None = None) -> set[str]:
    return {rule.code for rule in select_rules(select, ignore, level).rules}  # type: ignore[arg-type]


def test_by_default_warnings_and_errors() -> None:
    assert codes() == {rule.code for rule in load_rules() if rule.level != "advice"}
    assert codes(level="error") == codes()  # some findings of a warning are errors
    assert codes(level="advice") == codes("ALL", level="advice") == {rule.code for rule in load_rules()}


def test_codes_beginnings_and_names() -> None:
    assert codes("PK101") == codes("pk101") == codes("script-not-in-deps") == {"PK101"}
    usual = {code for code in codes() if code.startswith("PK1")}
    assert codes("PK1") == usual >= {"PK101", "PK103", "PK106", "PK108"}
    assert codes("PK1", ignore=("PK103", "missing-dependency")) == usual - {"PK103", "PK106"}
    assert codes(ignore=("ALL",)) == set()


def test_a_rule_that_is_named_is_shown_whatever_its_level() -> None:
    advice = next(rule for rule in load_rules() if rule.level == "advice")
    assert codes(advice.code) == codes(advice.name) == {advice.code}
    assert codes(advice.code, level="warning") == set()
    assert advice.code not in codes(advice.code[:3])
    finding = Finding(parse("a: 1\n", "dvc.yaml").root, "")
    finding.code, finding.level = advice.code, "advice"
    assert select_rules([advice.code]).shows(finding)
    assert not select_rules(["ALL"]).shows(finding)


def test_findings_below_the_level_are_not_shown() -> None:
    finding = Finding(parse("a: 1\n", "dvc.yaml").root, "")
    finding.code, finding.level = "PK016", "warning"
    assert select_rules().shows(finding)
    assert not select_rules(level="error").shows(finding)
    finding.level = "error"
    assert select_rules(level="error").shows(finding)


@pytest.mark.parametrize("selector", ["PK999", "nonsense", "", "K1", "PK1O1"])
def test_a_selector_of_nothing_is_refused(selector: str) -> None:
    with pytest.raises(UnknownRuleError):
        select_rules([selector])
    with pytest.raises(UnknownRuleError):
        select_rules((), [selector])


def test_levels_are_ordered() -> None:
    assert is_at_least("error", "advice")
    assert is_at_least("warning", "warning")
    assert not is_at_least("advice", "warning")
