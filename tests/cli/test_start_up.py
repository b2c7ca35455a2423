"""What a command loads before it does anything: start-up is most of what a small lint takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.projects import FLAWED, make

HEAVY = (
    "pydantic",
    "pydantic_core",
    "networkx",
    "rich.console",
    "ruamel.yaml",
    "tree_sitter",
    "pathspec",
    "graphlay",
    "dvc",
)
SCRIPT = """
import sys
from pipelinekit.cli.app import main
try:
    main(sys.argv[2:])
except SystemExit:
    pass
print(*sorted(name for name in sys.argv[1].split(",") if name in sys.modules), file=sys.stderr)
"""


def loaded(*arguments: str, folder: Path) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, ",".join(HEAVY), *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("lint", "--help"), ("compile", "--help")])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert loaded(*arguments, folder=tmp_path) == set()


def test_lint_of_an_ordinary_project_loads_nothing_heavy(tmp_path: Path) -> None:
    assert loaded("lint", folder=make(tmp_path / "p", FLAWED)) == set()
    assert loaded("lint", "--output-format", "json", folder=tmp_path / "p") == set()


def test_lint_loads_what_it_has_a_use_for(tmp_path: Path) -> None:
    cycle = "stages:\n  a:\n    cmd: x\n    deps: [b]\n    outs: [c]\n  b:\n    cmd: x\n    deps: [c]\n    outs: [b]\n"
    assert loaded("lint", folder=make(tmp_path / "cycle", cycle)) == {"networkx"}
    assert loaded("lint", folder=make(tmp_path / "shell", FLAWED.replace("train.py", "'x y' && b", 1))) == {
        "tree_sitter"
    }


def test_a_graph_as_text_loads_nothing_heavy(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", FLAWED)
    for form in ("text", "mermaid", "dot", "json"):
        assert loaded("graph", "--format", form, folder=folder) == set()
