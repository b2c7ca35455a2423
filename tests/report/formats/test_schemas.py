"""Every report is what the owner of its format says it is, whatever is in the files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import etree

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.run import LintRun, Part
from pipelinekit.report.report import format_names, write_report
from pipelinekit.rules.page import example, sections
from pipelinekit.rules.rule import Rule
from pipelinekit.yaml.edit import Edit, apply_edits
from pipelinekit.yaml.tree import Document
from tests.report.hostile import make_hostile, run_in
from tests.rules.examples import build, policy_of
from tests.rules.test_pages import WITH_EXAMPLE, selection_for

SCHEMAS = Path(__file__).parents[1] / "schemas"


@cache
def validator(name: str) -> Any:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@cache
def junit_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "jenkins-junit.xsd"))


def check(run: LintRun) -> None:
    """All reports of a run are valid, and have as many entries as there are findings."""
    report = run.report("1.2.3")
    texts = {name: write_report(report, name) for name in format_names()}
    for name, text in texts.items():
        text.encode("utf-8", "backslashreplace")
        assert text.endswith("\n") or not text, name
    sarif = json.loads(texts["sarif"])
    validator("sarif-2.1.0.json").validate(sarif)
    assert len(sarif["runs"][0]["results"]) == len(run.findings) + sum(len(part.kept_back) for part in run.parts)
    gitlab = json.loads(texts["gitlab"])
    validator("gitlab-code-quality.json").validate(gitlab)
    assert len({issue["fingerprint"] for issue in gitlab}) == len(gitlab) == len(run.findings)
    junit = etree.fromstring(texts["junit"].encode())
    junit_schema().assertValid(junit)
    assert len(junit.findall(".//failure")) == len(run.findings) == int(junit.get("failures"))
    assert len(junit.findall(".//testcase")) == int(junit.get("tests"))
    assert len(json.loads(texts["json"])["findings"]) == len(run.findings)
    assert texts["github"].count("\n") == texts["concise"].count("\n") == len(run.findings)


def test_hostile_names(tmp_path: Path) -> None:
    run = run_in(make_hostile(tmp_path))
    assert len(run.findings) > 30
    check(run)


def test_nothing_found(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    run = run_in(tmp_path)
    assert run.findings == []
    check(run)


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_findings_of_every_rule(rule: Rule, tmp_path: Path) -> None:
    project = build(example(sections(rule)["Example"]), tmp_path / "project")
    selection = selection_for(rule)
    linted = lint_project(project, selection, policy_of(project))
    part = Part(
        project,
        linted.findings,
        1,
        0,
        {},
        linted.kept_back,
        selection.rules,
        project.dvc_yaml_files,
        linted.stale,
        selection,
        None,
        None,
    )
    run = LintRun([part])
    assert run.findings
    check(run)
    check_replacements(run)


def check_replacements(run: LintRun) -> None:
    """The fixes in SARIF, by lines and columns, give the same text as our own edits do."""
    sarif = json.loads(write_report(run.report("1"), "sarif"))
    for finding, result in zip(run.findings, sarif["runs"][0]["results"], strict=False):
        if finding.fix is None:
            assert "fixes" not in result
            continue
        changes = result["fixes"][0]["artifactChanges"]
        for (path, edits), change in zip(finding.fix.edits.items(), changes, strict=True):
            disk = run.parts[0].project.disk
            text = disk.read(path) if disk.exists(path) else ""
            assert apply_edits(text, [_edit(text, part) for part in change["replacements"]]) == apply_edits(text, edits)


def _edit(text: str, replacement: dict[str, Any]) -> Edit:
    region = replacement["deletedRegion"]
    starts = Document(text, "").line_starts
    start = starts[region["startLine"] - 1] + region["startColumn"] - 1
    end = starts[region["endLine"] - 1] + region["endColumn"] - 1
    return Edit(start, end, replacement.get("insertedContent", {}).get("text", ""))
