"""Paths of a project: relative to its root, normalised, and back."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.paths import (
    ancestors,
    folder_of,
    is_above,
    is_outside,
    is_pipeline_file,
    is_url,
    join,
    lies_below,
    relative,
)

ROOT = "/home/me/project"


@pytest.mark.parametrize(
    ("folder", "text", "path"),
    [
        (".", "a.csv", "a.csv"),
        (".", "./a.csv", "a.csv"),
        (".", "a/", "a"),
        (".", "a//b", "a/b"),
        (".", "a/../b", "b"),
        (".", ".", "."),
        (".", "", "."),
        (".", "..", ".."),
        (".", "../x", "../x"),
        (".", ".hidden", ".hidden"),
        (".", "a/.hidden/b", "a/.hidden/b"),
        (".", "*.csv", "*.csv"),
        ("sub", "a", "sub/a"),
        ("sub", "..", "."),
        ("sub", "", "sub"),
        ("sub/deep", "../../a", "a"),
        ("sub", "../../a", "../a"),
        ("..", "a", "../a"),
        ("..", "../a", "../../a"),
        ("sub", "/home/me/project/data/a", "data/a"),
        ("sub", "/home/me/project", "."),
        (".", "/home/me/other", "../other"),
        (".", "/etc/hosts", "../../../etc/hosts"),
        ("sub", "s3://bucket/../key", "s3://bucket/../key"),
        ("sub", "a://b", "sub/a:/b"),
    ],
)
def test_join(folder: str, text: str, path: str) -> None:
    assert join(folder, text, ROOT) == path


@pytest.mark.parametrize("text", ["s3://b", "https://x/y", "remote://r/x", "ds://d", "git+ssh://h/x", "S3://b"])
def test_addresses(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["a", "a:b", "a:/b", "://b", "1a://b", "C:\\x", "x/s3://b", "a b://c", ""])
def test_what_is_no_address(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize("text", ["dvc.yaml", "sub/dvc.yaml", "data.dvc", "sub/x.csv.dvc", ".dvc"])
def test_files_of_dvcs_own(text: str) -> None:
    assert is_pipeline_file(text)


@pytest.mark.parametrize("text", ["dvc.yml", "my-dvc.yaml", "dvc.yaml/x", "data.dvc/x", "dvc.lock", "dvc"])
def test_files_of_others(text: str) -> None:
    assert not is_pipeline_file(text)


def test_inside_and_outside() -> None:
    assert [path for path in ("..", "../x", "..x", "a/..b", ".", "a") if is_outside(path)] == ["..", "../x"]
    assert [path for path in ("..", "../..", "../x", ".", "../x/..") if is_above(path)] == ["..", "../.."]


def test_what_a_folder_above_the_project_holds() -> None:
    assert lies_below("a/b", "..")
    assert lies_below("../x", "../..")
    assert lies_below("../x", "..")
    assert not lies_below("..", "..")
    assert not lies_below("../../x", "..")


def test_folders_that_hold_a_path_nearest_first() -> None:
    assert ancestors("a/b/c") == ["a/b", "a"]
    assert ancestors("a") == ancestors(".") == []
    assert (folder_of("a/b"), folder_of("a")) == ("a", ".")


parts = st.sampled_from(["a", "b", "..", ".", "c d", "ü", ".x", ""])
texts = st.lists(parts, min_size=1, max_size=5).map("/".join).filter(lambda text: not text.startswith("/"))
folders = texts.map(posixpath.normpath)


@given(folders, texts)
def test_a_path_is_what_posix_says_it_is(folder: str, text: str) -> None:
    path = join(folder, text, ROOT)
    assert path == posixpath.normpath(posixpath.join(folder, text))
    assert posixpath.join(ROOT, path).count("//") == 0


@given(folders.filter(lambda path: not is_outside(path)), folders.filter(lambda path: not is_outside(path)))
def test_relative_is_the_way_back(folder: str, path: str) -> None:
    assert join(folder, relative(path, folder), ROOT) == path


@given(folders, texts)
def test_absolute_or_not_it_is_the_same_path(folder: str, text: str) -> None:
    absolute = posixpath.normpath(posixpath.join(ROOT, folder, text))
    assert join("anywhere", absolute, ROOT) == _seen(join(folder, text, ROOT))


def _seen(path: str) -> str:
    """`../project/x` is `x` to a path that comes from outside."""
    return posixpath.relpath(posixpath.normpath(posixpath.join(ROOT, path)), ROOT)


@given(folders.filter(lambda path: not is_outside(path) and path != "."))
def test_ancestors_are_the_folders_of_folders(path: str) -> None:
    expected = []
    folder = folder_of(path)
    while folder != ".":
        expected.append(folder)
        folder = folder_of(folder)
    assert ancestors(path) == expected
