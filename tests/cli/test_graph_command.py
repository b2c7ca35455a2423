"""`pipelinekit graph`: the shape that programs rely on, and what is printed where nobody looks at a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.cli import terminal
from pipelinekit.freshness.records import records
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.durations import record_run
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.cli.projects import make
from tests.command_line import run
from tests.small_projects import write

CHAIN = """\
stages:
  last:
    cmd: x
    deps: [data/b.csv, data/a.csv, model]
  train:
    cmd: x
    deps: [data]
    outs: [model]
  fetch@all: {cmd: x}
  fetch:
    cmd: x
    params: [lr]
    outs: [data/a.csv, data/b.csv]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "p", CHAIN.replace("  fetch@all: {cmd: x}\n", ""), params_yaml="lr: 1\n")


def graph_of(folder: Path, *arguments: str) -> dict[str, Any]:
    result = run("graph", "--format", "json", *arguments, folder=folder)
    assert (result.status, result.stderr) == (0, "")
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_json_has_every_field_of_the_contract(folder: Path) -> None:
    assert graph_of(folder) == {
        "version": 1,
        "nodes": [
            {"address": "dvc.yaml:last", "line": 2},
            {"address": "dvc.yaml:train", "line": 5},
            {"address": "dvc.yaml:fetch", "line": 9},
        ],
        "edges": [
            {"from": "dvc.yaml:last", "to": "dvc.yaml:fetch", "path": "data/b.csv"},
            {"from": "dvc.yaml:last", "to": "dvc.yaml:train", "path": "model"},
            {"from": "dvc.yaml:train", "to": "dvc.yaml:fetch", "path": "data/a.csv"},
        ],
    }


def test_every_edge_is_between_nodes_and_there_is_one_per_pair(folder: Path) -> None:
    document = graph_of(folder)
    addresses = {node["address"] for node in document["nodes"]}
    pairs = [(edge["from"], edge["to"]) for edge in document["edges"]]
    assert {address for pair in pairs for address in pair} <= addresses
    assert len(set(pairs)) == len(pairs)


def test_data_that_is_only_tracked_is_no_node(folder: Path) -> None:
    (folder / "raw.csv.dvc").write_text("outs:\n- path: raw.csv\n")
    (folder / "dvc.yaml").write_text("stages:\n  a:\n    cmd: x\n    deps: [raw.csv]\n")
    assert graph_of(folder) == {"version": 1, "nodes": [{"address": "dvc.yaml:a", "line": 2}], "edges": []}


def test_a_graph_that_dvc_refuses_is_drawn_all_the_same(folder: Path) -> None:
    text = (
        "stages:\n  a:\n    cmd: x\n    deps: [b]\n    outs: [a]\n  b:\n    cmd: x\n    deps: [a, b]\n    outs: [b]\n"
    )
    (folder / "dvc.yaml").write_text(text)
    edges = {(edge["from"][-1], edge["to"][-1]) for edge in graph_of(folder)["edges"]}
    assert edges == {("a", "b"), ("b", "a"), ("b", "b")}
    for form in ("text", "mermaid", "dot"):
        assert run("graph", "--format", form, folder=folder).status == 0


def test_a_stage_that_can_not_be_found_is_missing_and_the_status_says_so(folder: Path) -> None:
    (folder / "dvc.yaml").write_text(CHAIN)
    result = run("graph", "--format", "json", folder=folder)
    assert result.status == 1
    assert len(json.loads(result.stdout)["nodes"]) == 3
    assert "dvc.yaml:9:3: PK013 " in result.stderr


def test_boxes_on_a_terminal_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("graph", folder=folder).stdout == "fetch\n  train  data/a.csv\n    last  model\n"
    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    assert "└─ last" in run("graph", folder=folder).stdout


def test_edges_that_others_imply_are_drawn_on_request(folder: Path) -> None:
    assert run("graph", "--all-edges", folder=folder).stdout == (
        "fetch\n  last  data/b.csv\n  train  data/a.csv\n    last (above)  model\n"
    )


@pytest.mark.parametrize("form", ["text", "mermaid", "dot", "json"])
def test_the_project_may_be_another_one(form: str, folder: Path) -> None:
    here = run("graph", "--format", form, folder=folder)
    assert here.status == 0
    assert run("graph", "--format", form, "--project", folder.name, folder=folder.parent) == here


@pytest.mark.parametrize(
    ("form", "drawing"),
    [("text", ""), ("mermaid", "flowchart TD\n"), ("dot", "digraph pipeline {\n  node [shape=box];\n}\n")],
)
def test_a_project_without_stages_has_an_empty_graph(form: str, drawing: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "p", "stages: {}\n")
    assert run("graph", "--format", form, folder=folder) == (0, drawing, "")
    assert graph_of(folder) == {"version": 1, "nodes": [], "edges": []}


