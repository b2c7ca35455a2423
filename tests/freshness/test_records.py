"""Which record belongs to which stage: orphans, renamed stages, and stages without a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.freshness.records import orphans, records
from tests.freshness.projects import graph, lock, messages, project

TWO = (
    "stages:\n  a:\n    cmd: python a.py\n    outs:\n    - a.txt\n  b:\n    cmd: python b.py\n    outs:\n    - b.txt\n"
)
SCRIPTS = {"a.py": "", "b.py": ""}
A, B = {"outs": {"a.txt": "a"}}, {"outs": {"b.txt": "b"}}


def found(folder: Path, pipeline: str, recorded: str, **files: str) -> list[str]:
    made = project(folder, {"dvc.yaml": pipeline, "dvc.lock": recorded, **SCRIPTS, **files})
    return messages(made, "PK601", "PK603", "PK009")


def test_all_is_recorded(tmp_path: Path) -> None:
    assert found(tmp_path, TWO, lock(a=A, b=B)) == []


def test_a_stage_without_a_record(tmp_path: Path) -> None:
    assert found(tmp_path, TWO, lock(a=A)) == ["dvc.lock has no record of 'b'"]


def test_a_frozen_stage_without_a_record(tmp_path: Path) -> None:
    assert found(tmp_path, TWO + "    frozen: true\n", lock(a=A)) == []


def test_a_record_without_a_stage(tmp_path: Path) -> None:
    assert found(tmp_path, TWO, lock(a=A, b=B, c={})) == ["dvc.yaml has no stage 'c'"]


def test_a_renamed_stage_is_one_finding(tmp_path: Path) -> None:
    assert found(tmp_path, TWO, lock(a=A, old={"outs": {"b.txt": "b"}})) == [
        "dvc.lock has no record of 'b', and has it as 'old'"
    ]


def test_many_records_without_a_stage_are_one_finding(tmp_path: Path) -> None:
    recorded = lock(a=A, b=B, **{f"c{number}": {} for number in range(9)})
    assert found(tmp_path, TWO, recorded) == ["dvc.yaml has no stage 'c0', nor 8 others of its lock"]


def test_groups(tmp_path: Path) -> None:
    pipeline = (
        "stages:\n  a:\n    foreach: [1, 2, 3]\n    do:\n      cmd: python a.py ${item}\n      outs: ['${item}.txt']\n"
    )
    recorded = lock(a__1={"cmd": "python a.py 1"}, a__9={"cmd": "python a.py 9"})
    assert found(tmp_path, pipeline, recorded) == [
        "dvc.yaml has no stage 'a@9'",
        "dvc.lock has no record of 'a@2' and 1 more of its group",
    ]


@pytest.mark.parametrize(
    "pipeline",
    [
        "stages:\n  a:\n    foreach: ${nowhere}\n    do:\n      cmd: python a.py\n",
        "vars:\n- nowhere.yaml\n" + TWO,
        TWO + "  c: {}\n",
        TWO + "  a@b:\n    cmd: python a.py\n",
        TWO + " x",
    ],
)
def test_stages_that_are_not_known_may_be_those_of_the_records(pipeline: str, tmp_path: Path) -> None:
    made = graph(project(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": lock(a=A, b=B, c={}), **SCRIPTS}))
    assert made.derived(orphans) == []


def test_the_lock_of_another_folder(tmp_path: Path) -> None:
    files = {"dvc.lock": lock(a=A), "sub/dvc.yaml": TWO, "sub/dvc.lock": lock(b=B)}
    made = graph(project(tmp_path, files))
    assert [stage.address for stage in made.derived(records)] == ["sub/dvc.yaml:b"]


def test_a_lock_that_git_does_not_track_is_nobodys_business(tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": TWO, **SCRIPTS})
    (tmp_path / "dvc.lock").write_text(lock(a=A), encoding="utf-8")
    assert messages(made, "PK601") == []


def test_the_address_that_dvc_takes(tmp_path: Path) -> None:
    from pipelinekit.lint.engine import lint_project
    from pipelinekit.lint.selection import select_rules

    made = project(tmp_path, {"sub/dvc.yaml": TWO, "sub/dvc.lock": lock(a=A), "sub/a.py": "", "sub/b.py": ""})
    (finding,) = lint_project(made, select_rules(["PK601"])).findings
    assert finding.help == "Run 'dvc repro sub/dvc.yaml:b', and commit sub/dvc.lock."
