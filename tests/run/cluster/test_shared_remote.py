from __future__ import annotations

from pathlib import Path

import pytest
from configobj import ConfigObj

from pipelinekit.project.project import Project
from pipelinekit.run.cluster.shared_remote import settings_for_workers
from pipelinekit.run.outcome import RunError
from tests.small_projects import write

SHARED = """\
[core]
    remote = store
['remote "store"']
    url = ../../store
['remote "s3"']
    url = s3://bucket/x
"""
LOCAL = """\
['remote "s3"']
    endpointurl = http://127.0.0.1:9
    access_key_id = me
    secret_access_key = "a # secret"
['remote "mine"']
    url = /mnt/mine
"""


def settings(tmp_path: Path, files: dict[str, str]) -> tuple[ConfigObj, list[str]]:
    write(tmp_path, files)
    text, kept = settings_for_workers(Project(str(tmp_path)))
    return ConfigObj(text.splitlines(), list_values=False), kept


def test_folders_are_named_from_the_root_and_credentials_stay(tmp_path: Path) -> None:
    found, kept = settings(tmp_path / "a" / "b", {".dvc/config": SHARED, ".dvc/config.local": LOCAL, "dvc.yaml": ""})
    assert found.dict() == {
        "core": {"remote": "store", "analytics": "false"},
        'remote "store"': {"url": str(tmp_path / "a" / "store")},
        'remote "s3"': {"endpointurl": "http://127.0.0.1:9"},
        'remote "mine"': {"url": "/mnt/mine"},
    }
    assert kept == ["access_key_id", "secret_access_key"]


def test_a_default_of_this_machine_alone_counts(tmp_path: Path) -> None:
    local = "[core]\n    remote = mine\n" + LOCAL
    found, _ = settings(tmp_path, {".dvc/config": SHARED, ".dvc/config.local": local, "dvc.yaml": ""})
    assert found["core"]["remote"] == "mine"


@pytest.mark.parametrize("text", ["", "['remote \"x\"']\n    url = /x\n", "[core\n"])
def test_without_a_default_remote(tmp_path: Path, text: str) -> None:
    with pytest.raises(RunError, match="'pipelinekit init --remote ADDRESS' sets one up"):
        settings(tmp_path, {".dvc/config": text, "dvc.yaml": ""})
