"""Rules about what lies in folders that stages depend on or make."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from tests.scripts.stages import write_files

STAGES = """\
stages:
  a:
    cmd: python src/a.py
    deps:
    - src
    - data
    outs:
    - out
  b:
    cmd: python src/b.py
    deps:
    - src
    outs:
    - b.txt
"""


def findings(folder: Path, code: str, *files: str, **texts: str) -> list[Finding]:
    write_files(folder, {"dvc.yaml": STAGES, "src/a.py": "", "data/x.csv": "", **dict.fromkeys(files, ""), **texts})
    return lint_project(Project(str(folder)), select_rules((code,), (), "advice")).findings


@pytest.mark.parametrize("file", ["src/.dvcignore", "src/deep/er/.dvcignore", "out/.dvcignore"])
def test_dvcignore_inside_of_a_tracked_folder(file: str, tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, "PK411", file)
    assert file in finding.message
    assert finding.level == "error"


def test_dvcignore_inside_of_a_folder_with_a_dvc_file(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, "PK411", "raw/.dvcignore", **{"raw.dvc": "outs:\n- path: raw\n"})
    assert finding.file == "raw.dvc"


def test_dvcignore_elsewhere_is_fine(tmp_path: Path) -> None:
    assert findings(tmp_path, "PK411", ".dvcignore", "other/.dvcignore") == []


def test_junk_is_said_once_for_all_stages(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, "PK412", "src/__pycache__/a.pyc", "src/x/.ipynb_checkpoints/a.ipynb")
    assert finding.message == "the folder src holds src/__pycache__: compiled Python files, and 1 more such"
    assert [related.message for related in finding.related] == ["'b' depends on it, too"]


@pytest.mark.parametrize("pattern", ["__pycache__", "__pycache__/", "src/__pycache__", "**/__pycache__/**", "*.pyc"])
def test_junk_that_dvcignore_hides_is_fine(pattern: str, tmp_path: Path) -> None:
    found = findings(tmp_path, "PK412", "src/__pycache__/a.pyc", **{".dvcignore": f"{pattern}\n"})
    assert found == []


def test_junk_in_what_a_stage_makes_is_its_own_affair(tmp_path: Path) -> None:
    assert findings(tmp_path, "PK412", "out/__pycache__/a.pyc") == []
