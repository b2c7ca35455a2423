from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project


def findings(root: Path, dep: str) -> list[str]:
    text = f"stages:\n  a:\n    cmd: python a.py\n    deps:\n    - a.py\n    - {dep}\n    outs:\n    - b\n"
    (root / ".dvc").mkdir(parents=True, exist_ok=True)
    (root / "dvc.yaml").write_text(text, encoding="utf-8")
    (root / "a.py").touch()
    return [finding.message for finding in lint_project(Project(str(root)), select_rules(["PK106"])).findings]


@pytest.mark.parametrize(
    ("dep", "is_missing"),
    [
        ("../setup.py", True),
        ("../lib/there.py", False),
        ("../lib/gone.py", True),
        ("../other/made.csv", False),  # another project may make it
        ("../tracked/raw.csv", False),  # a .dvc file beside the project tracks it
        ("../../somewhere/else.csv", False),  # this machine may not be the one that has it
        ("/data/somewhere.csv", False),
    ],
)
def test_outside_of_the_project_only_the_repository_is_known(tmp_path: Path, dep: str, is_missing: bool) -> None:
    repository = tmp_path / "repository"
    for folder in (".git", "lib", "other/.dvc", "tracked"):
        (repository / folder).mkdir(parents=True)
    (repository / "lib" / "there.py").touch()
    (repository / "tracked" / "raw.csv.dvc").touch()
    assert bool(findings(repository / "inner", dep)) is is_missing


def test_a_dvc_file_that_git_ignores_is_named(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "raw.csv.dvc").write_text("outs:\n- path: raw.csv\n  md5: abc\n", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("data/\n", encoding="utf-8")
    subprocess.run(["git", "add", "-f", "data/raw.csv.dvc"], cwd=tmp_path, check=True)
    (message,) = findings(tmp_path, "data/raw.csv")
    assert message == "data/raw.csv does not exist, and DVC does not see data/raw.csv.dvc, which tracks it"


@pytest.mark.parametrize(
    ("dep", "near"),
    [
        ("data/labls.csv", "data/labels.csv"),
        ("dta/labels.csv", "data/labels.csv"),
        ("data/labels.json", None),  # another kind of file
        ("data/others.csv", None),  # another name
        ("trian.py", "train.py"),
    ],
)
def test_a_misspelt_dependency_is_said_once(tmp_path: Path, dep: str, near: str | None) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "labels.csv").touch()
    (tmp_path / "train.py").write_text("import sys\nopen(sys.argv[1]).read()\n", encoding="utf-8")
    (tmp_path / ".dvc").mkdir()
    listed = [dep, *(name for name in ("data/labels.csv", "train.py") if name != near and near is not None)]
    deps = "".join(f"    - {name}\n" for name in listed)
    text = f"stages:\n  a:\n    cmd: python train.py data/labels.csv\n    deps:\n{deps}    outs:\n    - b\n"
    (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    findings = lint_project(Project(str(tmp_path)), select_rules(["PK1"])).findings
    (missing,) = [finding for finding in findings if finding.code == "PK106"]
    assert (f"Did you mean '{near}'?" == missing.help) is (near is not None)
    assert [finding.code for finding in findings if finding is not missing] == ([] if near else ["PK101", "PK104"])
