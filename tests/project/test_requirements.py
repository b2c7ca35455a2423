"""What a project says about the version of DVC, wherever it says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pipelinekit.project.project import Project
from pipelinekit.project.requirements import Requirement, dvc_requirements
from pipelinekit.yaml.tree import Document, Place
from tests.freshness.projects import project

POETRY = '[tool.poetry.dependencies]\npython = "^3.10"\ndvc = '


@pytest.mark.parametrize(
    ("name", "text", "asked", "shown"),
    [
        ("requirements.txt", "a\ndvc\n", "", "dvc"),
        ("requirements.txt", "dvc[s3, gs] >= 3.1 , <4  # why\n", ">= 3.1 , <4", "dvc[s3, gs] >= 3.1 , <4"),
        ("requirements-dev.txt", "  DVC==3.1 ; python_version > '3'\n", "==3.1", "DVC==3.1"),
        ("requirements.in", "dvc @ git+https://example.org/dvc@3.1\n", "@ git+https://example.org/dvc@3.1", None),
        ("requirements/base.txt", "dvc~=3.1\n", "~=3.1", "dvc~=3.1"),
        ("constraints.txt", "dvc==3.1\n", "==3.1", "dvc==3.1"),
        ("pyproject.toml", "[project]\ndependencies = ['a', \"dvc[s3]\"]\n", "", "dvc[s3]"),
        ("pyproject.toml", "[project.optional-dependencies]\nx = ['dvc>=3']\n", ">=3", "dvc>=3"),
        ("pyproject.toml", "[dependency-groups]\nx = [{include-group = 'y'}, 'dvc<4']\n", "<4", "dvc<4"),
        ("pyproject.toml", POETRY + '"*"\n', "*", 'dvc = "*"'),
        ("pyproject.toml", POETRY + '{version = "^3.1", extras = ["s3"]}\n', "^3.1", None),
        ("pyproject.toml", POETRY + '{git = "https://example.org"}\n', "@ elsewhere", None),
        ("pyproject.toml", "[tool.poetry.group.x.dependencies]\ndvc = '3.1'\n", "3.1", "dvc = '3.1'"),
        ("pyproject.toml", "[tool.uv]\ndev-dependencies = ['dvc==3.1']\n", "==3.1", "dvc==3.1"),
        ("Pipfile", '[packages]\ndvc = "*"\n', "*", 'dvc = "*"'),
        ("setup.cfg", "[options]\ninstall_requires =\n    dvc>=3\n", ">=3", "dvc>=3"),
        ("environment.yml", "dependencies:\n- conda-forge::dvc=3.1\n", "=3.1", "conda-forge::dvc=3.1"),
        ("environment.yml", "dependencies:\n- pip\n- pip:\n  - dvc[s3]\n", "", "dvc[s3]"),
        ("poetry.lock", '[[package]]\nname = "dvc"\nversion = "3.1.4"\n', "==3.1.4", "3.1.4"),
        ("uv.lock", '[[package]]\nname = "dvc"\nversion = "3.1.4"\n', "==3.1.4", "3.1.4"),
        ("Pipfile.lock", '{"dvc": {"hashes": [], "version": "==3.1.4"}}', "==3.1.4", "3.1.4"),
        ("conda-lock.yml", "package:\n- name: dvc\n  version: 3.1.4\n", "==3.1.4", "3.1.4"),
    ],
)
def test_where_it_stands(name: str, text: str, asked: str, shown: str | None, tmp_path: Path) -> None:
    (found,) = dvc_requirements(project(tmp_path, {name: text}, git=False))
    assert (found.file, found.asked) == (name, asked)
    if shown is not None:
        assert text[found.place.start : found.place.end] == shown


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "dvc-s3\ndvclive\n# dvc\n-r dvc.txt\n"),
        ("notes.txt", "dvc\n"),
        ("pyproject.toml", "[tool.other]\ndvc = '*'\n"),
        ("pyproject.toml", "[project\ndvc"),
        ("pyproject.toml", "[project]\ndependencies = 'dvc-data'\n"),
        ("environment.yml", "dependencies: [\ndvc"),
        ("environment.yml", "name: dvc\n"),
        ("Pipfile", "dvc = ["),
        ("poetry.lock", 'name = "dvc-data"\n'),
    ],
)
def test_what_says_nothing(name: str, text: str, tmp_path: Path) -> None:
    assert dvc_requirements(project(tmp_path, {name: text}, git=False)) == []


def test_the_top_of_the_repository_counts(tmp_path: Path) -> None:
    project(tmp_path, {"requirements.txt": "dvc==3.1\n", "inner/deep/requirements.txt": "dvc\n"})
    found = dvc_requirements(Project(str(tmp_path / "inner" / "deep")))
    assert [(one.file, one.is_pinned) for one in found] == [
        ("requirements.txt", False),
        ("../../requirements.txt", True),
    ]


def requirement(asked: str) -> Requirement:
    return Requirement("", asked, Place(Document("", ""), 0, 0))


NUMBERS = st.lists(st.integers(0, 5), min_size=2, max_size=3).map(lambda parts: ".".join(map(str, parts)))
CLAUSES = st.tuples(st.sampled_from(["==", "<=", "<", ">=", ">", "~=", "!="]), NUMBERS).map("".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CLAUSES, max_size=3), st.tuples(*[st.integers(0, 5)] * 3))
def test_a_version_that_is_refused_is_newer_than_all_that_are_allowed(
    clauses: list[str], wanted: tuple[int, int, int]
) -> None:
    allowed = SpecifierSet(",".join(clauses))
    newer = [f"{a}.{b}.{c}" for a in range(8) for b in range(8) for c in range(8) if (a, b, c) >= wanted]
    if not requirement(", ".join(clauses)).allows(wanted):
        assert not list(allowed.filter(newer))


@pytest.mark.parametrize(
    ("asked", "newest_refused"),
    [
        ("==2.58.2", "2.59.0"),
        ("==2.58.*", "2.59.0"),
        ("<3", "3.0.0"),
        ("~=2.10", "3.0.0"),
        ("~=2.10.1", "2.11.0"),
        ("^2.10", "3.0.0"),
        ("~2.10", "2.11.0"),
        ("2.10.1", "2.11.0"),
        ("=2.10", "2.11.0"),
    ],
)
def test_what_is_too_old(asked: str, newest_refused: str) -> None:
    refused = Version(newest_refused).release
    assert not requirement(asked).allows(refused)
    assert requirement(asked).allows((2, 0, 0))


@pytest.mark.parametrize("asked", ["", "*", ">=2", "==2.1 | ==3.1", "@ git+https://example.org/dvc-2.0", "nonsense"])
def test_what_may_be_anything(asked: str) -> None:
    assert requirement(asked).allows((3, 60, 0))
