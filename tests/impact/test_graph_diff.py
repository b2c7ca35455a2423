"""What differs between two graphs: stages and their fields, edges, values; what is the same; what can't be known."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.graph_diff import EdgeDiff, GraphDiff, graph_diff, narrowed
from pipelinekit.impact.stage_diff import FieldChange, StageDiff
from tests.graph.digraphs import digraphs, graph_of, in_memory
from tests.small_projects import graph

TRAIN = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py, data]
    params: [lr]
    outs: [model.pkl]
    metrics: [metrics.json]
"""


def diff_of(folder: Path, old: Mapping[str, str] | str, new: Mapping[str, str] | str) -> GraphDiff:
    return graph_diff(graph(folder / "old", old), graph(folder / "new", new))


def fields(folder: Path, old: str, new: str) -> list[tuple[Any, ...]]:
    """How `train` changes if a part of it is replaced: field, old, new, name, flag."""
    assert old in TRAIN
    diff = diff_of(folder, TRAIN, TRAIN.replace(old, new))
    assert [stage.address for stage in diff.stages] in ([], ["dvc.yaml:train"])
    assert all(stage.change == "changed" for stage in diff.stages)
    return [tuple(change) for stage in diff.stages for change in stage.fields]


# --- stages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("python train.py", "python train.py --fast", [("cmd", "python train.py", "python train.py --fast", "", "")]),
        ("python train.py", "[a, b]", [("cmd", "python train.py", ["a", "b"], "", "")]),
        ("train.py, data", "data", [("deps", "train.py", None, "train.py", "")]),
        ("train.py, data", "train.py, x, data", [("deps", None, "x", "x", "")]),
        ("train.py, data", "./data/, train.py", []),
        ("[lr]", "[lr, depth]", [("params", None, "params.yaml:depth", "params.yaml:depth", "")]),
        ("[lr]", "[other.yaml: [lr]]", None),
        ("[lr]", "[params.yaml: []]", None),
        ("[model.pkl]", "[model.bin]", None),
        ("[model.pkl]", "[model.pkl: {cache: true}]", []),
        ("[model.pkl]", "[model.pkl: {cache: false}]", [("outs", True, False, "model.pkl", "cache")]),
        ("[metrics.json]", "[metrics.json: {push: false}]", [("metrics", True, False, "metrics.json", "push")]),
        ("[model.pkl]", "[model.pkl: {remote: s3}]", [("outs", None, "s3", "model.pkl", "remote")]),
        ("    metrics: [m", "    plots: [m", [("plots", "metrics", "plots", "metrics.json", "section")]),
        ("    metrics", "    frozen: true\n    metrics", [("frozen", False, True, "", "")]),
        ("    metrics", "    always_changed: true\n    metrics", [("always_changed", False, True, "", "")]),
        ("    metrics", "    desc: what it does\n    metrics", []),
        ("stages:\n", "# a comment\nstages:\n", []),
    ],
)
def test_fields(old: str, new: str, changes: list[tuple[Any, ...]] | None, tmp_path: Path) -> None:
    found = fields(tmp_path, old, new)
    if changes is not None:
        assert found == changes
    else:  # one entry for another
        assert [(change[1] is None, change[2] is None) for change in found] == [(True, False), (False, True)]


def test_wdir_moves_what_is_in_it(tmp_path: Path) -> None:
    found = fields(tmp_path, "    deps", "    wdir: sub\n    deps")
    assert ("wdir", ".", "sub", "", "") in found
    assert ("deps", None, "sub/data", "sub/data", "") in found


def test_added_and_removed(tmp_path: Path) -> None:
    old = "stages:\n  a: {cmd: x, outs: [a]}\n  b: {cmd: x, outs: [b]}\n"
    new = "stages:\n  c: {cmd: y, outs: [c], deps: [a]}\n  a: {cmd: x, outs: [a]}\n"
    assert diff_of(tmp_path, old, new).stages == (
        StageDiff("dvc.yaml:c", "added"),
        StageDiff("dvc.yaml:b", "removed"),
    )


def test_a_renamed_stage_writes_the_same(tmp_path: Path) -> None:
    diff = diff_of(tmp_path, TRAIN, TRAIN.replace("  train:", "  fit:").replace("python train.py", "python fit.py"))
    change = FieldChange("cmd", "python train.py", "python fit.py")
    assert diff.stages == (StageDiff("dvc.yaml:fit", "changed", (change,), "dvc.yaml:train"),)
    assert diff.edges == ()


def test_a_stage_that_moved_to_another_file(tmp_path: Path) -> None:
    moved = TRAIN.replace("    cmd", "    wdir: ..\n    cmd")
    (diff,) = diff_of(tmp_path, TRAIN, {"sub/dvc.yaml": moved}).stages
    assert diff == StageDiff("sub/dvc.yaml:train", "changed", (), "dvc.yaml:train")


