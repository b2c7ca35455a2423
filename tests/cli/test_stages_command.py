"""`pipelinekit stages`: the shape that programs rely on, field by field, and what people see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.cli import terminal
from tests.cli.projects import CLEAN, make
from tests.command_line import run

EVERYTHING = """\
vars:
- size: [small, large]
stages:
  prepare:
    cmd:
    - python prepare.py
    - python check.py
    deps: [./prepare.py, s3://bucket/raw]
    outs:
    - data/
  train:
    foreach: ${size}
    do:
      cmd: python train.py ${item}
      wdir: models/./x
      deps: [../../data/a.csv]
      params: [lr, {other.yaml: [b, a]}, {whole.json: }]
      outs:
      - ${item}.pkl: {persist: true, push: false}
      metrics:
      - m/${item}.json: {cache: false}
      plots:
      - p/${item}.csv: {x: step}
      frozen: true
      always_changed: true
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "p", EVERYTHING)


def stages_of(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    result = run("stages", "--format", "json", *arguments, folder=folder)
    assert (result.status, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert list(document) == ["version", "stages"]
    assert document["version"] == 1
    stages: list[dict[str, Any]] = document["stages"]
    return stages


def test_json_has_every_field_of_the_contract(folder: Path) -> None:
    prepare, small, large = stages_of(folder)
    assert prepare == {
        "address": "dvc.yaml:prepare",
        "file": "dvc.yaml",
        "line": 4,
        "cmd": ["python prepare.py", "python check.py"],
        "wdir": ".",
        "deps": ["prepare.py", "s3://bucket/raw"],
        "outs": [{"path": "data", "kind": "out", "cache": True, "persist": False}],
        "params": {},
        "frozen": False,
        "always_changed": False,
    }
    assert small == {
        "address": "dvc.yaml:train@small",
        "file": "dvc.yaml",
        "line": 11,
        "cmd": "python train.py small",
        "wdir": "models/x",
        "deps": ["data/a.csv"],
        "outs": [
            {"path": "models/x/small.pkl", "kind": "out", "cache": True, "persist": True},
            {"path": "models/x/m/small.json", "kind": "metric", "cache": False, "persist": False},
            {"path": "models/x/p/small.csv", "kind": "plot", "cache": True, "persist": False},
        ],
        "params": {"models/x/params.yaml": ["lr"], "models/x/other.yaml": ["b", "a"], "models/x/whole.json": []},
        "frozen": True,
        "always_changed": True,
    }
    assert large["address"] == "dvc.yaml:train@large"


def test_text_for_people(folder: Path) -> None:
    result = run("stages", folder=folder)
    assert result.status == 0
    assert result.stdout.startswith(
        "dvc.yaml:prepare\n"
        "  cmd      python prepare.py\n"
        "  cmd      python check.py\n"
        "  deps     prepare.py, s3://bucket/raw\n"
        "  outs     data\n"
        "dvc.yaml:train@small  (frozen, always changed)\n"
        "  cmd      python train.py small\n"
        "  wdir     models/x\n"
        "  deps     data/a.csv\n"
        "  params   models/x/params.yaml:lr, models/x/other.yaml:b, models/x/other.yaml:a,\n"
        "           models/x/whole.json (whole)\n"
        "  outs     models/x/small.pkl\n"
        "  metrics  models/x/m/small.json\n"
        "  plots    models/x/p/small.csv\n"
        "dvc.yaml:train@large"
    )


def test_the_project_may_be_another_one_and_paths_stay_its_own(folder: Path) -> None:
    (folder / "sub").mkdir()
    here = stages_of(folder)
    assert stages_of(folder / "sub") == here
    assert stages_of(folder.parent, "--project", "p") == here
    assert stages_of(folder.parent, "--project", str(folder / "sub")) == here


def test_no_stages_is_an_empty_list(tmp_path: Path) -> None:
    assert stages_of(make(tmp_path / "p", "stages: {}\n")) == []


def test_unknown_parts_are_left_out_and_the_status_says_so(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: x ${gone}\n    outs: [a]\n  b:\n    cmd: y\n    deps: ['${gone}', a]\n"
    result = run("stages", "--format", "json", folder=make(tmp_path / "p", text))
    assert result.status == 1
    assert [(stage["cmd"], stage["deps"]) for stage in json.loads(result.stdout)["stages"]] == [("", []), ("y", ["a"])]
    assert result.stderr.startswith("pipelinekit: incomplete, because of errors: dvc.yaml:3:12: PK210 ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["stages", "graph"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--project", "gone"), "pipelinekit: there is no folder gone\n"),
        (("--format", "xml"), "pipelinekit: Invalid value for '--format': 'xml' is not one of"),
        (("--colour",), "pipelinekit: No such option"),
        (("one",), "pipelinekit: Got unexpected extra argument (one)"),
    ],
)
def test_wrong_usage(command: str, arguments: tuple[str, ...], message: str, folder: Path) -> None:
    result = run(command, *arguments, folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


@pytest.mark.parametrize("command", ["stages", "graph"])
def test_no_project_and_no_pipeline(command: str, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    result = run(command, folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert "is in no DVC project: no .dvc folder and no dvc.yaml here or above" in result.stderr
    (tmp_path / ".dvc").mkdir()
    result = run(command, folder=tmp_path)
    assert (result.status, result.stdout, result.stderr) == (
        2,
        "",
        f"pipelinekit: there is no dvc.yaml in {tmp_path}\n",
    )


@pytest.mark.parametrize("command", ["stages", "graph", "compile"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.status == 0
    assert f"Example: pipelinekit {command}" in result.stdout


@pytest.mark.parametrize(
    ("settings", "on_terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colour(
    settings: dict[str, str], on_terminal: bool, coloured: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(terminal, "is_terminal", lambda: on_terminal)
    result = run("stages", folder=make(tmp_path / "p", CLEAN))
    assert ("\x1b[" in result.stdout) == coloured


def test_nothing_from_a_file_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    text = 'stages:\n  "a\\e[31m":\n    cmd: "x\\e]0;t\\a"\n    outs: ["b\\nc"]\n'
    stdout = run("stages", folder=make(tmp_path / "p", text)).stdout
    assert all(line.isprintable() for line in stdout.split("\n"))
    assert len(stdout.splitlines()) == 3
