from __future__ import annotations

from pathlib import Path

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project

UNPACKED = """\
stages:
  train:
    cmd: python train.py ${train} --alpha 0.5
    deps:
    - train.py
    outs:
    - model.pkl
"""


def test_nothing_is_added_to_a_section_that_a_command_unpacks(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text(UNPACKED, encoding="utf-8")
    (tmp_path / "params.yaml").write_text("train:\n  lr: 0.1\n", encoding="utf-8")
    (tmp_path / "train.py").touch()
    found = lint_project(Project(str(tmp_path)), select_rules(["PK201"])).findings
    assert [finding.fix for finding in found] == [None]
