"""What is gathered of a stage: what is around it, what it uses, what its lock has, whether it is fresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.explanation import Explanation, explain, explain_group
from pipelinekit.resolve.index import Index
from tests.freshness.projects import lock, project

PIPELINE = """\
stages:
  prepare:
    cmd: python src/prepare.py
    deps: [raw, src/prepare.py]
    outs: [data]
  train:
    cmd: bash run.sh
    deps: [data/a.csv, data/b.csv, run.sh, pkg]
    params: [lr, gone, whole.yaml: ]
    outs: [model, log: {cache: false}]
  report:
    foreach: [x, y]
    do:
      cmd: python report.py ${item}
      deps: [model]
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "raw.dvc": "outs:\n- path: raw\n  md5: abc\n",
    "params.yaml": "a: 1\nlr: 0.1\n",
    "whole.yaml": "k: 1\n",
    "run.sh": "python src/train.py\n",
    "src/prepare.py": "",
    "src/train.py": "import sys\nsys.path.append('.')\nimport pkg.used, helper\n",
    "src/helper.py": "import deeper\n",
    "src/deeper.py": "",
    "pkg/__init__.py": '"""Nothing happens here."""\n',
    "pkg/used.py": "",
    "report.py": "",
    "dvc.lock": lock(
        prepare={"cmd": "python src/prepare.py", "deps": {"raw": "1", "src/prepare.py": ""}, "outs": {"data": "12"}},
        train={
            "cmd": "bash run.sh",
            "deps": {"data/a.csv": "1", "run.sh": "old", "pkg": "1"},
            "params": {"params.yaml": {"lr": 0.2}},
            "outs": {"model": "12345"},
        },
    ),
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return Graph(Index(project(tmp_path_factory.mktemp("p"), dict(FILES))))


def explained(graph: Graph, name: str) -> Explanation:
    return explain(graph, next(stage for stage in graph.index.stages if stage.name == name))


def test_neighbours(graph: Graph) -> None:
    train = explained(graph, "train")
    assert [edge.producer.address for edge in train.upstream.edges] == ["dvc.yaml:prepare"]
    assert [edge.consumer.address for edge in train.downstream.edges] == ["dvc.yaml:report@x", "dvc.yaml:report@y"]
    assert (train.upstream.total, train.downstream.total) == (1, 2)
    prepare = explained(graph, "prepare")
    # the data of a .dvc file is shown as what is needed, and counts as no stage
    assert [edge.producer.address for edge in prepare.upstream.edges] == ["raw.dvc"]
    assert (prepare.upstream.total, prepare.downstream.total) == (0, 3)


def test_scripts_and_modules(graph: Graph) -> None:
    train = explained(graph, "train")
    assert [file[:3] for file in train.scripts] == [("run.sh", "bash", True), ("src/train.py", "run.sh", False)]
    assert [file[:3] for file in train.modules] == [
        ("pkg/used.py", "src/train.py", True),
        ("src/helper.py", "src/train.py", False),
        ("src/deeper.py", "src/helper.py", False),
    ]


def test_what_the_lock_has(graph: Graph) -> None:
    train = explained(graph, "train")
    deps = [
        (dep.path, [maker.address for maker in makers], entry.size if entry else None)
        for dep, makers, entry in train.deps
    ]
    assert deps == [
        ("data/a.csv", ["dvc.yaml:prepare"], 1),
        ("data/b.csv", ["dvc.yaml:prepare"], None),
        ("run.sh", [], 3),
        ("pkg", [], 1),
    ]  # fmt: skip
    assert [(out.path, entry.size if entry else None) for out, entry in train.outs] == [("model", 5), ("log", None)]
    params = [(each.param.key, each.value, each.recorded, each.place and each.place.start) for each in train.params]
    assert params == [
        ("lr", 0.1, 0.2, 5),
        ("gone", ABSENT, ABSENT, None),
        (None, {"k": 1}, ABSENT, None),
    ]  # fmt: skip


def test_freshness(graph: Graph) -> None:
    train = explained(graph, "train")
    assert train.status.state == "stale"
    causes = {(cause.kind, cause.path) for cause in train.status.because}
    assert {("dep", "run.sh"), ("param", "params.yaml:lr")} <= causes
    assert explained(graph, "report@x").status.state == "never-run"


def test_group(graph: Graph) -> None:
    definition = next(each for each in graph.index.definitions if each.name == "report")
    found = explain_group(graph, definition)
    assert [stage.name for stage in found.stages] == ["report@x", "report@y"]
    assert found.durations == {}


def test_a_stage_of_a_cycle(tmp_path: Path) -> None:
    text = "stages:\n  a: {cmd: x, deps: [b, a], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n"
    found = explained(Graph(Index(project(tmp_path, {"dvc.yaml": text}, git=False))), "a")
    assert (found.upstream.total, found.downstream.total) == (1, 1)
