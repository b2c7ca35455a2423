"""What fills the cache: by the history of the lock, and by what the lock says of contents."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.project.project import Project
from pipelinekit.rules.sizes import GIB, readable_size
from tests.freshness.projects import lock, md5, messages, project
from tests.storage.test_history import repository

PIPELINE = "stages:\n  train:\n    cmd: python train.py\n    outs:\n    - model.pkl\n    - log.txt\n"


def version(number: int, size: int, *, folder: bool = False) -> str:
    large = {"md5": md5(f"model {number}") + (".dir" if folder else ""), "size": size}
    return lock(train={"outs": {"model.pkl": large, "log.txt": f"{number}"}})


def bloated(
    tmp_path: Path, pipeline: str = PIPELINE, *, count: int = 6, size: int = 3 * GIB, folder: bool = False
) -> list[str]:
    repository(tmp_path, *(version(number, size, folder=folder) for number in range(count)))
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text(pipeline, encoding="utf-8")
    (tmp_path / "train.py").write_text("", encoding="utf-8")
    return messages(Project(str(tmp_path)), "PK404", "PK009")


def test_a_file_with_many_large_versions(tmp_path: Path) -> None:
    assert bloated(tmp_path) == [
        "model.pkl fills the cache: 6 versions take 18 GiB, 100% or more of all that was ever cached"
    ]


def test_few_versions(tmp_path: Path) -> None:
    assert bloated(tmp_path, count=4) == []


def test_small_versions(tmp_path: Path) -> None:
    assert bloated(tmp_path, size=GIB) == []


def test_what_the_versions_of_a_folder_have_in_common_is_kept_once(tmp_path: Path) -> None:
    assert bloated(tmp_path, folder=True) == []


@pytest.mark.parametrize("flag", ["push", "cache"])
def test_what_is_not_kept(flag: str, tmp_path: Path) -> None:
    assert bloated(tmp_path, PIPELINE.replace("- model.pkl", f"- model.pkl:\n        {flag}: false")) == []


def test_no_history_is_read_where_nothing_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelinekit.storage.count.commits", None)
    assert bloated(tmp_path, size=1_000_000) == []


COPY = """\
stages:
  copy:
    cmd: cp a b
    deps:
    - a
    outs:
    - b
  other:
    cmd: make c
    outs:
    - c
"""
LARGE = {"md5": md5("x"), "size": 2 * 2**20}


def copied(tmp_path: Path, pipeline: str = COPY, **outs: dict[str, object]) -> list[str]:
    recorded = {"a": LARGE, "b": LARGE, "c": LARGE, **outs}
    text = lock(
        copy={"cmd": "cp a b", "deps": {"a": recorded["a"]}, "outs": {"b": recorded["b"]}},
        other={"cmd": "make c", "outs": {"c": recorded["c"]}},
    )
    return messages(project(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": text, "a": ""}), "PK405", "PK009")


def test_copies(tmp_path: Path) -> None:
    assert copied(tmp_path) == [
        "b has the same content as a, from which it is made (2.0 MiB)",
        "c has the same content as b (2.0 MiB)",
    ]


def test_contents_that_differ_or_are_small(tmp_path: Path) -> None:
    assert copied(tmp_path / "1", b={**LARGE, "md5": md5("b")}, c={**LARGE, "md5": md5("c")}) == []
    small = {**LARGE, "size": 1000}
    assert copied(tmp_path / "2", a=small, b=small, c=small) == []


def test_a_copy_that_is_not_cached(tmp_path: Path) -> None:
    pipeline = COPY.replace("- b\n", "- b:\n        cache: false\n").replace("- c\n", "- c:\n        cache: false\n")
    assert copied(tmp_path, pipeline) == []


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (15 * 2**20, "15 MiB"), (2**42, "4.0 TiB")]
)
def test_sizes(size: int, text: str) -> None:
    assert readable_size(size) == text
