"""Where DVC's cache is, and what of it counts as there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pipelinekit.project.cache import Cache, cache_folder
from pipelinekit.project.project import Project
from tests.small_projects import write


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without settings."""
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "user"))
    return tmp_path


def project(folder: Path, **configs: str) -> Project:
    """A project; `config` and `config_local` are folders for the cache."""
    files = {f".dvc/{name.replace('_', '.')}": f"[cache]\n    dir = {value}\n" for name, value in configs.items()}
    return Project(str(write(folder / "p", files)))


def test_it_is_where_the_nearest_settings_say(machine: Path) -> None:
    assert cache_folder(project(machine)) == str(machine / "p/.dvc/cache")
    for level in ("system", "user"):
        write(machine, {f"{level}/config": f"[cache]\n    dir = {machine}/{level}-cache\n"})
        assert cache_folder(project(machine)) == str(machine / f"{level}-cache")
    write(machine, {"user/config": "[cache]\n    dir = relative\n"})
    assert cache_folder(project(machine)) == str(machine / "user/relative")
    assert cache_folder(project(machine, config="../../shared")) == str(machine / "shared")
    assert cache_folder(project(machine, config_local="/absolute")) == "/absolute"


def put(cache: Path, md5: str, content: str, mode: int = 0o444) -> Path:
    path = cache / "files/md5" / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path


def has(cache: Cache, md5: str) -> bool:
    """Whether it is there; what is not protected is taken to be broken."""
    return cache.has(md5, legacy=False, is_sound=lambda path, md5, legacy: False)


def test_a_folder_is_there_with_all_of_its_files(machine: Path) -> None:
    opened = project(machine)
    one, two = hashlib.md5(b"1").hexdigest(), hashlib.md5(b"2").hexdigest()
    folder = "a" * 32 + ".dir"
    objects = machine / "p/.dvc/cache"
    put(objects, one, "1")
    assert has(Cache(opened), one)
    assert not has(Cache(opened), folder)
    put(objects, folder, json.dumps([{"md5": one, "relpath": "x"}, {"md5": two, "relpath": "y"}]))
    assert not has(Cache(opened), folder)
    last = put(objects, two, "2")
    assert has(Cache(opened), folder)
    assert Cache(opened).files_of(folder) == {"x": one, "y": two}
    last.chmod(0o644)
    assert not has(Cache(opened), folder)


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"md5": "x"}]'])
def test_a_broken_list_is_none(text: str, machine: Path) -> None:
    folder = "a" * 32 + ".dir"
    put(machine / "p/.dvc/cache", folder, text)
    cache = Cache(project(machine))
    assert cache.files_of(folder) is None
    assert not has(cache, folder)
