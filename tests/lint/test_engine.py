from __future__ import annotations

from pathlib import Path

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project

SHARED = """\
stages:
  a:
    cmd: python a.py
    deps: &deps
    - common.csv
    outs:
    - a.txt
  b:
    cmd: python b.py
    deps: *deps
    outs:
    - b.txt
"""


def test_there_is_no_fix_where_an_alias_would_carry_it_elsewhere(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text(SHARED, encoding="utf-8")
    for name in ("a.py", "b.py", "common.csv"):
        (tmp_path / name).touch()
    findings = lint_project(Project(str(tmp_path)), select_rules(["PK101"])).findings
    assert [(finding.stage, finding.fix) for finding in findings] == [("a", None), ("b", None)]
