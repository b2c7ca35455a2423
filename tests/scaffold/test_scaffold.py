"""Starting a project, and giving one that is there what it lacks: what is made, what is kept, what is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.scaffold.additions import ScaffoldError
from pipelinekit.scaffold.scaffold import TEMPLATES, Template, scaffold

ALWAYS = {".gitignore", ".dvcignore", ".pre-commit-config.yaml"}
DVC = {".dvc/config", ".dvc/.gitignore"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder in a git repository."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "demo").mkdir()
    return tmp_path / "demo"


def write(folder: Path, **texts: str) -> dict[str, bytes]:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- an empty folder ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_an_empty_folder_becomes_a_project_without_a_finding(template: Template, folder: Path) -> None:
    done = scaffold(str(folder), template)
    assert done.from_template
    assert (done.kept, done.scripts, done.lacks_hook) == ([], [], False)
    assert set(done.made) == set(content(folder))
    assert ALWAYS | DVC | {"dvc.yaml", "pipeline.py", "params.yaml", "README.md"} <= set(done.made)
    linted = lint_project(Project(str(folder)), select_rules(level="advice"))
    assert linted.findings == []
    assert len(linted.graph.index.stages) >= 3


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_script_of_a_template_is_used_and_no_other_file_is_left_out(template: Template, folder: Path) -> None:
    scaffold(str(folder), template)
    index = lint_project(Project(str(folder)), select_rules()).graph.index
    used = {dep.path for stage in index.stages for dep in stage.deps}
    assert {path for path in content(folder) if path.startswith("src/")} <= used


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_readme_has_the_name_of_the_folder(template: Template, folder: Path) -> None:
    scaffold(str(folder), template)
    text = (folder / "README.md").read_text()
    assert text.startswith("# demo\n")
    assert "{name}" not in text


@pytest.mark.parametrize("names", [[".git"], ["LICENSE", ".gitignore"], [".venv", ".vscode", ".DS_Store"]])
def test_what_a_new_repository_has_still_counts_as_empty(names: list[str], folder: Path) -> None:
    for name in names:
        (folder / name).write_text("mine\n")
    done = scaffold(str(folder), "plain")
    assert done.from_template
    assert [name for name in names if (folder / name).read_text() != "mine\n"] == []
    assert done.kept == [name for name in names if name == ".gitignore"]


def test_a_folder_that_is_not_there_is_made(folder: Path) -> None:
    done = scaffold(str(folder / "a" / "b"), "plain")
    assert (folder / "a" / "b" / "dvc.yaml").is_file()
    assert done.folder == str(folder / "a" / "b")


def test_twice_it_changes_nothing(folder: Path) -> None:
    scaffold(str(folder), "plain")
    before = content(folder)
    done = scaffold(str(folder), "sklearn")
    assert (done.made, done.from_template) == ([], False)
    assert content(folder) == before


# --- a folder with files ------------------------------------------------------------------------------------


def test_a_folder_with_scripts_gets_no_pipeline_of_ours(folder: Path) -> None:
    before = write(folder, train_py="print()\n", notes_txt="", load_R="", run_sh="", eda_ipynb="{}")
    done = scaffold(str(folder), "plain")
    assert not done.from_template
    assert done.scripts == ["eda.ipynb", "load.R", "run.sh", "train.py"]
    assert set(done.made) == ALWAYS | DVC
    after = content(folder)
    assert {name: after[name] for name in before} == before
    assert set(after) == set(before) | set(done.made)


def test_a_folder_with_a_pipeline_is_not_told_to_write_one(folder: Path) -> None:
    write(folder, dvc_yaml="stages: {}\n", train_py="")
    done = scaffold(str(folder), "plain")
    assert (done.scripts, done.from_template) == ([], False)
    assert set(done.made) == ALWAYS | DVC


def test_nothing_is_overwritten_and_what_is_kept_is_told(folder: Path) -> None:
    mine = {
        "_gitignore": "a\n",
        "_dvcignore": "b\n",
        "_pre-commit-config_yaml": "repos: []\n",
        "x_py": "",
        "_dvc__config": "",
    }
    before = write(folder, **mine)
    done = scaffold(str(folder), "plain")
    assert done.made == []
    assert set(done.kept) == ALWAYS
    assert content(folder) == before


@pytest.mark.parametrize(
    ("hooks", "lacks"),
    [("repos: []\n", True), ("repos:\n- repo: local\n  hooks:\n  - id: pipelinekit-lint\n", False), (None, False)],
)
def test_whether_its_own_hooks_lint(hooks: str | None, lacks: bool, folder: Path) -> None:
    write(folder, x_py="", **({"_pre-commit-config_yaml": hooks} if hooks is not None else {}))
    assert scaffold(str(folder), "plain").lacks_hook is lacks


def test_hooks_that_can_not_be_read_do_not_lint(folder: Path) -> None:
    write(folder, x_py="")
    (folder / ".pre-commit-config.yaml").write_bytes(b"\xff")
    assert scaffold(str(folder), "plain").lacks_hook


@pytest.mark.parametrize(("model", "checked"), [({"pipeline_py": ""}, True), ({"train_py": ""}, False), ({}, True)])
def test_a_model_is_checked_before_each_commit_where_there_is_one(
    model: dict[str, str], checked: bool, folder: Path
) -> None:
    write(folder, **model)
    scaffold(str(folder), "plain")
    hooks = (folder / ".pre-commit-config.yaml").read_text()
    assert "id: pipelinekit-lint\n" in hooks
    assert ("id: pipelinekit-compile\n" in hooks) == checked


def test_a_link_that_leads_nowhere_is_not_written_through(folder: Path) -> None:
    write(folder, x_py="")
    (folder / ".gitignore").symlink_to("../elsewhere")
    done = scaffold(str(folder), "plain")
    assert done.kept == [".gitignore"]
    assert not (folder.parent / "elsewhere").exists()


# --- what is around it --------------------------------------------------------------------------------------


def test_in_a_dvc_project_no_other_one_is_started(folder: Path) -> None:
    (folder.parent / ".dvc").mkdir()
    done = scaffold(str(folder), "plain")
    assert not DVC & set(done.made)
    assert not (folder / ".dvc").exists()


def test_in_a_repository_no_other_one_is_started(folder: Path) -> None:
    done = scaffold(str(folder), "plain")
    assert ".git" not in done.made
    assert not (folder / ".git").exists()
    assert (folder / ".dvc/config").read_text() == ""


def test_outside_of_one_it_is_started(tmp_path: Path) -> None:
    done = scaffold(str(tmp_path / "demo"), "plain")
    assert ".git" in done.made
    assert (tmp_path / "demo/.git").is_dir()


def test_without_git_dvc_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    done = scaffold(str(tmp_path / "demo"), "plain")
    assert ".git" not in done.made
    assert (tmp_path / "demo/.dvc/config").read_text() == "[core]\n    no_scm = True\n"


def test_what_can_not_be_used(folder: Path) -> None:
    (folder / "file").write_text("")
    for name in ("file", "file/below"):
        with pytest.raises(ScaffoldError, match="can't use"):
            scaffold(str(folder / name), "plain")
    assert os.listdir(folder) == ["file"]
