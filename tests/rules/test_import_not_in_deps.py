"""PK102 on small projects: what is said once, what is left out, and what the fix adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.linting import findings, fixed, messages
from tests.small_projects import at

STAGE = """
    stages:
      train:
        cmd: python src/train.py
        deps:
        - src/train.py{more}
        outs:
        - model.pkl
"""
CODE = {
    "src/train.py": "import one\nimport two\n",
    "src/one.py": "import three\n",
    "src/two.py": "x = 1\n",
    "src/three.py": "x = 1\n",
}


def project(*deps: str, **files: str) -> dict[str, str]:
    more = "".join(f"\n        - {dep}" for dep in deps)
    return {"dvc.yaml": STAGE.format(more=more), **CODE, **files}


def test_all_that_is_missing_is_one_finding(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, project(), "PK102")
    assert found.message == "'train' imports src/one.py, src/two.py and src/three.py, which are not among its deps"
    assert [related.message for related in found.related] == [
        "src/train.py imports src/one.py here",
        "src/train.py imports src/two.py here",
        "src/one.py imports src/three.py here",
    ]


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    many = {f"src/m{number}.py": "x = 1\n" for number in range(6)}
    files = {**project(), **many, "src/train.py": "".join(f"import m{number}\n" for number in range(6))}
    (message,) = messages(tmp_path, files, "PK102")
    assert message == "'train' imports src/m0.py, src/m1.py, src/m2.py and 3 more, which are not among its deps"


@pytest.mark.parametrize("deps", [["src"], ["src/"], ["."], ["src/one.py", "src/two.py", "src/three.py"]])
def test_folders_cover_what_is_in_them(deps: list[str], tmp_path: Path) -> None:
    assert messages(tmp_path, project(*deps), "PK102") == []


def test_empty_packages_do_not_count(tmp_path: Path) -> None:
    files = {
        **project("src/pkg/core.py"),
        "src/train.py": "import pkg.core\n",
        "src/pkg/__init__.py": '"""Says what it is."""\n',
        "src/pkg/core.py": "",
    }
    assert messages(tmp_path, files, "PK102") == []
    files["src/pkg/__init__.py"] = "from pkg.core import x\n"
    assert messages(tmp_path / "b", files, "PK102") == [
        "'train' imports src/pkg/__init__.py, which is not among its deps"
    ]


def test_stages_that_run_each_time_are_left_alone(tmp_path: Path) -> None:
    files = project()
    files["dvc.yaml"] = "stages:\n  train:\n    cmd: python src/train.py\n"
    assert messages(tmp_path, files, "PK102") == []
    files["dvc.yaml"] = STAGE.format(more="") + "        always_changed: true\n"
    assert messages(tmp_path / "b", files, "PK102") == []


def test_a_module_that_the_stage_makes_itself(tmp_path: Path) -> None:
    files = {**project("src/one.py", "src/three.py")}
    files["dvc.yaml"] = files["dvc.yaml"].replace("- model.pkl", "- src/two.py")
    assert messages(tmp_path, files, "PK102") == []


def test_command_with_a_variable_that_nobody_knows(tmp_path: Path) -> None:
    files = project()
    files["dvc.yaml"] = files["dvc.yaml"].replace("src/train.py\n", "src/train.py --x ${gone}\n", 1)
    assert len(messages(tmp_path, files, "PK102")) == 1


def test_fix_adds_the_files_behind_the_others(tmp_path: Path) -> None:
    result = fixed(tmp_path, project(), "PK102")
    assert "    - src/train.py\n    - src/one.py\n    - src/three.py\n    - src/two.py\n" in result.texts["dvc.yaml"][1]
    assert result.linted.findings == []


def test_fix_keeps_a_sorted_list_sorted(tmp_path: Path) -> None:
    text = fixed(tmp_path, project("src/zero.py", "src/zone.py"), "PK102").texts["dvc.yaml"][1]
    entries = [line.strip() for line in text.splitlines() if "- src/" in line]
    assert entries == sorted(entries)


def test_fix_is_relative_to_the_folder_of_the_stage(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": "stages:\n  a:\n    wdir: src\n    cmd: python ../run.py\n    deps: [../run.py]\n    outs: [x]\n",
        "run.py": "import helper\n",
        "helper.py": "",
        "src/.keep": "",
    }
    assert "deps: [../run.py, ../helper.py]" in fixed(tmp_path, files, "PK102").texts["dvc.yaml"][1]


PACKAGE = {
    "src/train.py": "from pkg import a, b, c\n",
    "src/pkg/__init__.py": "",
    "src/pkg/a.py": "",
    "src/pkg/b.py": "",
    "src/pkg/c.py": "",
    ".dvcignore": "__pycache__\n",
}


def entries_added(tmp_path: Path, **changes: str | None) -> list[str]:
    files = {**project(), **PACKAGE, **changes}
    text = fixed(tmp_path, {name: text for name, text in files.items() if text is not None}, "PK102").texts["dvc.yaml"]
    before, after = text[0] or "", text[1]
    return [line.strip() for line in after.splitlines() if line not in before.splitlines()]


def test_fix_adds_a_package_of_which_most_is_used(tmp_path: Path) -> None:
    assert entries_added(tmp_path) == ["- src/pkg"]


@pytest.mark.parametrize(
    "changes",
    [
        {".dvcignore": None},  # importing writes __pycache__ into the folder
        {"src/pkg/data.csv": "a,b\n"},
        {"src/pkg/d.py": "", "src/pkg/e.py": "", "src/pkg/f.py": ""},
    ],
)
def test_fix_adds_files_where_a_folder_would_say_too_much(changes: dict[str, str | None], tmp_path: Path) -> None:
    assert entries_added(tmp_path, **changes) == ["- src/pkg/a.py", "- src/pkg/b.py", "- src/pkg/c.py"]


def test_what_r_code_sources_is_followed(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": STAGE.format(more="").replace("python src/train.py", "Rscript src/train.R").replace(".py", ".R"),
        "src/train.R": 'source("src/one.R")\nsource(paste0(Sys.getenv("HOME"), "/x.R"))\n',
        "src/one.R": 'source(here::here("src", "two.R"))\n',
        "src/two.R": "x <- 1\n",
    }
    (found,) = findings(tmp_path / "missing", files, "PK102")
    assert found.message == "'train' sources src/one.R and src/two.R, which are not among its deps"
    assert [(related.message, at(related.place)) for related in found.related] == [
        ("src/train.R sources src/one.R here", 'src/train.R:1:1 source("src/one.R")'),
        ("src/one.R sources src/two.R here", 'src/one.R:1:1 source(here::here("src", "two.R"))'),
    ]
    _, mended = fixed(tmp_path / "mended", files, "PK102").texts["dvc.yaml"]
    assert "    - src/train.R\n    - src/one.R\n    - src/two.R\n" in mended
