"""PK211: names under `vars` that no `${}` uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.linting import fixed, messages

STAGE = """
stages:
  train:
    cmd: python train.py {}
"""


def lint(folder: Path, variables: str, arguments: str, **files: str) -> list[str]:
    text = variables + STAGE.format(arguments)
    return messages(
        folder, {"dvc.yaml": text, **{name.replace("_", "."): text for name, text in files.items()}}, "PK211"
    )


@pytest.mark.parametrize(
    ("variables", "arguments", "unused"),
    [
        ("vars:\n- a: 1\n", "", ["a"]),
        ("vars:\n- a: 1\n", "${a}", []),
        ("vars:\n- a: {x: 1, y: 2}\n", "${a.x}", ["a.y"]),
        ("vars:\n- a: {x: 1, y: 2}\n", "${a}", []),
        ("vars:\n- a: {x: [1, 2]}\n", "${a.x[0]}", []),
        ("vars:\n- a: 1\n- b: 2\n", "${b}", ["a"]),
        ("vars:\n- a: &one 1\n- b: *one\n", "${b}", []),
    ],
)
def test_names_of_mappings(tmp_path: Path, variables: str, arguments: str, unused: list[str]) -> None:
    found = lint(tmp_path, variables, arguments)
    assert found == [f"the variable '{name}' is used by no ${{…}}" for name in unused]


def test_file_of_which_nothing_is_used(tmp_path: Path) -> None:
    found = lint(tmp_path, "vars:\n- a.yaml\n- b.yaml\n", "${x}", a_yaml="x: 1\n", b_yaml="y: 2\n")
    assert found == ["the variables of 'b.yaml' are used by no ${…}"]


def test_keys_of_a_file(tmp_path: Path) -> None:
    found = lint(tmp_path, "vars:\n- a.yaml:x,y\n- b.yaml:z\n", "${x}", a_yaml="x: 1\ny: 2\n", b_yaml="z: 2\n")
    assert found == ["the variables of 'b.yaml:z' are used by no ${…}"]


def test_misspelt_name_is_no_news_about_the_one_it_was_meant_to_be(tmp_path: Path) -> None:
    assert lint(tmp_path, "vars:\n- rate: 1\n", "${rte}") == []


def test_variable_used_by_an_artifact_alone(tmp_path: Path) -> None:
    assert lint(tmp_path, "vars:\n- model: m.pkl\nartifacts:\n  best:\n    path: ${model}\n", "") == []


def test_variables_of_a_stage(tmp_path: Path) -> None:
    first = "  a:\n    cmd: run ${x}\n    vars:\n    - x: 1\n    - y: 2\n"
    text = f"stages:\n{first}  b:\n    cmd: run\n    vars:\n    - x: 1\n"
    assert messages(tmp_path, {"dvc.yaml": text}, "PK211") == [
        "the variable 'y' is used by no ${…}",
        "the variable 'x' is used by no ${…}",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vars:\n- a: 1\n  b: 2\n- c: 3\n", "vars:\n- b: 2\n"),
        ("vars:\n- a: 1\n- c: {d: 3}\n- b: 2\n", "vars:\n- b: 2\n"),
        ("vars:\n- b: 2\n- a.yaml\n", "vars:\n- b: 2\n"),
        ("vars:\n- b: 2\n- a:\n    c: 1\n", "vars:\n- b: 2\n"),
    ],
)
def test_fix_removes_what_is_unused(tmp_path: Path, before: str, after: str) -> None:
    stage = STAGE.format("${b}")
    result = fixed(tmp_path, {"dvc.yaml": before + stage, "a.yaml": "q: 1\n"}, "PK211")
    assert result.texts["dvc.yaml"][1] == after + stage


def test_fix_removes_vars_with_its_last_entry(tmp_path: Path) -> None:
    stage = STAGE.format("")
    result = fixed(tmp_path, {"dvc.yaml": "vars:\n- a: 1\n  c: 2\n- b: 2\n" + stage}, "PK211")
    assert "vars" not in result.texts["dvc.yaml"][1]
    assert "train" in result.texts["dvc.yaml"][1]