def test_without_outputs_it_does_the_same(tmp_path: Path) -> None:
    old, new = "stages:\n  a: {cmd: x, deps: [d]}\n", "stages:\n  b: {cmd: x, deps: [d]}\n"
    assert diff_of(tmp_path, old, new).stages == (StageDiff("dvc.yaml:b", "changed", (), "dvc.yaml:a"),)
    other = "stages:\n  b: {cmd: y, deps: [d]}\n"
    assert [stage.change for stage in diff_of(tmp_path / "2", old, other).stages] == ["added", "removed"]


def test_two_that_could_be_meant_are_no_renaming(tmp_path: Path) -> None:
    old = "stages:\n  a: {cmd: x, deps: [d]}\n  b: {cmd: x, deps: [d]}\n"
    new = "stages:\n  c: {cmd: x, deps: [d]}\n"
    assert [stage.change for stage in diff_of(tmp_path, old, new).stages] == ["added", "removed", "removed"]


def test_groups(tmp_path: Path) -> None:
    old = "stages:\n  g:\n    foreach: [a, b]\n    do: {cmd: 'x ${item}', outs: ['${item}']}\n"
    diff = diff_of(tmp_path, old, old.replace("[a, b]", "[b, c]").replace("x $", "y $"))
    assert [(stage.address, stage.change, stage.group) for stage in diff.stages] == [
        ("dvc.yaml:g@b", "changed", "dvc.yaml:g"),
        ("dvc.yaml:g@c", "added", "dvc.yaml:g"),
        ("dvc.yaml:g@a", "removed", "dvc.yaml:g"),
    ]


# --- edges --------------------------------------------------------------------------------------------------


def test_edges() -> None:
    old = in_memory({"a": ([], ["d/x", "d/y"]), "b": (["d/x"], ["b"]), "c": (["b"], [])})
    new = in_memory({"a": ([], ["d/x", "d/y"]), "b": (["d/x", "d/y"], ["b"]), "c": (["d/x"], [])})
    a, b, c = ("dvc.yaml:a", "dvc.yaml:b", "dvc.yaml:c")
    assert graph_diff(old, new).edges == (
        EdgeDiff(b, a, "changed", ("d/x",), ("d/x", "d/y")),
        EdgeDiff(c, a, "added", (), ("d/x",)),
        EdgeDiff(c, b, "removed", ("b",), ()),
    )


def test_edges_of_a_renamed_stage_are_the_same_edges() -> None:
    old = in_memory({"a": ([], ["x"]), "b": (["x"], ["y"]), "c": (["y"], [])})
    new = in_memory({"a": ([], ["x"]), "z": (["x"], ["y"]), "c": (["y"], [])})
    assert graph_diff(old, new).edges == ()


def test_only_what_has_to_do_with_some_stages() -> None:
    old = in_memory({"a": ([], ["x"]), "b": (["x"], ["y"]), "c": (["y"], [])})
    new = in_memory({"a": ([], ["x"]), "b": ([], ["y"]), "c": ([], [])})
    diff = narrowed(graph_diff(old, new), {"dvc.yaml:c"})
    assert [stage.address for stage in diff.stages] == ["dvc.yaml:c"]
    assert [(edge.consumer, edge.producer) for edge in diff.edges] == [("dvc.yaml:c", "dvc.yaml:b")]


@given(digraphs(), digraphs())
def test_a_difference_read_backwards(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    forward, back = graph_diff(graph_of(one), graph_of(other)), graph_diff(graph_of(other), graph_of(one))
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(stage.address, stage.change) for stage in forward.stages} == {
        (stage.address, turned[stage.change]) for stage in back.stages
    }
    assert {(*edge[:3], edge.old, edge.new) for edge in forward.edges} == {
        (*edge[:2], turned[edge.change], edge.new, edge.old) for edge in back.edges
    }


@given(digraphs())
def test_nothing_differs_from_itself(pairs: list[tuple[int, int]]) -> None:
    assert graph_diff(graph_of(pairs), graph_of(pairs)).is_empty


