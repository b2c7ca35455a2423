"""What DVC loads of a project, and what it passes over: every `dvc.yaml`, every `.dvc` file, in its order."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.resolve.index import Index
from tests.small_projects import at, index, write

STAGE = "stages:\n  s:\n    cmd: x\n"


def makes(*outs: str, name: str = "s", wdir: str = ".") -> str:
    """A pipeline of one stage that writes these."""
    return f"stages:\n  {name}:\n    cmd: x\n    wdir: {wdir}\n    outs: [{', '.join(outs)}]\n"


def addresses(project: Index) -> list[str]:
    return [stage.address for stage in project.stages] + [file.address for file in project.tracked_files]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


# --- several files ------------------------------------------------------------------------------------------


def test_files_come_top_down_by_name(tmp_path: Path) -> None:
    files = {f"{folder}dvc.yaml": STAGE for folder in ("b/", "", "a/z/", "a/", ".hidden/")}
    assert addresses(index(tmp_path, files)) == [
        "dvc.yaml:s",
        ".hidden/dvc.yaml:s",
        "a/dvc.yaml:s",
        "a/z/dvc.yaml:s",
        "b/dvc.yaml:s",
    ]


@pytest.mark.parametrize("name", ["dvc.yml", "DVC.yaml", "pipeline.yaml", "dvc.yaml.bak", "my-dvc.yaml"])
def test_only_the_one_name_counts(name: str, tmp_path: Path) -> None:
    assert addresses(index(tmp_path, {name: STAGE})) == []


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    project = index(tmp_path, {"a/dvc.yaml": "stages: [\n", "b/dvc.yaml": STAGE, "c/dvc.yaml": b"\xff"})
    assert addresses(project) == ["b/dvc.yaml:s"]
    assert [pipeline.document.is_broken for pipeline in project.pipelines] == [True, False]
    assert [found.path for found in project.unreadable] == ["c/dvc.yaml"]
    assert not project.is_complete
    assert not project.outs_are_known


# --- .dvc files ---------------------------------------------------------------------------------------------

TRACKED = "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  hash: md5\n  path: raw.csv\n"


def test_a_dvc_file_is_a_node_without_a_command(tmp_path: Path) -> None:
    project = index(tmp_path, {"data/raw.csv.dvc": TRACKED})
    (tracked,) = project.tracked_files
    (out,) = tracked.outs
    assert (tracked.address, out.path, out.stage is tracked) == ("data/raw.csv.dvc", "data/raw.csv", True)
    assert at(out.node.place) == "data/raw.csv.dvc:5:9 raw.csv"


def test_the_folder_of_a_dvc_file(tmp_path: Path) -> None:
    (tracked,) = index(tmp_path, {"data/raw.csv.dvc": TRACKED + "wdir: ../store\n"}).tracked_files
    assert tracked.outs[0].path == "store/raw.csv"


def test_an_import_depends_on_what_it_was_imported_from(tmp_path: Path) -> None:
    imported = TRACKED + "deps:\n- path: https://example.com/raw.csv\nfrozen: true\n"
    (tracked,) = index(tmp_path, {"raw.csv.dvc": imported}).tracked_files
    assert (tracked.deps[0].path, tracked.frozen) == ("https://example.com/raw.csv", True)


@pytest.mark.parametrize("holder", ["repo: {url: https://example.com}", "db: {query: q, connection: c}"])
def test_what_comes_from_a_repository_or_a_database_depends_on_nothing_here(holder: str, tmp_path: Path) -> None:
    (tracked,) = index(tmp_path, {"raw.csv.dvc": TRACKED + f"deps:\n- path: data\n  {holder}\n"}).tracked_files
    assert tracked.deps == []


def test_a_dvc_file_with_keys_of_a_stage_is_refused(tmp_path: Path) -> None:
    project = index(tmp_path, {"raw.csv.dvc": TRACKED + "cmd: x\nwdir: .\n"})
    found = [(document.name, problem.key) for document, problem in project.shape_problems("unknown-key")]
    assert found == [("raw.csv.dvc", "cmd")]


# --- what is passed over ------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["sub", "sub/", "/sub/dvc.yaml", "*.yaml\n!/dvc.yaml", "**/dvc.yaml\n!/dvc.yaml"])
def test_what_dvcignore_names(pattern: str, tmp_path: Path) -> None:
    files = {"dvc.yaml": STAGE, "sub/dvc.yaml": STAGE, ".dvcignore": f"{pattern}\n"}
    assert addresses(index(tmp_path, files)) == ["dvc.yaml:s"]


def test_a_dvcignore_further_down_adds_to_the_one_above(tmp_path: Path) -> None:
    files = {f"{folder}dvc.yaml": STAGE for folder in ("a/x/", "a/y/", "b/x/")}
    files |= {"a/.dvcignore": "/x\n", ".dvcignore": "# nothing\n"}
    assert addresses(index(tmp_path, files)) == ["a/y/dvc.yaml:s", "b/x/dvc.yaml:s"]


def test_a_project_further_down_is_another_one(tmp_path: Path) -> None:
    files = {"dvc.yaml": STAGE, "sub/.dvc/config": "", "sub/dvc.yaml": STAGE, "sub/deep/dvc.yaml": STAGE}
    assert addresses(index(tmp_path, files)) == ["dvc.yaml:s"]


def test_folders_behind_links_are_not_entered(tmp_path: Path) -> None:
    write(tmp_path, {"real/dvc.yaml": STAGE})
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    assert addresses(index(tmp_path, {})) == ["real/dvc.yaml:s"]


def test_what_git_ignores_is_passed_over_tracked_or_not(tmp_path: Path) -> None:
    files = {f"{folder}dvc.yaml": STAGE for folder in ("", "ignored/", "tracked/")}
    write(tmp_path, {**files, ".gitignore": "/ignored/\n/tracked/dvc.yaml\n*.dvc\n", "raw.csv.dvc": TRACKED})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "tracked/dvc.yaml")
    project = index(tmp_path, {})
    assert addresses(project) == ["dvc.yaml:s"]
    assert project.project.skipped_by_git == {"tracked/dvc.yaml"}


def test_an_ignored_pipeline_at_the_root_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"dvc.yaml": STAGE, ".gitignore": "dvc.yaml\n"})
    git(tmp_path, "init", "-q")
    project = index(tmp_path, {})
    assert (addresses(project), project.project.skipped_by_git) == ([], {"dvc.yaml"})


# --- what lies in an output ---------------------------------------------------------------------------------


def test_a_pipeline_in_the_output_of_one_above_is_never_read(tmp_path: Path) -> None:
    project = index(tmp_path, {"dvc.yaml": makes("sub"), "sub/dvc.yaml": STAGE, "sub/a.csv.dvc": TRACKED})
    assert addresses(project) == ["dvc.yaml:s"]
    assert [(found.path, found.out.path) for found in project.swallowed] == [
        ("sub/a.csv.dvc", "sub"),
        ("sub/dvc.yaml", "sub"),
    ]


def test_one_in_the_output_of_a_pipeline_beside_it_is_read_and_refused(tmp_path: Path) -> None:
    project = index(tmp_path, {"a/dvc.yaml": makes("../b"), "b/dvc.yaml": STAGE})
    assert addresses(project) == ["a/dvc.yaml:s", "b/dvc.yaml:s"]
    assert [found.path for found in project.swallowed] == ["b/dvc.yaml"]


def test_a_folder_that_only_begins_alike_holds_nothing(tmp_path: Path) -> None:
    project = index(tmp_path, {"dvc.yaml": makes("sub"), "sub2/dvc.yaml": STAGE})
    assert (addresses(project), project.swallowed) == (["dvc.yaml:s", "sub2/dvc.yaml:s"], [])


def test_a_pipeline_in_data_that_is_tracked_is_never_read(tmp_path: Path) -> None:
    project = index(tmp_path, {"data.dvc": TRACKED.replace("raw.csv", "data"), "data/dvc.yaml": STAGE})
    assert addresses(project) == ["data.dvc"]
    assert [(found.path, found.out.stage.file) for found in project.swallowed] == [("data/dvc.yaml", "data.dvc")]


# --- whether all is known -----------------------------------------------------------------------------------


def test_a_sound_project_is_complete(tmp_path: Path) -> None:
    project = index(tmp_path, {"dvc.yaml": makes("a"), "raw.csv.dvc": TRACKED})
    assert project.is_complete
    assert project.outs_are_known


INCOMPLETE = {
    "an undefined command": (STAGE.replace("x", "${gone}"), False, True),
    "an undefined output": (makes("'${gone}'"), False, False),
    "an undefined folder": (makes("a", wdir="${gone}"), False, False),
    "an unknown key of a stage": (STAGE + "    ous: [a]\n", False, False),
    "an unknown key at the top": (STAGE + "other: 1\n", False, True),
    "stages that are no mapping": ("stages: []\n", False, False),
    "an empty group": ("stages:\n  s:\n    foreach: []\n    do: {cmd: x, outs: [a]}\n", False, False),
    "a name that can't be found": ("stages:\n  a@b: {cmd: x}\n", False, False),
    "a retired key": (makes("a: {checkpoint: true}"), True, True),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_whether_dvc_could_load_it_and_whether_all_outputs_are_known(name: str, tmp_path: Path) -> None:
    text, is_complete, outs_are_known = INCOMPLETE[name]
    project = index(tmp_path, text)
    assert (project.is_complete, project.outs_are_known) == (is_complete, outs_are_known)


# --- locks --------------------------------------------------------------------------------------------------


def test_only_locks_that_are_not_as_dvc_writes_them_are_looked_at(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": STAGE,
        "dvc.lock": "schema: '2.0'\nstages:\n  s:\n    cmd: x\n",
        "a/dvc.yaml": STAGE,
        "a/dvc.lock": "schema: '2.0'\nstages:\n  s:\n    comand: x\n",
        "b/dvc.yaml": STAGE,
        "b/dvc.lock": b"\xff",
        "c/dvc.lock": "nothing of DVC's, because no pipeline is beside it\n",
    }
    project = index(tmp_path, files)
    assert [getattr(lock, "name", None) or getattr(lock, "path", None) for lock in project.odd_locks] == [
        "a/dvc.lock",
        "b/dvc.lock",
    ]
    found = [(document.name, problem.kind, problem.key) for document, problem in project.shape_problems("unknown-key")]
    assert found == [("a/dvc.lock", "unknown-key", "comand")]


def test_a_lock_without_anything_in_it_lacks_its_schema(tmp_path: Path) -> None:
    project = index(tmp_path, {"dvc.yaml": STAGE, "dvc.lock": ""})
    found = [(document.name, problem.key) for document, problem in project.shape_problems("missing-key")]
    assert found == [("dvc.lock", "schema")]
