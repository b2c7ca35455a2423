from __future__ import annotations

import json

import pytest

from pipelinekit.rules.rule import load_rules
from tests.command_line import run


def test_without_a_name_every_rule_has_a_line() -> None:
    lines = run("rule").stdout.splitlines()
    assert [line.split()[0].rstrip("*") for line in lines if line.startswith("PK")] == [
        rule.code for rule in load_rules()
    ]


@pytest.mark.parametrize("name", ["PK101", "pk101", "script-not-in-deps"])
def test_a_page_by_code_or_name(name: str) -> None:
    page = run("rule", name).stdout
    assert page.startswith("# PK101 script-not-in-deps")
    for heading in ("## What it does", "## Why it matters", "## Example", "## Use instead", "## Fix safety"):
        assert f"\n{heading}\n" in page


def test_all_pages() -> None:
    pages = run("rule", "--all").stdout
    assert pages.count("## What it does") == len(load_rules())


def test_json() -> None:
    document = json.loads(run("rule", "PK101", "--format", "json").stdout)
    assert document["version"] == 1
    (rule,) = document["rules"]
    assert (rule["code"], rule["name"], rule["level"], rule["fix"]) == (
        "PK101",
        "script-not-in-deps",
        "warning",
        "sometimes",
    )
    assert len(json.loads(run("rule", "--format", "json").stdout)["rules"]) == len(load_rules())


def test_an_unknown_rule_is_wrong_usage_with_a_suggestion() -> None:
    result = run("rule", "script-not-in-dep")
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr == ("pipelinekit: no rule is called script-not-in-dep. Did you mean 'script-not-in-deps'?\n")