@given(digraphs(), digraphs())
def test_the_difference_leads_from_the_one_to_the_other(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    old, new = graph_of(one), graph_of(other)
    diff = graph_diff(old, new)
    pairs = {(edge.consumer.address, edge.producer.address) for edge in old.between_stages()}
    gone = {stage.address for stage in diff.stages if stage.change == "removed"}
    for edge in diff.edges:
        if edge.change == "added":
            pairs.add((edge.consumer, edge.producer))
        elif edge.change == "removed":
            pairs.remove((edge.consumer, edge.producer))
    assert pairs == {(edge.consumer.address, edge.producer.address) for edge in new.between_stages()}
    assert not gone.intersection(stage.address for stage in new.index.stages)


# --- parameters ---------------------------------------------------------------------------------------------

USES = """\
vars: [conf.toml]
stages:
  a: {cmd: 'x ${size}', params: [train]}
  b: {cmd: x, params: [train.lr, other.json: ]}
  c: {cmd: x, params: [layers.0, 'm.*']}
"""


def param_changes(folder: Path, old: dict[str, str], new: dict[str, str]) -> list[tuple[Any, ...]]:
    diff = diff_of(folder, {"dvc.yaml": USES, **old}, {"dvc.yaml": USES, **new})
    return [
        (
            param.file,
            param.key,
            param.old,
            param.new,
            "".join(name[-1] for name in param.used_by) + "$" * param.in_templates,
        )
        for param in diff.params
    ]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("train: {lr: 1, x: 2}", "train: {lr: 2, x: 2}", [("train.lr", 1, 2, "ab")]),
        ("train: {lr: 1}", "train: {lr: 1, x: 2}", [("train.x", ABSENT, 2, "a")]),
        ("train: {lr: 1}", "train: null", [("train", ABSENT, None, "ab"), ("train.lr", 1, ABSENT, "ab")]),
        ("layers: [1, 2]", "layers: [1, 3]", [("layers", [1, 2], [1, 3], "c")]),
        ("m: {a: 1}", "m: {a: 2}", [("m.a", 1, 2, "c")]),
        ("nobody: 1", "nobody: 2", [("nobody", 1, 2, "")]),
        ("a: 1\nb: .nan", "b: .nan\na: 1.0", []),
        ("1: x", "1: y", [("1", "x", "y", "")]),
        ("{}", "a: {}", [("a", ABSENT, {}, "")]),
    ],
)
def test_values(old: str, new: str, changes: list[tuple[Any, ...]], tmp_path: Path) -> None:
    found = param_changes(tmp_path, {"params.yaml": old}, {"params.yaml": new})
    assert found == [("params.yaml", *change) for change in changes]


def test_values_that_templates_and_whole_files_use(tmp_path: Path) -> None:
    old = {"conf.toml": "size = 1\n", "other.json": '{"x": {"y": 1}}'}
    new = {"conf.toml": "size = 2\n", "other.json": '{"x": {"y": 2}}'}
    assert sorted(param_changes(tmp_path, old, new)) == [
        ("conf.toml", "size", 1, 2, "$"),
        ("other.json", "x.y", 1, 2, "b"),
    ]


def test_a_params_file_that_can_not_be_read(tmp_path: Path) -> None:
    diff = diff_of(
        tmp_path,
        {"dvc.yaml": USES, "params.yaml": "train: {lr: 1}"},
        {"dvc.yaml": USES, "params.yaml": "train: {lr: 1"},
    )
    assert diff.params == ()
    assert diff.unread == ("params.yaml",)


LAUGHS = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{after}: &{after} {{x: *{before}, y: *{before}}}\n"
    for before, after in zip("abcdefghijklmnopqrstu", "bcdefghijklmnopqrstuv", strict=True)
)


def test_a_params_file_without_end(tmp_path: Path) -> None:
    diff = diff_of(tmp_path, {"dvc.yaml": USES}, {"dvc.yaml": USES, "params.yaml": LAUGHS})
    assert diff.unread == ("params.yaml",)


# --- what can't be known ------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["stages: [", "stages: []", "- x", "stages:\n  a: {cmd: x}\n  a: {cmd: x}\n"])
def test_stages_of_a_file_that_could_not_be_read_are_not_new(broken: str, tmp_path: Path) -> None:
    new = {"dvc.yaml": TRAIN, "sub/dvc.yaml": "stages:\n  z: {cmd: x, deps: [../model.pkl]}\n"}
    diff = diff_of(tmp_path, {"dvc.yaml": broken}, new)
    assert [stage.address for stage in diff.stages if "sub" not in stage.address] == []
    assert "dvc.yaml" in diff.unread
    back = diff_of(tmp_path / "back", new, {"dvc.yaml": broken})
    assert [stage.change for stage in back.stages] == ["removed"]


def test_stages_of_a_template_that_could_not_be_read_are_not_new(tmp_path: Path) -> None:
    text = "stages:\n  g:\n    foreach: [a]\n    do: {cmd: x}\n"
    assert diff_of(tmp_path, text.replace("[a]", "${nothing}"), text).is_empty


def test_fields_that_could_not_be_read_did_not_change(tmp_path: Path) -> None:
    diff = diff_of(tmp_path, TRAIN.replace("[train.py, data]", "[train.py, '${no}']"), TRAIN)
    assert diff.is_empty
    assert fields(tmp_path / "2", "python train.py", "python ${no}") == []


# --- size ---------------------------------------------------------------------------------------------------


def big(stages: int, salt: str) -> Graph:
    return in_memory({f"s{n}": ([f"d{n - 1}", f"src{salt}" if n % 3 else "src"], [f"d{n}"]) for n in range(stages)})


def test_thousands_of_stages() -> None:
    old, new = big(3000, ""), big(3000, "2")
    started = time.process_time()
    assert len(graph_diff(old, new).stages) == 2000
    assert time.process_time() - started < 2
