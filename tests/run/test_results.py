"""Which files a run gives to git: the lock, what DVC ignores, uncached outputs, and nothing that merely lies about."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.run.results import GitError, commit_results, is_own_commit
from tests.command_line import run
from tests.end_to_end.programs import call
from tests.small_projects import write

FILES = {
    ".dvc/config": "",
    "dvc.yaml": """stages:
  a:
    cmd: python a.py
    outs:
    - data/model.pkl
    metrics:
    - m.json:
        cache: false
""",
    "a.py": "",
    "sub/dvc.yaml": "stages: {}\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write(tmp_path / "project", FILES)
    call("git", "init", "--quiet", folder=folder)
    call("git", "add", "--all", folder=folder)
    call("git", "commit", "--quiet", "-m", "first", folder=folder)
    return folder


def committed(folder: Path) -> set[str]:
    return set(call("git", "show", "--name-only", "--format=", "HEAD", folder=folder).split())


def test_results_are_committed_and_nothing_else(project: Path) -> None:
    before = call("git", "rev-parse", "HEAD", folder=project).strip()
    new = {
        "dvc.lock": "x",
        "sub/dvc.lock": "y",
        "m.json": "{}",
        "data/.gitignore": "/model.pkl\n",
        "data/model.pkl": "z",
    }
    write(project, {**new, "junk.log": "", "a.py": "changed = 1\n"})
    made = commit_results(str(project / "sub"))
    assert made is not None
    assert committed(project) == set(new) - {"data/model.pkl"}
    assert call("git", "status", "--porcelain", folder=project).split() == ["M", "a.py", "??", "junk.log"]
    message = call("git", "log", "-1", "--format=%B", folder=project)
    assert message == f"Record the results of {before[:7]} [skip ci]\n\nfirst\n\nPipelinekit-Run: {before}\n\n"
    assert is_own_commit(str(project), made)
    assert not is_own_commit(str(project), before)
    assert commit_results(str(project)) is None


def test_what_git_ignores_stays_out(project: Path) -> None:
    write(project, {".git/info/exclude": "m.json\n", "m.json": "{}", "dvc.lock": "x"})
    commit_results(str(project))
    assert committed(project) == {"dvc.lock"}


def test_without_git(tmp_path: Path) -> None:
    folder = write(tmp_path, FILES)
    with pytest.raises(GitError):
        commit_results(str(folder))


def test_the_command(project: Path) -> None:
    result = run("hook", "commit", folder=project)
    assert (result.status, result.stdout, result.stderr) == (0, "", "nothing has changed\n")
    write(project, {"dvc.lock": "x"})
    result = run("hook", "commit", folder=project)
    assert result.stdout == call("git", "rev-parse", "HEAD", folder=project)
    assert "hook" not in run("--help").stdout
    result = run("hook", "commit", folder=project.parent)
    assert result.status == 2
