from __future__ import annotations

from pathlib import Path

from pipelinekit.draw.details import (
    Data,
    ParamValue,
    StageFinding,
    State,
    details_of,
)
from tests.small_projects import graph

PIPELINE = """\
stages:
  fetch:
    desc: gets it
    cmd: [a, b]
    outs: [raw, {big: {cache: false}}]
  train:
    cmd: x
    wdir: sub
    deps: [../raw, ../src.py]
    params: [lr, gone, ../other.yaml: []]
    outs: [model]
    metrics: [m.json]
    frozen: true
"""
LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: x
    deps:
    - path: ../raw
      hash: md5
      md5: d41d8cd98f00b204e9800998ecf8427e.dir
      size: 100
      nfiles: 4
    params:
      params.yaml:
        lr: 0.5
    outs:
    - path: model
      hash: md5
      md5: d41d8cd98f00b204e9800998ecf8427e
      size: 2000
    - path: m.json
      hash: md5
      md5: d41d8cd98f00b204e9800998ecf8427e
      size: 30
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "dvc.lock": LOCK,
    "sub/params.yaml": "lr: [0.1, null]\n",
    "params.yaml": "lr: 3\n",
    "other.yaml": "a: 1\n",
}


def test_what_the_files_say(tmp_path: Path) -> None:
    fetch, train = details_of(graph(tmp_path, FILES)).values()
    assert (fetch.description, fetch.commands, fetch.line) == ("gets it", ("a", "b"), 2)
    assert fetch.outs == (Data("raw", "out", None, None), Data("big", "out", None, None, cache=False))
    assert (fetch.has_run, fetch.bytes) == (False, None)
    assert (train.file, train.line, train.wdir, train.frozen) == ("dvc.yaml", 6, "sub", True)
    assert train.deps == (Data("raw", "dep", 100, 4, "dvc.yaml:fetch"), Data("src.py", "dep", None, None))
    assert train.outs == (Data("sub/model", "out", 2000, None), Data("sub/m.json", "metric", 30, None))
    assert train.params == (
        ParamValue("sub/params.yaml", "lr", "[0.1, null]", "0.5"),
        ParamValue("sub/params.yaml", "gone", None),
        ParamValue("other.yaml", None, None),
    )
    assert (train.has_run, train.bytes) == (True, 2030)


def test_what_others_say_is_added(tmp_path: Path) -> None:
    made = graph(tmp_path, FILES)
    fetch, train = made.index.stages
    finding = StageFinding("PK101", "error", "m", "dvc.yaml", 3)
    known = details_of(
        made, states={train: State("stale", ("raw changed",))}, findings={train: [finding]}, seconds={train: 2.5}
    )
    assert known[train.address].state == State("stale", ("raw changed",))
    assert known[train.address].findings == (finding,)
    assert known[train.address].seconds == 2.5
    assert known[fetch.address].state is None
    assert known[fetch.address].findings == ()


def test_a_params_file_that_can_not_be_read_gives_no_values(tmp_path: Path) -> None:
    made = graph(tmp_path, {**FILES, "sub/params.yaml": "a: [\n"})
    assert details_of(made)["dvc.yaml:train"].params[0].value is None
