from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelinekit.draw.dot import dot_lines
from pipelinekit.draw.drawing import Drawing, Edge, Node
from pipelinekit.draw.json_graph import json_graph
from pipelinekit.draw.mermaid import mermaid_lines
from pipelinekit.draw.text import text_lines
from tests.cli.projects import make
from tests.command_line import run


def drawing(*edges: str, alone: str = "") -> Drawing:
    """`drawing("a b")`: b needs what a makes."""
    pairs = [edge.split() for edge in edges]
    names = list(dict.fromkeys([name for pair in pairs for name in pair] + alone.split()))
    nodes = tuple(Node(f"dvc.yaml:{name}", name, "dvc.yaml", line) for line, name in enumerate(names, start=2))
    return Drawing(nodes, tuple(Edge(f"dvc.yaml:{b}", f"dvc.yaml:{a}", f"{a}.csv") for a, b in pairs))


DIAMOND = drawing("fetch left", "fetch right", "left join", "right join", alone="other")


def test_text_on_a_terminal() -> None:
    assert "\n".join(text_lines(DIAMOND, boxes=True, width=80)) == (
        "fetch\n├─ left  fetch.csv\n│  └─ join  left.csv\n└─ right  fetch.csv\n   └─ join ↑  right.csv\nother"
    )


def test_text_in_a_file_has_no_boxes() -> None:
    text = "\n".join(text_lines(DIAMOND, boxes=False, width=80))
    assert text.isascii()
    assert (
        text == "fetch\n  left  fetch.csv\n    join  left.csv\n  right  fetch.csv\n    join (above)  right.csv\nother"
    )


def test_text_with_a_cycle_shows_every_stage() -> None:
    lines = list(text_lines(drawing("a b", "b c", "c a"), boxes=False, width=80))
    assert lines == ["a", "  b  a.csv", "    c  b.csv", "      a (above)  c.csv"]


def test_text_of_a_long_chain_stays_on_the_screen() -> None:
    chain = drawing(*(f"s{n} s{n + 1}" for n in range(3000)))
    lines = list(text_lines(chain, boxes=True, width=80))
    assert len(lines) == 3001
    assert all(len(line) <= 80 for line in lines)


def test_mermaid() -> None:
    assert "\n".join(mermaid_lines(drawing("a b"))) == ('flowchart TD\n  s1["a"]\n  s2["b"]\n  s1 --> s2')


def test_dot() -> None:
    assert "\n".join(dot_lines(drawing("a b"))) == (
        'digraph pipeline {\n  node [shape=box];\n  "dvc.yaml:a" [label="a"];\n  "dvc.yaml:b" [label="b"];\n'
        '  "dvc.yaml:a" -> "dvc.yaml:b" [tooltip="a.csv"];\n}'
    )


def test_json() -> None:
    assert json.loads(json_graph(drawing("a b"))) == {
        "version": 1,
        "nodes": [{"address": "dvc.yaml:a", "line": 2}, {"address": "dvc.yaml:b", "line": 3}],
        "edges": [{"from": "dvc.yaml:b", "to": "dvc.yaml:a", "path": "a.csv"}],
    }


EVIL = 'a"]; x --> y\n`b`<script>#quot;\\ \x1b[31m\u202e'


def test_nothing_in_a_name_leaves_its_quotes() -> None:
    node = Node(f"dvc.yaml:{EVIL}", EVIL, "dvc.yaml", 1)
    evil = Drawing((node,), ())
    (mermaid,) = list(mermaid_lines(evil))[1:]
    assert mermaid == ('  s1["a#34;]#59; x --#62; y#10;#96;b#96;#60;script#62;#35;quot#59;#92; #27;[31m#8238;"]')
    dot = list(dot_lines(evil))[2]
    assert dot.count("\n") == 0
    assert dot.replace("\\\\", "").replace('\\"', "").count('"') == 4
    text = "\n".join(text_lines(evil, boxes=False, width=80))
    assert text.isprintable()


SEVERAL = {
    "dvc.yaml": "stages:\n  a:\n    cmd: x\n    outs: [data/a.csv]\n",
    "sub/dvc.yaml": "stages:\n  b:\n    cmd: x\n    deps: [../data]\n    outs: [b]\n",
}


@pytest.fixture
def several(tmp_path: Path) -> Path:
    folder = make(tmp_path / "p", SEVERAL["dvc.yaml"])
    (folder / "sub").mkdir()
    (folder / "sub" / "dvc.yaml").write_text(SEVERAL["sub/dvc.yaml"])
    return folder


def test_graph_of_several_files(several: Path) -> None:
    assert run("graph", folder=several).stdout == "a\n  sub/dvc.yaml:b  data/a.csv\n"
    assert run("graph", "--format", "mermaid", folder=several).stdout == (
        'flowchart TD\n  subgraph f1["dvc.yaml"]\n    s1["a"]\n  end\n'
        '  subgraph f2["sub/dvc.yaml"]\n    s2["b"]\n  end\n  s1 --> s2\n'
    )
    assert "subgraph cluster_2 {" in run("graph", "--format", "dot", folder=several).stdout
    edges = json.loads(run("graph", "--format", "json", folder=several).stdout)["edges"]
    assert edges == [{"from": "sub/dvc.yaml:b", "to": "dvc.yaml:a", "path": "data/a.csv"}]


def test_stages_of_several_files(several: Path) -> None:
    stages = json.loads(run("stages", "--format", "json", folder=several).stdout)["stages"]
    assert [stage["address"] for stage in stages] == ["dvc.yaml:a", "sub/dvc.yaml:b"]
    assert stages[1] == {
        "address": "sub/dvc.yaml:b",
        "file": "sub/dvc.yaml",
        "line": 2,
        "cmd": "x",
        "wdir": "sub",
        "deps": ["data"],
        "outs": [{"path": "sub/b", "kind": "out", "cache": True, "persist": False}],
        "params": {},
        "frozen": False,
        "always_changed": False,
    }
    assert run("stages", folder=several).stdout == (
        "dvc.yaml:a\n  cmd      x\n  outs     data/a.csv\n"
        "sub/dvc.yaml:b\n  cmd      x\n  wdir     sub\n  deps     data\n  outs     sub/b\n"
    )


def test_incomplete_pipeline_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", "stages:\n  a:\n    cmd: x ${gone}\n    outs: [a]\n  b:\n    cmd: y\n    deps: [a]\n")
    result = run("graph", folder=folder)
    assert result.stdout == "a\n  b  a\n"
    assert result.stderr == (
        "pipelinekit: incomplete, because of errors: dvc.yaml:3:12: PK210 undefined-variable: "
        "nothing defines the variable 'gone' ('pipelinekit lint' says more)\n"
    )
    assert result.status == 1


def test_broken_pipeline_is_wrong_input(tmp_path: Path) -> None:
    result = run("stages", folder=make(tmp_path / "p", "stages: [\n"))
    assert result.status == 2
    assert result.stderr.startswith("pipelinekit: no stage can be read: dvc.yaml:")
