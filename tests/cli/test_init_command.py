from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.command_line import run


def files_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder, git's own left out."""
    paths = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts[:1])
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_an_empty_folder_becomes_a_project(tmp_path: Path) -> None:
    result = run("init", "demo", folder=tmp_path)
    assert result.status == 0
    made = set(files_of(tmp_path / "demo"))
    assert {"dvc.yaml", "pipeline.py", "params.yaml", ".dvc/config", ".gitignore", "README.md"} <= made
    assert set(result.stdout.split()) == {os.path.join("demo", *path.split("/")) for path in made} | {
        os.path.join("demo", ".git")
    }
    assert result.stderr == "\nNext: cd demo && dvc repro\n"


def test_started_twice_it_changes_nothing(tmp_path: Path) -> None:
    run("init", "demo", folder=tmp_path)
    before = files_of(tmp_path / "demo")
    result = run("init", "demo", folder=tmp_path)
    assert (result.status, result.stdout) == (0, "")
    assert files_of(tmp_path / "demo") == before


def test_the_folder_it_is_called_in(tmp_path: Path) -> None:
    result = run("init", folder=tmp_path)
    assert result.stderr == "\nNext: dvc repro\n"
    assert (tmp_path / "dvc.yaml").is_file()


MINE = {
    "dvc.yaml": "stages: {}\n",
    "train.py": "print()\n",
    ".gitignore": "/mine\n",
    ".pre-commit-config.yaml": "repos: []\n",
    "README.md": "# Mine\n",
    "params.yaml": "a: 1\n",
}


def test_a_folder_with_a_pipeline_gets_what_it_lacks(tmp_path: Path) -> None:
    for name, text in MINE.items():
        (tmp_path / name).write_text(text)
    result = run("init", folder=tmp_path)
    assert result.status == 0
    after = files_of(tmp_path)
    assert {name: after[name].decode() for name in MINE} == MINE
    assert set(after) - set(MINE) == {".dvc/config", ".dvc/.gitignore", ".dvcignore"}
    assert "kept .gitignore: it was there already" in result.stderr
    assert "add the hook 'pipelinekit-lint' to .pre-commit-config.yaml" in result.stderr
    assert result.stderr.endswith("Next: pipelinekit lint\n")


@pytest.mark.parametrize(
    ("scripts", "what"), [(["train.py"], "train.py does"), (["a.py", "b.R", "c.txt"], "a.py and the others do")]
)
def test_a_folder_with_scripts_is_told_how_to_go_on(scripts: list[str], what: str, tmp_path: Path) -> None:
    for name in scripts:
        (tmp_path / name).write_text("")
    result = run("init", folder=tmp_path)
    assert not (tmp_path / "dvc.yaml").exists()
    assert result.stderr.endswith(f"Next: describe in pipeline.py what {what}, then run 'pipelinekit compile'\n")


def test_inside_of_a_dvc_project_it_starts_no_other(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    run("init", "part", folder=tmp_path)
    assert not (tmp_path / "part/.dvc").exists()
    assert (tmp_path / "part/dvc.yaml").is_file()


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    result = run("init", "demo", folder=tmp_path)
    assert result.status == 2
    assert result.stderr == f"pipelinekit: can't use {tmp_path / 'demo'}: File exists\n"


# --- what stands around a project ---------------------------------------------------------------------------

AROUND = ("--ci", "github", "--ci", "gitlab", "--hooks", "--docker", "--remote", "s3://team/project", "--no-check")


def test_what_stands_around_a_new_project(tmp_path: Path) -> None:
    result = run("init", "demo", *AROUND, folder=tmp_path)
    assert result.status == 0
    made = set(files_of(tmp_path / "demo"))
    assert {
        ".github/workflows/pipelinekit.yml",
        ".gitlab-ci.yml",
        ".gitlab/pipelinekit.yml",
        ".pre-commit-config.yaml",
        "Dockerfile",
        ".dockerignore",
    } <= made
    assert "Put AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY among the repository's secrets." in result.stderr
    linted = run("lint", "--level", "advice", folder=tmp_path / "demo")
    assert linted.status == 0, linted.stdout
    before = files_of(tmp_path / "demo")
    again = run("init", "demo", *AROUND, folder=tmp_path)
    assert (again.status, again.stdout) == (0, "")
    assert files_of(tmp_path / "demo") == before


def test_what_stands_around_a_project_that_is_there(tmp_path: Path) -> None:
    for name, text in {**MINE, "Dockerfile": "FROM scratch\n"}.items():
        (tmp_path / name).write_text(text)
    result = run("init", "--docker", "--hooks", folder=tmp_path)
    assert result.status == 0
    after = files_of(tmp_path)
    assert after["Dockerfile"] == b"FROM scratch\n"
    assert "kept Dockerfile: it was there already, and differs from what init writes:\n" in result.stderr
    assert "\n  -FROM scratch\n" in result.stderr
    assert b"id: pipelinekit-lint\n" in after[".pre-commit-config.yaml"]
    assert "add the hook" not in result.stderr


def test_a_project_below_the_top_of_its_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    result = run("init", "ml", "--ci", "github", "--hooks", folder=tmp_path)
    assert result.status == 0
    made = files_of(tmp_path)
    assert b"working-directory: ml\n" in made[".github/workflows/pipelinekit-ml.yml"]
    assert b"entry: pipelinekit lint --project ml\n" in made[".pre-commit-config.yaml"]
    assert "ml/.pre-commit-config.yaml" not in made


def test_what_can_not_be_added_is_told_in_one_line(tmp_path: Path) -> None:
    result = run("init", "demo", "--post-receive", "nowhere.git", folder=tmp_path)
    assert result.status == 2
    assert "pipelinekit: nowhere.git is no folder: 'git init --bare nowhere.git' makes a repository" in result.stderr
    result = run("init", "demo", "--remote", "s9://x", folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
