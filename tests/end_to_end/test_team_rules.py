"""The example of a package with rules, installed as its README says, and asked by the real program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import Selection, select_rules
from pipelinekit.rules.page import example, sections
from pipelinekit.rules.plugins import entry_points, rules_of_plugins
from tests.cli.projects import make
from tests.end_to_end.programs import ENVIRONMENT, call
from tests.rules.examples import build
from tests.rules.test_pages import marks_of

PACKAGE = Path(__file__).parents[2] / "examples" / "team-rules"

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the package is installed, without network; it is on the path of programs and of this one."""
    site = tmp_path / "site"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    call(*pip, "--target", str(site), str(PACKAGE), folder=tmp_path)
    monkeypatch.setitem(ENVIRONMENT, "PYTHONPATH", str(site))
    monkeypatch.syspath_prepend(str(site))
    return site


def test_installed_rules_run(site: Path, tmp_path: Path) -> None:
    folder = make(tmp_path / "project")
    found = call("pipelinekit", "lint", "--output-format", "concise", folder=folder, status=1)
    assert found == "dvc.yaml:2:3: TEAM001 undescribed-stage: 'train' has no desc\n"
    text = (folder / "dvc.yaml").read_text()
    (folder / "dvc.yaml").write_text(text.replace("    cmd", "    desc: Trains the model\n    cmd"))
    call("pipelinekit", "lint", folder=folder)
    (folder / "pipelinekit.toml").write_text("[rules.TEAM001]\nmin-words = 5\n")
    assert "has fewer than 5 words" in call("pipelinekit", "lint", folder=folder, status=1)
    assert call("pipelinekit", "rule", "undescribed-stage", folder=folder).startswith("# TEAM001")
    assert os.listdir(site)


def test_the_page_of_the_rule_is_true(site: Path, tmp_path: Path) -> None:
    (rule,) = rules_of_plugins(entry_points([str(site)]))
    usual = select_rules()
    selection = Selection((*usual.rules, rule), "warning", frozenset())
    shown = example(sections(rule)["Example"])
    linted = lint_project(build(shown, tmp_path / "example"), selection)
    assert [finding.code for finding in linted.findings] == [rule.code]
    assert sorted(marks_of(linted.findings, set(shown.files))) == sorted(shown.marks)
    instead = build(example(sections(rule)["Use instead"]), tmp_path / "instead")
    assert lint_project(instead, selection).findings == []
    assert [f"`{option.name}` ({option.default})" in sections(rule)["Options"] for option in rule.options] == [True]


def test_its_readme_names_what_is_there() -> None:
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    assert 'team = "team_rules"' in readme
    assert 'team = "team_rules"' in (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
    assert "min-words = 5" in readme
