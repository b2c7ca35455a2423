"""Every fix is proved on the page of its rule: the finding goes, nothing undeclared changes, once is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.fixer import fix_project, is_as_declared
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.rules.finding import Fix
from pipelinekit.rules.page import example, sections
from pipelinekit.rules.rule import Rule
from pipelinekit.yaml.edit import Edit
from tests.rules.examples import build, policy_of
from tests.rules.test_pages import WITH_EXAMPLE, selection_for

FIXABLE = [rule for rule in WITH_EXAMPLE if rule.fix != "never"]


def example_project(rule: Rule, folder: Path) -> Project:
    return build(example(sections(rule)["Example"]), folder / "project")


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.code)
def test_example_has_a_fix_that_mends_it(rule: Rule, tmp_path: Path) -> None:
    project = example_project(rule, tmp_path)
    selection = selection_for(rule)
    found = lint_project(project, selection).findings
    fixes = [finding.fix for finding in found]
    if rule.code == "PK501":  # the path of its example leads out of the project: nobody knows where to
        assert fixes == [None]
        return
    assert all(fix is not None for fix in fixes)
    fixed = fix_project(project, selection, unsafe=True)
    assert fixed.texts
    assert not [finding for finding in fixed.linted.findings if finding.code in (rule.code, "PK009")]


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.code)
def test_fixing_twice_changes_nothing_more(rule: Rule, tmp_path: Path) -> None:
    project = example_project(rule, tmp_path)
    selection = selection_for(rule)
    once = fix_project(project, selection, unsafe=True)
    after = project.overlaid({path: text for path, (_, text) in once.texts.items()})
    assert fix_project(after, selection, unsafe=True).texts == {}


@pytest.mark.parametrize("rule", [rule for rule in WITH_EXAMPLE if rule.fix == "never"], ids=lambda rule: rule.code)
def test_rule_that_says_it_has_no_fix_has_none(rule: Rule, tmp_path: Path) -> None:
    project = example_project(rule, tmp_path)
    found = lint_project(project, selection_for(rule), policy_of(project)).findings
    assert found
    assert [finding.fix for finding in found] == [None] * len(found)


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.code)
def test_unsafe_fix_is_not_applied_unasked(rule: Rule, tmp_path: Path) -> None:
    project = example_project(rule, tmp_path)
    selection = selection_for(rule)
    unsafe = [finding for finding in lint_project(project, selection).findings if finding.fix and not finding.fix.safe]
    fixed = fix_project(project, selection, unsafe=False)
    assert not {finding.message for finding in unsafe} & {finding.message for finding in fixed.applied}


def project_with(tmp_path: Path, text: str) -> Project:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    return Project(str(tmp_path))


def declared(project: Project, fix: Fix) -> bool:
    before = Graph(Index(project))
    text = project.disk.read("dvc.yaml")
    edit = fix.edits["dvc.yaml"][0]
    after = project.overlaid({"dvc.yaml": text[: edit.start] + edit.text + text[edit.end :]})
    return is_as_declared(before, Graph(Index(after)), [fix], ["dvc.yaml"])


TEXT = "stages:\n  a:\n    cmd: run\n    deps:\n    - x\n  b:\n    cmd: other\n"


def test_proof_refuses_a_change_that_was_not_declared(tmp_path: Path) -> None:
    project = project_with(tmp_path, TEXT)
    start = TEXT.index("run")
    assert not declared(project, Fix("", {"dvc.yaml": (Edit(start, start + 3, "walk"),)}))


def test_proof_refuses_a_file_that_is_broken_afterwards(tmp_path: Path) -> None:
    project = project_with(tmp_path, TEXT)
    assert not declared(project, Fix("", {"dvc.yaml": (Edit(0, 0, "\t- ["),)}))


def test_proof_refuses_a_stage_that_is_gone(tmp_path: Path) -> None:
    project = project_with(tmp_path, TEXT)
    start = TEXT.index("  b:")
    assert not declared(project, Fix("", {"dvc.yaml": (Edit(start, len(TEXT), ""),)}))


def test_proof_accepts_comments_and_order(tmp_path: Path) -> None:
    project = project_with(tmp_path, TEXT)
    reordered = "stages:\n  # first\n  b:\n    cmd: other\n  a:\n    cmd: run\n    deps:\n    - x\n"
    assert declared(project, Fix("", {"dvc.yaml": (Edit(0, len(TEXT), reordered),)}))


def test_fix_that_lies_is_taken_back_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelinekit.rules import pk108_duplicate_dependency as module

    text = "stages:\n  a:\n    cmd: python a.py\n    deps:\n    - a.py\n    - a.py\n    outs:\n    - b\n"
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    project = project_with(tmp_path, text)
    start = text.index("python")
    lie = Fix("Do something else", {"dvc.yaml": (Edit(start, start + 6, "perl"),)})
    monkeypatch.setattr(module, "_fix", lambda *_: lie)
    fixed = fix_project(project, selection_for(WITH_EXAMPLE[0]), unsafe=False)
    assert fixed.texts == {}
    assert {finding.code for finding in fixed.linted.findings} == {"PK108", "PK009"}


def test_rule_that_crashes_is_reported_and_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelinekit.rules import pk108_duplicate_dependency as module

    monkeypatch.setattr(module, "_fix", lambda *_: 1 / 0)
    text = "stages:\n  a:\n    cmd: python a.py\n    deps:\n    - a.py\n    - a.py\n    metrics:\n    - b.json\n"
    (tmp_path / "a.py").write_text("", encoding="utf-8")
    found = lint_project(project_with(tmp_path, text), selection_for(WITH_EXAMPLE[0])).findings
    assert {finding.code for finding in found} == {"PK009", "PK401"}
    crash = next(finding for finding in found if finding.code == "PK009")
    assert "PK108" in crash.message
    assert "ZeroDivisionError" in crash.message
