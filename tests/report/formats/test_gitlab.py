from __future__ import annotations

import json
from pathlib import Path

from pipelinekit.report.report import write_report
from tests.lint.projects import FLAWED, git, make
from tests.report.hostile import run_in


def test_an_issue(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path / "sub")
    issue, *others = json.loads(write_report(run_in(tmp_path / "sub").report("1"), "gitlab"))
    assert issue.pop("fingerprint")
    assert issue == {
        "type": "issue",
        "check_name": "PK106 missing-dependency",
        "description": "nowhere.csv does not exist, and no stage makes it",
        "content": {
            "body": "dvc repro stops at this stage, after everything before it has run\n\n"
            "Correct the path, add a stage that makes it, or track the file with 'dvc add'."
        },
        "categories": ["Bug Risk"],
        "severity": "critical",
        "location": {
            "path": "sub/dvc.yaml",
            "lines": {"begin": 5, "end": 5},
            "positions": {"begin": {"line": 5, "column": 7}, "end": {"line": 5, "column": 18}},
        },
    }
    assert [other["severity"] for other in others] == ["major", "major"]


def test_fingerprints_survive_lines_that_move(tmp_path: Path) -> None:
    def marks(text: str) -> list[str]:
        make(tmp_path, text)
        return [issue["fingerprint"] for issue in json.loads(write_report(run_in(tmp_path).report("1"), "gitlab"))]

    assert marks(FLAWED) == marks("# a line\n" + FLAWED)
