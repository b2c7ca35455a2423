"""The pages of the rules are their tests: the first example gives exactly that finding, the second none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.rules.page import SECTIONS, Mark, example, sections
from pipelinekit.rules.rule import Rule, load_rules, rule_files
from tests.rules.examples import build, policy_of

RULES = load_rules()
#: there is nothing in a project that makes pipelinekit itself fail
WITHOUT_EXAMPLE = {"PK009"}
WITH_EXAMPLE = [rule for rule in RULES if rule.code not in WITHOUT_EXAMPLE]


def selection_for(rule: Rule) -> Selection:
    """The rules that run by default, and this one."""
    usual = select_rules()
    if rule in usual.rules:
        return usual
    return Selection((*usual.rules, rule), "warning", frozenset({rule.code}))


def marks_of(findings: list, files: set[str]) -> list[Mark]:
    marks = []
    for finding in findings:
        line, column = finding.place.document.position(finding.place.start)
        end_line, end_column = finding.place.document.position(finding.place.end)
        assert end_line == line, f"{finding} spans lines"
        marks.append(Mark(finding.file, line, column, end_column))
    return marks


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_example_gives_exactly_this_finding_at_the_marked_place(rule: Rule, tmp_path: Path) -> None:
    shown = example(sections(rule)["Example"])
    assert shown.marks, "the example marks no place"
    project = build(shown, tmp_path / "project")
    linted = lint_project(project, selection_for(rule), policy_of(project))
    assert {finding.code for finding in linted.findings} == {rule.code}, linted.findings
    assert sorted(marks_of(linted.findings, set(shown.files))) == sorted(shown.marks)


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_use_instead_is_clean(rule: Rule, tmp_path: Path) -> None:
    shown = example(sections(rule)["Use instead"])
    assert shown.files, "the section shows no project"
    project = build(shown, tmp_path / "project")
    linted = lint_project(project, selection_for(rule), policy_of(project))
    assert linted.findings == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_page_has_its_sections_in_order(rule: Rule) -> None:
    headings = [heading for heading in sections(rule) if heading in SECTIONS]
    assert list(sections(rule)) == headings
    wanted = ["What it does", "Why it matters"]
    if rule.code not in WITHOUT_EXAMPLE:
        wanted += ["Example", "Use instead"]
    assert headings[: len(wanted)] == wanted
    assert ("Fix safety" in headings) == (rule.fix != "never")
    assert ("Options" in headings) == bool(rule.options)
    for option in rule.options:
        assert f"- `{option.name}` ({option.default}): " in sections(rule)["Options"]
    assert rule.summary.endswith(".")
    assert len(rule.summary) < 100


def test_codes_names_and_files_belong_together() -> None:
    files = rule_files()
    assert sorted(files) == [rule.code for rule in RULES]
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        expected = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
        assert files[rule.code] == f"pipelinekit.rules.{expected}"
        assert rule.check.__name__ == rule.name.replace("-", "_")