def test_the_same_bytes_whatever_the_hashes_of_python(folder: Path) -> None:
    command = [sys.executable, "-m", "pipelinekit", "graph", "--format", "json"]
    outputs = {
        subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_whoever_stops_reading_does_not_make_it_fail(folder: Path) -> None:
    stages = "".join(f"  s{number}:\n    cmd: x\n    outs: [o{number}]\n" for number in range(3000))
    (folder / "dvc.yaml").write_text("stages:\n" + stages)
    script = f"{sys.executable} -m pipelinekit graph --format json | head -n 1; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"{\n", b"")


# --- what is collapsed, and where it goes ---------------------------------------------------------------------------

GROUPS = """\
stages:
  fetch:
    cmd: x
    outs: [raw]
  fit:
    foreach: [a, b, c]
    do:
      cmd: x ${item}
      deps: [raw]
      outs: ["model-${item}"]
  join:
    cmd: x
    deps: [model-a, model-b, model-c]
"""


@pytest.fixture
def groups(tmp_path: Path) -> Path:
    return make(tmp_path / "p", GROUPS)


def test_a_group_is_drawn_as_one(groups: Path) -> None:
    result = run("graph", "--collapse", "groups", folder=groups)
    assert result == (0, "fetch\n  fit@...  x3  raw and 2 more\n    join  model-a and 2 more\n", "")
    opened = run("graph", "--collapse", "groups", "--expand", "fit", folder=groups)
    assert opened.stdout == run("graph", folder=groups).stdout
    assert opened.stdout.splitlines()[:3] == ["fetch", "  fit@a  raw", "    join  model-a"]


@pytest.mark.parametrize("form", ["text", "mermaid", "dot", "svg", "html", "markdown"])
def test_what_is_expanded_must_be_there(form: str, groups: Path) -> None:
    result = run("graph", "--format", form, "--expand", "fitt", folder=groups)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "pipelinekit: --expand fitt: no group, file or folder with several stages is called"
    )


def test_json_is_never_collapsed(groups: Path) -> None:
    assert graph_of(groups, "--collapse", "groups") == graph_of(groups)
    assert len(graph_of(groups)["nodes"]) == 5


def test_a_large_graph_is_collapsed_by_itself_and_says_so(groups: Path) -> None:
    (groups / "dvc.yaml").write_text(GROUPS.replace("[a, b, c]", str([f"i{number}" for number in range(200)])))
    result = run("graph", folder=groups)
    assert result.stdout == "fetch\n  fit@...  x200  raw and 199 more\njoin\n"
    assert result.stderr == (
        "pipelinekit: 202 stages are drawn as 3, one for each foreach and matrix: "
        "--expand NAME opens one, --collapse none all\n"
    )
    every = run("graph", "--collapse", "none", folder=groups)
    assert (len(every.stdout.splitlines()), every.stderr) == (202, "")


FORMS = ["text", "mermaid", "dot", "json", "svg", "html", "markdown"]


@pytest.mark.parametrize("form", FORMS)
def test_the_drawing_is_written_to_a_file(form: str, groups: Path) -> None:
    printed = run("graph", "--format", form, folder=groups)
    written = run("graph", "--format", form, "-o", "out/graph", folder=groups)
    assert (written.status, written.stdout) == (0, "")
    assert (groups / "out" / "graph").read_text("utf-8") == printed.stdout
    assert [path.name for path in (groups / "out").iterdir()] == ["graph"]


def test_a_file_that_can_not_be_written(groups: Path) -> None:
    (groups / "out").write_text("")
    result = run("graph", "-o", "out/graph", folder=groups)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("pipelinekit: could not write ")


@pytest.mark.parametrize("form", ["svg", "html"])
def test_the_library_that_lays_it_out_may_be_missing(form: str, groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphlay", None)
    result = run("graph", "--format", form, folder=groups)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr == (
        "pipelinekit: a picture needs the library that lays it out: pip install 'pipelinekit[draw]'\n"
    )


@pytest.mark.parametrize("form", ["svg", "html"])
def test_findings_are_painted(form: str, groups: Path) -> None:
    (groups / "dvc.yaml").write_text(GROUPS.replace("cmd: x\n    outs", "cmd: python gone.py\n    outs"))
    result = run("graph", "--format", form, folder=groups)
    assert result.status == 0
    assert "PK103" in result.stdout
    (groups / "pyproject.toml").write_text('[tool.pipelinekit]\nignore = ["PK103"]\n')
    assert "PK103" not in run("graph", "--format", form, folder=groups).stdout


@pytest.mark.parametrize("form", ["svg", "html"])
def test_settings_that_can_not_be_read(form: str, groups: Path) -> None:
    (groups / "pyproject.toml").write_text("[tool.pipelinekit]\nselect = 3\n")
    result = run("graph", "--format", form, folder=groups)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("pipelinekit: pyproject.toml:2")


@pytest.mark.parametrize("form", FORMS)
def test_no_stages_are_drawn_as_nothing(form: str, tmp_path: Path) -> None:
    result = run("graph", "--format", form, folder=make(tmp_path / "q", "stages: {}\n"))
    assert (result.status, result.stderr) == (0, "")


def test_what_a_run_takes_stands_below(tmp_path: Path) -> None:
    lock = "schema: '2.0'\nstages:\n  a:\n    cmd: echo a\n  b:\n    cmd: echo b\n"
    text = "stages:\n  a: {cmd: echo a, outs: [x]}\n  b: {cmd: echo b, deps: [x]}\n  c: {cmd: echo c}\n"
    folder = write(tmp_path, {"dvc.yaml": text, "dvc.lock": lock})
    assert "about" not in run("graph", folder=folder).stdout
    graph = Graph(Index(Project(str(folder))))
    for record in graph.derived(records).values():
        record_run(graph.index.project, f"dvc.yaml:{record.locked.name}", record.locked, 90)
    assert run("graph", folder=folder).stdout.endswith(
        "\n3 stages, about 3 min (more workers would hardly help); 1 stage has never been timed\n"
    )
    page = run("graph", "--format", "html", folder=folder).stdout
    assert page.count('"critical":true') == 2
