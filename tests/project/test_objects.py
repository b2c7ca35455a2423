"""Contents are handed out as git keeps them, as often as they are asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipelinekit.project.objects import Objects


def store(folder: Path, data: bytes) -> str:
    command = ["git", "hash-object", "-w", "--stdin"]
    return subprocess.run(command, cwd=folder, input=data, capture_output=True, check=True).stdout.decode().strip()


@pytest.mark.parametrize("data", [b"", b"a\n", b"no end", b"\x00\xff\n\n", b"x" * 100_000])
def test_contents_of_any_kind(data: bytes, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    name, other = store(tmp_path, data), store(tmp_path, b"other")
    objects = Objects(str(tmp_path))
    assert [objects.content(asked) for asked in (name, other, name)] == [data, b"other", data]
    objects.close()


def test_what_git_has_not_got(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    name = store(tmp_path, b"there")
    objects = Objects(str(tmp_path))
    assert objects.content("0" * 40) is None
    assert objects.content(name) == b"there"
    objects.close()
    objects.close()
    assert objects.content(name) == b"there"  # it can be asked again
    objects.close()


def test_what_a_name_stands_for(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    name = store(tmp_path, b"there")
    objects = Objects(str(tmp_path))
    assert [objects.id_of(asked) for asked in (name, "HEAD:x", name[:12])] == [name, None, name]
    assert objects.content(name) == b"there"
    objects.close()
