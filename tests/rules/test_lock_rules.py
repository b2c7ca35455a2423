"""A lock must be in git, in one piece."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from tests.freshness.projects import lock, project
from tests.oracle.dvc_view import opened

PIPELINE = "stages:\n  train:\n    cmd: python train.py\n    deps:\n    - train.py\n    outs:\n    - model.pkl\n"
FILES = {"dvc.yaml": PIPELINE, "train.py": ""}


def found(made: Project, *codes: str) -> list[Finding]:
    return lint_project(made, select_rules([*codes, "PK009"])).findings


def place(finding: Finding) -> tuple[str, int]:
    return finding.file, finding.place.document.line_of(finding.place.start)


@pytest.mark.parametrize(
    ("patterns", "line"),
    [("", None), ("dvc.lock\n", 1), ("a\n*.lock\n", 2), ("*.lock\n!dvc.lock\n", None), ("/sub\n", None)],
)
@pytest.mark.filterwarnings("ignore")
def test_a_lock_that_git_ignores_is_one_that_dvc_refuses(patterns: str, line: int | None, tmp_path: Path) -> None:
    made = project(tmp_path, {**FILES, ".gitignore": patterns, ".dvc/config": ""})
    findings = found(made, "PK605")
    assert [place(finding) for finding in findings] == ([(".gitignore", line)] if line else [])
    with opened(str(tmp_path), git=True) as repo:
        if line is None:
            repo.status()
        else:
            with pytest.raises(Exception, match="git-ignored"):
                repo.status()


def test_a_lock_that_git_tracks_and_ignores(tmp_path: Path) -> None:
    made = project(tmp_path, {**FILES, ".gitignore": "*.lock\n", "dvc.lock": lock(train={})})
    assert len(found(made, "PK605")) == 1


def test_one_line_that_ignores_several_locks(tmp_path: Path) -> None:
    inner = {f"sub/{name}": text for name, text in FILES.items()}
    made = project(tmp_path, {**FILES, **inner, ".gitignore": "*.lock\n"})
    assert [place(finding) for finding in found(made, "PK605")] == [(".gitignore", 1)]


def test_a_line_in_a_folder_and_one_outside_of_the_project(tmp_path: Path) -> None:
    inner = {f"project/sub/{name}": text for name, text in FILES.items()}
    project(tmp_path, {**inner, "project/sub/.gitignore": "dvc.lock\n"})
    (tmp_path / "project" / ".dvc").mkdir()
    made = Project(str(tmp_path / "project"))
    assert [place(finding) for finding in found(made, "PK605")] == [("sub/.gitignore", 1)]
    (tmp_path / "project" / "sub" / ".gitignore").unlink()
    (tmp_path / ".gitignore").write_text("*.lock\n", encoding="utf-8")
    made = Project(str(tmp_path / "project"))
    assert [place(finding) for finding in found(made, "PK605")] == [("sub/dvc.yaml", 1)]


def test_without_git_nothing_is_ignored(tmp_path: Path) -> None:
    assert found(project(tmp_path, {**FILES, ".gitignore": "*.lock\n"}, git=False), "PK605") == []


def test_a_merge_conflict_is_one_finding(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=tmp_path, check=True)
    nobody = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for branch, content in (("main", "a"), ("other", "b"), ("main", "c")):
        subprocess.run(["git", "switch", "-q", branch], cwd=tmp_path, check=False, capture_output=True)
        if branch == "other":
            subprocess.run(["git", "switch", "-q", "-c", "other"], cwd=tmp_path, check=True)
        project(tmp_path, {**FILES, "dvc.lock": lock(train={"outs": {"model.pkl": content}})}, git=False)
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        subprocess.run([*nobody, "commit", "-q", "-m", "change"], cwd=tmp_path, check=True)
    merged = subprocess.run([*nobody, "merge", "-q", "other"], cwd=tmp_path, check=False, capture_output=True)
    assert merged.returncode == 1
    findings = lint_project(Project(str(tmp_path)), select_rules()).findings
    assert [(finding.code, place(finding)) for finding in findings] == [("PK606", ("dvc.lock", 8))]


def test_a_lock_that_is_broken_otherwise_is_no_conflict(tmp_path: Path) -> None:
    made = project(tmp_path, {**FILES, "dvc.lock": "schema: '2.0'\nstages: [\n"})
    assert [finding.code for finding in found(made, "PK001", "PK606")] == ["PK001"]


def test_a_conflict_in_a_pipeline_is_for_another_rule(tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": "<<<<<<< HEAD\n" + PIPELINE, "train.py": ""})
    assert [finding.code for finding in found(made, "PK001", "PK606")] == ["PK001"]
