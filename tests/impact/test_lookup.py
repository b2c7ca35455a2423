"""Which stage a word means, and what is said where it means none or several."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.lookup import UnknownStageError, lookup
from tests.small_projects import graph

FILES = {
    "dvc.yaml": """\
stages:
  prepare:
    cmd: python src/prepare.py
    deps: [raw.csv, src/prepare.py]
    params: [seed]
    outs: [data]
  train:
    foreach: [small, large]
    do:
      cmd: python src/train.py ${item}
      deps: [data/train.csv, s3://bucket/x]
      outs: ["models/${item}.pkl"]
  broken:
    cmd: ${gone}
    outs: [b]
""",
    "sub/dvc.yaml": "stages:\n  prepare:\n    cmd: bash run.sh\n    outs: [out]\n  only:\n    cmd: x\n    outs: [x]\n",
    "third/dvc.yaml": "stages:\n  only:\n    cmd: x\n    outs: [x]\n",
    "sub/run.sh": "python ../src/prepare.py\n",
    "src/prepare.py": "import lib\n",
    "src/train.py": "import lib\n",
    "src/lib.py": "",
    "params.yaml": "seed: 1\n",
    "raw.csv.dvc": "outs:\n- path: raw.csv\n",
    "unused.csv.dvc": "outs:\n- path: unused.csv\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return graph(tmp_path_factory.mktemp("p"), FILES)


@pytest.mark.parametrize(
    ("word", "here", "reason", "stages"),
    [
        ("prepare", ".", "stage", ["dvc.yaml:prepare"]),
        ("prepare", "sub", "stage", ["sub/dvc.yaml:prepare"]),
        ("dvc.yaml:prepare", ".", "stage", ["dvc.yaml:prepare"]),
        ("dvc.yaml:prepare", "sub", "stage", ["sub/dvc.yaml:prepare"]),
        ("../dvc.yaml:prepare", "sub", "stage", ["dvc.yaml:prepare"]),
        ("sub/dvc.yaml:prepare", "third", "stage", ["sub/dvc.yaml:prepare"]),
        ("train@small", "sub", "stage", ["dvc.yaml:train@small"]),
        ("train", ".", "group", ["dvc.yaml:train@small", "dvc.yaml:train@large"]),
        ("dvc.yaml:train", ".", "group", ["dvc.yaml:train@small", "dvc.yaml:train@large"]),
        ("data", ".", "makes", ["dvc.yaml:prepare"]),
        ("data/train.csv", ".", "makes", ["dvc.yaml:prepare"]),
        ("./data/", ".", "makes", ["dvc.yaml:prepare"]),
        ("../data", "src", "makes", ["dvc.yaml:prepare"]),
        ("models", ".", "makes", ["dvc.yaml:train@small", "dvc.yaml:train@large"]),
        ("out", "sub", "makes", ["sub/dvc.yaml:prepare"]),
        ("sub/out", "third", "makes", ["sub/dvc.yaml:prepare"]),
        ("src/train.py", ".", "runs", ["dvc.yaml:train@small", "dvc.yaml:train@large"]),
        ("src/prepare.py", ".", "runs", ["dvc.yaml:prepare", "sub/dvc.yaml:prepare"]),
        ("src/lib.py", ".", "imports", [
            "dvc.yaml:prepare", "dvc.yaml:train@small", "dvc.yaml:train@large", "sub/dvc.yaml:prepare",
        ]),
        ("raw.csv", ".", "needs", ["dvc.yaml:prepare"]),
        ("params.yaml", ".", "needs", ["dvc.yaml:prepare"]),
        ("s3://bucket/x", ".", "needs", ["dvc.yaml:train@small", "dvc.yaml:train@large"]),
    ],
)  # fmt: skip
def test_what_is_meant(word: str, here: str, reason: str, stages: list[str], project: Graph) -> None:
    found = lookup(project, word, here)
    assert (found.reason, [stage.address for stage in found.stages]) == (reason, stages)
    assert (found.definition is not None) == (reason == "group")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("trian", "no stage is called 'trian', and none makes, runs or needs such a file. Did you mean 'train'?"),
        ("models/smal.pkl", "Did you mean 'models/small.pkl'?"),
        ("zzzzzz", "'pipelinekit stages' lists them"),
        ("", "no stage is called ''"),
        (".", "no stage is called '.'"),
        ("only", "2 dvc.yaml files have a stage 'only': name one of sub/dvc.yaml:only, third/dvc.yaml:only"),
        ("unused.csv", "no stage makes or needs unused.csv: unused.csv.dvc tracks it"),
    ],
)
def test_what_is_not(word: str, message: str, project: Graph) -> None:
    with pytest.raises(UnknownStageError) as refused:
        lookup(project, word, ".")
    assert message in str(refused.value)


def test_a_group_that_can_not_be_read(tmp_path: Path) -> None:
    text = "stages:\n  train:\n    foreach: ${gone}\n    do:\n      cmd: x\n  a:\n    cmd: x\n"
    found = lookup(graph(tmp_path, text), "train", ".")
    assert (found.reason, found.stages) == ("group", ())
