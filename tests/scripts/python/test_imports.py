"""Imports: the files of a project that Python would run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.project.disk import Disk
from pipelinekit.scripts.imports import all_imports
from pipelinekit.scripts.python.search import Finder, SearchPath
from tests.scripts.python.scripts import graph_of, imported

PACKAGE = {
    "src/train.py": "",
    "src/helper.py": "X = 1\n",
    "src/pkg/__init__.py": "",
    "src/pkg/one.py": "from . import two\n",
    "src/pkg/two.py": "from .three import x\n",
    "src/pkg/three.py": "import pkg.one\n",
    "src/pkg/inner/__init__.py": "from ..two import y\n",
    "src/pkg/inner/deep.py": "from ...pkg import nothing\n",
    "src/space/part.py": "",
    "src/pandas_like.py": "",
    "tools/helper.py": "",
    "lib/extra.py": "",
    "os.py": "",
    "src/json.py": "",
    "src/time.py": "",
}
ALL_OF_PKG = ["src/pkg/__init__.py", "src/pkg/one.py", "src/pkg/two.py", "src/pkg/three.py"]

#: code of src/train.py → the files that it imports
IMPORTS = {
    "import helper": ["src/helper.py"],
    "import helper as h, pandas": ["src/helper.py"],
    "from helper import X": ["src/helper.py"],
    "from helper import *": ["src/helper.py"],
    "import pkg": ["src/pkg/__init__.py"],
    "import pkg.one": ALL_OF_PKG,
    "from pkg import one": ALL_OF_PKG,
    "from pkg.one import name": ALL_OF_PKG,
    "from pkg import inner": ["src/pkg/__init__.py", "src/pkg/inner/__init__.py", *ALL_OF_PKG[2:], "src/pkg/one.py"],
    "import space.part": ["src/space/part.py"],
    "from space import part": ["src/space/part.py"],
    "import space": [],
    "def f():\n    import helper": ["src/helper.py"],
    "try:\n    import helper\nexcept ImportError:\n    import pkg": ["src/helper.py", "src/pkg/__init__.py"],
    "if x:\n    pass\nelse:\n    import helper": ["src/helper.py"],
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import helper": [],
    "import typing as t\nif t.TYPE_CHECKING:\n    import helper\nelse:\n    import pkg": ["src/pkg/__init__.py"],
    "import importlib\nimportlib.import_module('helper')": ["src/helper.py"],
    "__import__('helper')": ["src/helper.py"],
    "import importlib\nimportlib.import_module(name)": [],
    "import pandas, numpy.linalg\nfrom sklearn import svm": [],
    "import json": ["src/json.py"],
    "import time, os, sys": [],
    "import src.helper": ["src/helper.py"],
    "import sys\nsys.path.append('lib')\nimport extra": ["lib/extra.py"],
    "import sys, os\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'tools'))\nimport helper": [
        "tools/helper.py"
    ],
    "import sys\nfrom pathlib import Path\nsys.path.append(str(Path(__file__).parents[1] / 'lib'))\nimport extra": [
        "lib/extra.py"
    ],
    "import sys\nsys.path.extend(['lib', 'tools'])\nimport extra": ["lib/extra.py"],
    "this is no Python": [],
    "": [],
}


@pytest.mark.parametrize("code", IMPORTS)
def test_imports_of_a_script(code: str, tmp_path: Path) -> None:
    files = {**PACKAGE, "src/train.py": code + "\n"}
    assert sorted(imported(tmp_path, "python src/train.py", files)) == sorted(set(IMPORTS[code]))


@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        ("python -m pkg.two", "", ["src/pkg/__init__.py", "src/pkg/one.py", "src/pkg/three.py"]),
        ("cd src && python -m pkg", "", ["src/pkg/__init__.py"]),
        ("PYTHONPATH=lib python src/train.py", "import extra", ["lib/extra.py"]),
        ("PYTHONPATH=x:tools python src/train.py", "import helper", ["src/helper.py"]),
        ("cd tools && PYTHONPATH=../lib python ../src/train.py", "import extra", ["lib/extra.py"]),
        ("python -m src.train", "import tools.helper", ["tools/helper.py"]),
        ("python src/../src/train.py", "import helper", ["src/helper.py"]),
    ],
)
def test_where_modules_are_found_depends_on_the_command(
    command: str, code: str, expected: list[str], tmp_path: Path
) -> None:
    files = {**PACKAGE, "src/train.py": code + "\n", "src/pkg/__main__.py": ""}
    assert sorted(imported(tmp_path, command, files)) == sorted(expected)


def test_modules_of_an_installed_package(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "p"\n[tool.setuptools.packages.find]\nwhere = ["code"]\n',
        "code/p/__init__.py": "from p.core import run\n",
        "code/p/core.py": "",
        "scripts/train.py": "import p\n",
    }
    assert imported(tmp_path, "python scripts/train.py", files) == ["code/p/__init__.py", "code/p/core.py"]


def test_a_package_beside_the_project_in_its_repository(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\n', encoding="utf-8")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "__init__.py").write_text("x = 1\n", encoding="utf-8")
    assert imported(tmp_path / "experiment", "python train.py", {"train.py": "import p\n"}) == ["../p/__init__.py"]


def test_notebooks_import_from_where_they_run(tmp_path: Path) -> None:
    import json

    cells = [{"cell_type": "code", "metadata": {}, "source": ["import helper"]}]
    text = json.dumps({"cells": cells, "nbformat": 4, "metadata": {}})
    files = {"n/x.ipynb": text, "n/helper.py": "", "helper.py": ""}
    assert imported(tmp_path, "papermill n/x.ipynb out.ipynb", files) == ["helper.py"]
    assert imported(tmp_path, "jupyter nbconvert --execute n/x.ipynb", files) == ["n/helper.py"]


def test_an_import_knows_its_place(tmp_path: Path) -> None:
    files = {"a.py": "x = 1\nimport b\n", "b.py": "\ndef f():\n    from c import d\n", "c.py": ""}
    ((imports,),) = graph_of(tmp_path, "python a.py", files).derived(all_imports).values()
    found = imports.files["c.py"]
    assert found.importer == "b.py"
    assert found.place is not None
    assert found.place.document.text[found.place.start : found.place.end] == "from c import d"


def test_circles_end(tmp_path: Path) -> None:
    files = {"a.py": "import b\n", "b.py": "import a\nimport c\n", "c.py": "import b\nimport c\n"}
    assert imported(tmp_path, "python a.py", files) == ["b.py", "c.py"]


def test_standard_library_is_not_shadowed_from_behind(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("", encoding="utf-8")
    finder = Finder(Disk(str(tmp_path)))
    assert finder.locate("json", SearchPath(("src",), (".",))).files == ()
    assert finder.locate("json", SearchPath((".",))).files == ("json.py",)
    assert finder.locate("sys", SearchPath((".",))).files == ()
    assert finder.locate("no-name", SearchPath((".",))).files == ()
    assert finder.locate("", SearchPath((".",))).files == ()
