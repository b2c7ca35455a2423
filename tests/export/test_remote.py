from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.export.remote import Remote, object_key, remote_of
from pipelinekit.project.project import Project
from tests.small_projects import write


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://team/data/store/", Remote("x", "s3", "team", "data/store")),
        ("gs://team", Remote("x", "gs", "team", "")),
        ("azure://container/path", Remote("x", "azure", "container", "path")),
        ("/mnt/store", Remote("x", "file", "", "/mnt/store")),
    ],
)
def test_addresses(tmp_path: Path, url: str, expected: Remote) -> None:
    write(tmp_path, {".dvc/config": f"[core]\n    remote = x\n['remote \"x\"']\n    url = {url}\n", "dvc.yaml": ""})
    assert remote_of(Project(str(tmp_path))) == expected


def test_settings_of_this_machine_count(tmp_path: Path) -> None:
    files = {
        ".dvc/config": "[core]\n    remote = x\n['remote \"x\"']\n    url = s3://team\n",
        ".dvc/config.local": "['remote \"x\"']\n    endpointurl = http://127.0.0.1:9\n    region = eu\n",
        "dvc.yaml": "",
    }
    write(tmp_path, files)
    assert remote_of(Project(str(tmp_path))) == Remote("x", "s3", "team", "", "http://127.0.0.1:9", "eu")


@pytest.mark.parametrize("config", ["", "[core]\n    remote = x\n", "['remote \"x\"']\n    url = /x\n"])
def test_without_a_default(tmp_path: Path, config: str) -> None:
    write(tmp_path, {".dvc/config": config, "dvc.yaml": ""})
    assert remote_of(Project(str(tmp_path))) is None


def test_where_objects_lie() -> None:
    assert object_key("abcdef", is_legacy=False) == "files/md5/ab/cdef"
    assert object_key("abcdef.dir", is_legacy=True) == "ab/cdef.dir"


@pytest.mark.parametrize(
    ("setting", "is_versioned"), [("version_aware = true", True), ("worktree = 1", True), ("worktree = false", False)]
)
def test_remotes_that_keep_files_under_their_names(tmp_path: Path, setting: str, is_versioned: bool) -> None:
    config = f"[core]\n    remote = x\n['remote \"x\"']\n    url = s3://team\n    {setting}\n"
    write(tmp_path, {".dvc/config": config, "dvc.yaml": ""})
    assert remote_of(Project(str(tmp_path))) == Remote("x", "s3", "team", "", is_versioned=is_versioned)
