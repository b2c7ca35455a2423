"""What the shell scripts, Makefiles and entry points of a project come to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelinekit.project.project import Project
from pipelinekit.scripts.console_scripts import console_scripts
from pipelinekit.scripts.makefiles import recipe_commands
from pipelinekit.scripts.programs import all_scripts, arguments_of, script_place
from pipelinekit.scripts.shell import Word, parse_script
from tests.scripts.stages import graph_of, stage_of, write_files

PYTHON = {"train.py": "", "sub/step.py": "", "src/pkg/cli.py": "", "sub/run.sh": 'python "$(dirname "$0")/step.py"\n'}

#: The command, the files next to it, and what it runs in the end.
FOLLOWED = {
    "arguments": ("bash run.sh train.py 3", {"run.sh": 'python "$1" --n $2\n'}, "run.sh train.py"),
    "all arguments": ("bash run.sh python -m sub.step", {"run.sh": 'set -e\n"$@"\n'}, "run.sh sub/step.py"),
    "own folder": ("sub/run.sh", {}, "sub/run.sh sub/step.py"),
    "constants": (
        "./run.sh",
        {"run.sh": "#!/bin/bash\nDIR=sub\nNAME=step\ncd $DIR && python ${NAME}.py\n"},
        "run.sh sub/step.py",
    ),
    "here": (
        "bash run.sh",
        {"run.sh": 'HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\npython "$HERE/sub/step.py"\n'},
        "run.sh sub/step.py",
    ),
    "loop": (
        "bash run.sh",
        {"run.sh": "for s in train sub/step; do\n  python $s.py\ndone\n"},
        "run.sh train.py sub/step.py",
    ),
    "branch by argument": (
        "bash run.sh b",
        {"run.sh": 'case "$1" in\n a) python train.py;;\n b) python sub/step.py;;\nesac\n'},
        "run.sh sub/step.py",
    ),
    "function": ("bash run.sh", {"run.sh": 'go() { python "$1"; }\ngo train.py\n'}, "run.sh train.py"),
    "sourced": (
        "bash run.sh",
        {"run.sh": "source lib.sh\n. ./lib.sh\n", "lib.sh": "python train.py\n"},
        "run.sh lib.sh train.py",
    ),
    "nested": ("sh a.sh", {"a.sh": "sh b.sh\n", "b.sh": "exec python train.py\n"}, "a.sh b.sh train.py"),
    "itself": ("sh a.sh", {"a.sh": "sh b.sh\n", "b.sh": "sh a.sh\npython train.py\n"}, "a.sh b.sh train.py"),
    "no extension": ("./run", {"run": "#!/usr/bin/env bash\npython train.py\n"}, "run train.py"),
    "Python by its first line": ("./run", {"run": "#!/usr/bin/env python\nbash train.py\n"}, "run"),
    "environment": ("bash run.sh", {"run.sh": "export PYTHONPATH=src\npython -m pkg.cli\n"}, "run.sh src/pkg/cli.py"),
    "unknown": ("bash run.sh $X", {"run.sh": 'python $1\ncd "$DATA"\npython train.py\n'}, "run.sh"),
    "Windows line ends": ("bash run.sh", {"run.sh": "cd sub\r\n"}, "run.sh"),
    "make": (
        "make model",
        {"Makefile": "PY ?= python\nmodel: data\n\t@$(PY) train.py --n $(N)\ndata:\n\tcd sub && $(PY) step.py\n"},
        "Makefile sub/step.py train.py",
    ),
    "make, first target": (
        "make",
        {"Makefile": ".PHONY: all\nall:\n\tpython train.py\nb:\n\tsh b.sh\n"},
        "Makefile train.py",
    ),
    "make elsewhere": ("make -C sub all", {"sub/Makefile": "all:\n\tpython step.py\n"}, "sub/Makefile sub/step.py"),
    "make with a variable": ("make a S=train.py", {"Makefile": "a:\n\tpython $(S)\n"}, "Makefile train.py"),
    "make that isn't plain": (
        "make a",
        {"Makefile": "ifdef X\nS = train.py\nendif\na:\n\tpython $(S)\n\tsh $(shell ls)\n%.x: %.y\n\tsh train.py\n"},
        "Makefile",
    ),
    "pixi": ("pixi run train --n 3", {"pixi.toml": '[tasks]\ntrain = "python train.py"\n'}, "train.py"),
    "pixi, in a table": (
        "pixi run -e gpu go",
        {"pyproject.toml": '[tool.pixi.tasks]\ngo = { cmd = "cd sub && python step.py" }\n'},
        "sub/step.py",
    ),
    "poe": ("poetry run poe go", {"pyproject.toml": '[tool.poe.tasks]\ngo = "python train.py"\n'}, "train.py"),
    "pdm": (
        "pdm run go",
        {"pyproject.toml": '[tool.pdm.scripts]\ngo.shell = "bash sub/run.sh"\n'},
        "sub/run.sh sub/step.py",
    ),
    "hatch": (
        "hatch run go",
        {"pyproject.toml": "[tool.hatch.envs.default.scripts]\ngo = ['python train.py']\n"},
        "train.py",
    ),
    "npm": ("npm run go", {"package.json": '{"scripts": {"go": "node app.js"}}', "app.js": ""}, "app.js"),
    "a program, no task": ("pixi run python train.py", {"pixi.toml": "[tasks]\n"}, "train.py"),
    "settings that can't be read": (
        "pixi run go",
        {"pixi.toml": "[tasks\n", "pyproject.toml": "[tool]\npixi = 3\n"},
        "",
    ),
    "make, continued": ("make a", {"Makefile": "a:\n\tcd sub && \\\n\t  python step.py\n"}, "Makefile sub/step.py"),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_a_script_runs(name: str, tmp_path: Path) -> None:
    command, files, expected = FOLLOWED[name]
    write_files(tmp_path, {**PYTHON, **files})
    graph = graph_of(tmp_path, command)
    paths = dict.fromkeys(script.path for script in graph.derived(all_scripts)[stage_of(graph)])
    assert " ".join(paths) == expected


def test_script_knows_how_it_came_about(tmp_path: Path) -> None:
    write_files(tmp_path, {**PYTHON, "run.sh": 'cd sub\npython step.py --out "$1" $X\n'})
    graph = graph_of(tmp_path, "echo 'a' && bash run.sh out.csv")
    stage = stage_of(graph)
    outer, inner = graph.derived(all_scripts)[stage]
    assert arguments_of(outer) == ("out.csv",)
    assert arguments_of(inner) == ("--out", "out.csv", None)
    assert (inner.folder, [script.path for script in inner.via]) == ("sub", ["run.sh"])
    place = script_place(stage, inner)
    assert place.document.text[place.start : place.end] == "run.sh"
    assert inner.origin is not None
    assert inner.origin.text[inner.word.start : inner.word.end] == "step.py"


#: Where programs of the project are declared: all of them are `tool`, which calls `run` in `pkg/cli.py`.
DECLARED = {
    "pyproject.toml": '[project.scripts]\ntool = "pkg.cli:run"\n',
    "setup.cfg": "[options.entry_points]\nconsole_scripts =\n    tool = pkg.cli:run\n",
    "setup.py": "from setuptools import setup\nsetup(entry_points={'console_scripts': ['tool=pkg.cli:run']})\n",
}


@pytest.mark.parametrize("file", DECLARED)
@pytest.mark.parametrize("folder", ["", "packages/one/"])
@pytest.mark.parametrize("source", ["", "src/"])
def test_programs_of_the_project(file: str, folder: str, source: str, tmp_path: Path) -> None:
    module = f"{folder}{source}pkg/cli.py"
    write_files(tmp_path, {f"{folder}{file}": DECLARED[file], module: "def run(): ...\n"})
    if folder:
        pytest.importorskip("subprocess").run(["git", "init", "-q"], cwd=tmp_path, check=True)
        pytest.importorskip("subprocess").run(["git", "add", "."], cwd=tmp_path, check=True)
    graph = graph_of(tmp_path, "uv run tool --x 1")
    (script,) = graph.derived(all_scripts)[stage_of(graph)]
    assert (script.path, script.function, arguments_of(script)) == (module, "run", ("--x", "1"))


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project.scripts\n"},
        {"pyproject.toml": "[project]\nscripts = 3\n[tool]\npoetry = []\n"},
        {"pyproject.toml": '[project.scripts]\ntool = "not a module"\nother = "gone.cli:run"\n'},
        {"setup.cfg": "no section\n"},
        {"setup.cfg": "[options.entry_points]\nconsole_scripts = tool\n"},
        {"setup.py": "setup(entry_points=make())"},
        {"setup.py": "setup(entry_points={'console_scripts': 3})"},
        {"setup.py": "setup((("},
    ],
    ids=str,
)
def test_odd_declarations_give_nothing(files: dict[str, str], tmp_path: Path) -> None:
    write_files(tmp_path, files)
    assert console_scripts(Project(str(tmp_path))) == {}


PIECES = st.sampled_from(
    [
        "a", "$1", "${x", "$(", ")", "'", '"', "`", "|", "&&", ";", "\n", "if", "then", "fi", "do", "done", "for x in",
        "case", "esac", "<<EOF", "EOF", ">", "<(", "cd", "x=", "=", "\\", "{", "}", "\t", ":", "$(X)", "$@", "ü", "\r",
        "f()", "((", "[[", "#", "export", "shift", "${a[@]}", "%", "ifeq", "endif", "\0", "\ud800",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30), st.sampled_from([" ", ""]))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_script_and_any_makefile_is_read(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    parse_script(text, ["a", None], "x.sh", "/home")
    list(recipe_commands(text, (Word("a", 0, 1), Word("X=1", 2, 5))))
    list(recipe_commands(text, ()))


def test_nothing_grows_without_end() -> None:
    assert len(parse_script("f() { f; f; a; }\nf\n")) <= 2000
    numbers = " ".join(map(str, range(100)))
    nested = f"for a in {numbers}; do for b in {numbers}; do for c in {numbers}; do x $a $b $c; done; done; done"
    assert len(parse_script(nested)) <= 2000
    assert parse_script("(" * 5000 + ")" * 5000) == ()
