from __future__ import annotations

from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("command", "numbers"),
    [
        ("cargo run --release -- cluster --min-size 5 -o out.csv", ["min-size = 5"]),
        ("cargo build --jobs 4 --opt-level 3", []),
        ("aria2c --max-tries=100 -s 2 -o a.gz https://example.com/a.gz", []),
        ("npm run fit -- --alpha=0.5", ["alpha = 0.5"]),
        ("uv run python train.py --lr 0.1 --jobs 4", ["lr = 0.1"]),
    ],
)
def test_numbers_of_what_the_project_runs(tmp_path: Path, command: str, numbers: list[str]) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text(
        f"stages:\n  a:\n    cmd: {command}\n    outs:\n    - out.csv\n", encoding="utf-8"
    )
    found = lint_project(Project(str(tmp_path)), select_rules(["PK201"])).findings
    assert [finding.message.split(" is typed")[0].removeprefix("the parameter ") for finding in found] == numbers
