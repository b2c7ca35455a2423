"""The files that matter, found with git and without; what of them DVC reads is tested with the index."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pipelinekit.project.collect import collect, is_candidate, walked
from pipelinekit.project.disk import Disk
from pipelinekit.project.git import read_git
from pipelinekit.project.project import NoProjectError, Project, find_root, open_project, projects_below
from tests.small_projects import write


def found(folder: Path) -> list[str]:
    return collect(Disk(str(folder)), read_git(str(folder))).files


@pytest.mark.parametrize("path", ["dvc.yaml", "a/dvc.yaml", "a.dvc", "a/b.csv.dvc", ".dvcignore", "a/.dvcignore"])
def test_names_that_matter(path: str) -> None:
    assert is_candidate(path)


@pytest.mark.parametrize("path", ["dvc.yml", "dvc.lock", "xdvc.yaml", "a.dvc/x", "dvc.yaml/x", "x.dvcignore", "dvc"])
def test_names_that_do_not(path: str) -> None:
    assert not is_candidate(path)


FILES = {
    "dvc.yaml": "",
    "z.dvc": "",
    "b/dvc.yaml": "",
    "a/c/x.dvc": "",
    "a/dvc.yaml": "",
    "a-b/dvc.yaml": "",
    "hidden/dvc.yaml": "",
    "other/.dvc/config": "",
    "other/dvc.yaml": "",
    ".dvc/dvc.yaml": "",
    ".hg/dvc.yaml": "",
    "dvc.yaml.dvc/x": "",
    ".dvcignore": "hidden/\n",
}
READ = ["dvc.yaml", "z.dvc", "a/dvc.yaml", "a/c/x.dvc", "a-b/dvc.yaml", "b/dvc.yaml"]


@pytest.mark.parametrize("with_git", [False, True])
def test_git_or_not_the_same_files_are_found_in_the_same_order(with_git: bool, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    if with_git:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "b"], cwd=tmp_path, check=True)
    assert found(tmp_path) == READ


def test_a_tracked_file_that_is_gone_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, {"dvc.yaml": "", "a/dvc.yaml": ""})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "a/dvc.yaml").unlink()
    (tmp_path / "a/dvc.yaml").mkdir()
    assert found(tmp_path) == ["dvc.yaml"]


def test_files_that_are_not_written_yet_count(tmp_path: Path) -> None:
    write(tmp_path, {"dvc.yaml": "", ".dvcignore": "hidden/\n"})
    project = Project(str(tmp_path))
    assert project.dvc_yaml_files == ["dvc.yaml"]
    changed = project.overlaid({"sub/dvc.yaml": "", "hidden/dvc.yaml": "", "notes.txt": ""})
    assert changed.dvc_yaml_files == ["dvc.yaml", "sub/dvc.yaml"]
    assert changed.overlaid({"dvc.yaml": "stages: {}\n"}).collected is changed.collected


def test_a_walk_goes_as_deep_as_it_is_told(tmp_path: Path) -> None:
    write(tmp_path, {f"{folder}dvc.yaml": "" for folder in ("", "a/", "a/b/", "a/b/c/")})
    assert sorted(walked(str(tmp_path), 1)) == ["a/dvc.yaml", "dvc.yaml"]
    assert len(walked(str(tmp_path), 3)) == len(walked(str(tmp_path))) == 4


# --- projects -----------------------------------------------------------------------------------------------


def test_the_root_is_the_nearest_folder_with_a_dvc_folder(tmp_path: Path) -> None:
    write(tmp_path, {"sub/deep/dvc.yaml": "", "inner/.dvc/config": "", "inner/x/y": ""})
    for start, root in (("", ""), ("sub/deep", ""), ("inner", "inner"), ("inner/x", "inner")):
        assert find_root(str(tmp_path / start)) == os.path.normpath(tmp_path / root)
        assert open_project(str(tmp_path / start)).root == os.path.normpath(tmp_path / root)


def test_without_a_dvc_folder_the_nearest_pipeline_makes_a_project(tmp_path: Path) -> None:
    write(tmp_path, {"a/dvc.yaml": "", "a/b/c": "", "d/e": ""})
    (tmp_path / ".dvc").rmdir()
    (tmp_path / ".git").mkdir()  # further up nothing is looked for
    assert open_project(str(tmp_path / "a/b")).root == str(tmp_path / "a")
    for start in ("d", "", "gone", "a/dvc.yaml"):
        with pytest.raises(NoProjectError):
            open_project(str(tmp_path / start))


def test_projects_in_the_folders_below(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "one/.dvc/config": "",
            "one/dvc.yaml": "",
            "one/part/dvc.yaml": "",
            "one/inner/.dvc/config": "",
            "one/inner/dvc.yaml": "",
            "two/deep/dvc.yaml": "",
            "two/deep/er/dvc.yaml": "",
            "three/.dvc/config": "",
        },
    )
    (tmp_path / ".dvc").rmdir()
    roots = [os.path.relpath(project.root, tmp_path) for project in projects_below(str(tmp_path))]
    assert roots == ["one", "one/inner", "two/deep"]


# --- settings -----------------------------------------------------------------------------------------------


def test_how_mappings_are_unpacked_is_read_from_both_configurations(tmp_path: Path) -> None:
    remote = "[core]\n    remote = x\n['remote \"x\"']\n    url = s3://b\n"
    config = f"{remote}[parsing]\n    bool = store_true\n    list = append\n"
    write(tmp_path, {".dvc/config": config, ".dvc/config.local": "[parsing]\n    bool = boolean_optional\n"})
    assert Project(str(tmp_path)).parsing_options == {"bool": "boolean_optional", "list": "append"}


@pytest.mark.parametrize(
    "config", ["", "[core]\n", "parsing = 1\n", "[parsing\n", "[parsing]\n[parsing]\n", b"\xff parsing"]
)
def test_a_configuration_without_it_or_a_broken_one_says_nothing(config: str | bytes, tmp_path: Path) -> None:
    assert Project(str(write(tmp_path, {".dvc/config": config}))).parsing_options == {}
