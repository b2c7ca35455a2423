"""Only what is new since a git revision, which is read without touching the work tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import run
from tests.lint.projects import FLAWED, commit, git, make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with the flawed project, committed."""
    make(tmp_path)
    commit(tmp_path)
    return tmp_path


def since(folder: Path, revision: str = "HEAD", *arguments: str) -> list[str]:
    result = run("lint", "--since", revision, "--output-format", "concise", *arguments, folder=folder)
    assert result.status in (0, 1), result.stderr
    return [line.partition(" ")[2].partition(" ")[0] for line in result.stdout.splitlines()]


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "dvc.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_is_new_where_nothing_changed(folder: Path) -> None:
    assert since(folder) == []
    change(folder, "stages:\n", "# moved\n\nstages:\n")
    assert since(folder) == []


def test_what_is_new_is_found(folder: Path) -> None:
    change(folder, "    - clean.csv\n    outs", "    - clean.csv\n    - gone.csv\n    outs")
    assert since(folder) == ["PK106"]


def test_a_script_that_is_new_did_not_exist(folder: Path) -> None:
    (folder / "new.py").write_text("")
    change(folder, "    metrics:", "    - other.pkl\n    metrics:")
    change(folder, "cmd: python train.py", "cmd: python train.py && python new.py")
    # at HEAD there was no new.py, and nothing ran it
    assert since(folder) == ["PK101"]


def test_a_script_that_is_gone_was_there(folder: Path) -> None:
    (folder / "train.py").unlink()
    assert since(folder) == ["PK103"]


def test_data_that_git_ignores_was_there_as_it_is(folder: Path) -> None:
    (folder / ".gitignore").write_text("/data\n")
    (folder / "data").mkdir()
    (folder / "data" / "x.csv").write_text("")
    change(folder, "- nowhere.csv", "- data/x.csv")
    commit(folder)
    change(folder, "- metrics.json", "- metrics.json\n    - more.json")
    assert since(folder) == ["PK401"]


def test_comments_of_then_count_then(folder: Path) -> None:
    change(folder, "- nowhere.csv", "- nowhere.csv  # pipelinekit: ignore[PK106]")
    commit(folder)
    change(folder, "  # pipelinekit: ignore[PK106]", "")
    assert since(folder) == ["PK106"]


def test_older_revisions_and_other_names(folder: Path) -> None:
    git(folder, "tag", "v1")
    change(folder, "    - clean.csv\n    outs", "    - clean.csv\n    - gone.csv\n    outs")
    commit(folder)
    assert since(folder, "HEAD") == []
    assert since(folder, "HEAD~1") == since(folder, "v1") == ["PK106"]


def test_a_project_that_did_not_exist(folder: Path) -> None:
    make(folder / "sub", FLAWED)
    result = run("lint", "--since", "HEAD", "--output-format", "concise", folder=folder / "sub")
    assert result.stdout.count("\n") == 3


def test_a_project_below_the_root_of_the_repository(tmp_path: Path) -> None:
    folder = tmp_path / "sub" / "project"
    make(folder)
    commit(tmp_path)
    assert since(folder) == []
    change(folder, "    - clean.csv\n    outs", "    - clean.csv\n    - gone.csv\n    outs")
    assert since(folder) == ["PK106"]


def test_links_are_followed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    make(project, FLAWED.replace("nowhere.csv", "linked/a.csv"))
    (project / "real").mkdir()
    (project / "real" / "a.csv").write_text("")
    (project / "linked").symlink_to("real")
    commit(project)
    assert since(project) == []
    (project / "linked").unlink()
    assert since(project) == ["PK106"]


def test_only_what_is_new_is_mended(folder: Path) -> None:
    change(folder, "- metrics.json", "- metrics.json\n    - more.json")
    run("lint", "--since", "HEAD", "--fix", folder=folder)
    text = (folder / "dvc.yaml").read_text()
    assert "- more.json:\n        cache: false\n" in text
    assert "- metrics.json\n" in text


def test_the_work_tree_and_the_index_stay_as_they_are(folder: Path) -> None:
    change(folder, "nowhere.csv", "train.py")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    since(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("revision", ["nothing", "--all", "HEAD:dvc.yaml", ""])
def test_a_revision_that_is_none(revision: str, folder: Path) -> None:
    result = run("lint", f"--since={revision}", folder=folder)
    assert result.status == 2
    assert result.stderr == f"pipelinekit: git knows no revision {revision}\n"


def test_without_git(tmp_path: Path) -> None:
    make(tmp_path)
    result = run("lint", "--since", "HEAD", folder=tmp_path)
    assert result.status == 2
    assert "is in no git repository" in result.stderr


def test_files_that_were_no_text(folder: Path) -> None:
    (folder / "dvc.yaml").write_bytes(b"\xff")
    commit(folder)
    (folder / "dvc.yaml").write_text(FLAWED)
    assert sorted(since(folder)) == ["PK101", "PK106", "PK401"]
