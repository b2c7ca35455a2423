from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelinekit.report.report import write_report
from tests.lint.projects import FLAWED, git, make
from tests.report.hostile import FOLDER, make_hostile, run_in


def sarif(folder: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(write_report(run_in(folder).report("1.2.3"), "sarif"))
    run: dict[str, Any] = log["runs"][0]
    return run


def test_a_result_has_everything(tmp_path: Path) -> None:
    make(tmp_path, FLAWED.replace("nowhere.csv", "train.py"))
    run = sarif(tmp_path)
    assert run["columnKind"] == "unicodeCodePoints"
    first = run["results"][0]
    assert first["ruleId"] == run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "PK101"
    assert first["level"] == "warning"
    assert first["message"]["text"] == (
        "'train' runs train.py, which is not among its deps. Editing it re-runs nothing: dvc repro keeps the results "
        "of the old code. Add 'train.py' to deps."
    )
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "dvc.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 10, "startColumn": 17, "endLine": 10, "endColumn": 25},
            },
            "logicalLocations": [{"fullyQualifiedName": "stages.train.cmd", "kind": "member", "name": "train"}],
        }
    ]
    assert first["fixes"] == [
        {
            "description": {"text": "Add train.py to deps"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "dvc.yaml", "uriBaseId": "%SRCROOT%"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 12, "startColumn": 16, "endLine": 12, "endColumn": 16},
                            "insertedContent": {"text": "\n    - train.py"},
                        }
                    ],
                }
            ],
        }
    ]
    assert len(first["partialFingerprints"]["pipelinekit/v1"]) == 16


def test_rules_have_their_pages(tmp_path: Path) -> None:
    make(tmp_path)
    rules = sarif(tmp_path)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["PK101", "PK106", "PK401"]
    page = rules[0]["help"]["markdown"]
    assert page.startswith("# PK101 script-not-in-deps\n")
    assert "## Use instead" in page
    assert rules[0]["defaultConfiguration"] == {"level": "warning"}


def test_related_places(tmp_path: Path) -> None:
    make(
        tmp_path,
        "stages:\n  a:\n    cmd: x\n    deps: [b]\n    outs: [c]\n  b:\n    cmd: x\n    deps: [c]\n    outs: [b]\n",
    )
    results = sarif(tmp_path)["results"]
    cycle = next(result for result in results if result["ruleId"] == "PK301")
    assert [place["id"] for place in cycle["relatedLocations"]] == list(range(1, len(cycle["relatedLocations"]) + 1))
    assert all(place["message"]["text"] for place in cycle["relatedLocations"])


def test_what_is_kept_back_is_marked(tmp_path: Path) -> None:
    text = FLAWED.replace("- nowhere.csv", "- nowhere.csv  # pipelinekit: ignore[PK106] comes later")
    make(tmp_path, text, pipelinekit_toml='per-stage-ignores = { train = ["PK101"] }\n')
    results = {result["ruleId"]: result.get("suppressions") for result in sarif(tmp_path)["results"]}
    assert results["PK401"] is None
    (comment,) = results["PK106"] or []
    assert (comment["kind"], comment["justification"]) == ("inSource", "comes later")
    assert comment["location"]["physicalLocation"]["region"]["startLine"] == 5
    assert results["PK101"] == [
        {"kind": "external", "status": "accepted", "justification": "per-stage-ignores 'train'"}
    ]


def test_files_are_named_from_the_repository_and_encoded(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make_hostile(tmp_path / "sub")
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in sarif(tmp_path / "sub")["results"]
    }
    assert uris == {"sub/dvc.yaml", "sub/a%2C%20b%3Ac%250A%40x%20%23y/dvc.yaml"}
    assert FOLDER == "a, b:c%0A@x #y"


def test_columns_count_characters(tmp_path: Path) -> None:
    make(tmp_path, "stages:\n  a: {cmd: x, desc: 😀日本, deps: [gone.csv], outs: [b]}\n")
    region = sarif(tmp_path)["results"][0]["locations"][0]["physicalLocation"]["region"]
    line = "  a: {cmd: x, desc: 😀日本, deps: [gone.csv], outs: [b]}"
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "gone.csv"


def test_fingerprints_of_equal_findings_differ(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: x\n    outs: [b]\n    deps: [gone/a, gone/a, gone/a]\n"
    make(tmp_path, text)
    marks = [result["partialFingerprints"]["pipelinekit/v1"] for result in sarif(tmp_path)["results"]]
    assert len(set(marks)) == len(marks)
