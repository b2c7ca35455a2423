"""A long way round is cut short: nobody follows hundreds of steps."""

from __future__ import annotations

from pathlib import Path

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from tests.small_projects import write


def ring(stages: int) -> str:
    parts = (f"  s{n}:\n    cmd: echo {n}\n    deps: [o{(n - 1) % stages}]\n    outs: [o{n}]\n" for n in range(stages))
    return "stages:\n" + "".join(parts)


def test_the_middle_of_a_long_way_round_is_left_out(tmp_path: Path) -> None:
    project = Project(str(write(tmp_path, {"dvc.yaml": ring(40)})))
    (found,) = lint_project(project, select_rules(["PK301"])).findings
    assert found.message == (
        "stages wait for each other: s0 → s39 → s38 → s37 → s36 → s35 → s34 → s33 → s32 → … 29 more … → s2 → s1 → s0"
    )
    assert len(found.related) == 22


def test_a_ring_of_thousands_is_still_found(tmp_path: Path) -> None:
    project = Project(str(write(tmp_path, {"dvc.yaml": ring(1500)})))
    (found,) = lint_project(project, select_rules(["PK301"])).findings
    assert "… 1489 more …" in found.message
