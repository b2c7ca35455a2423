"""How a stage differs from the one that ran: what DVC would see, and what it would not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelinekit.freshness.definition import CommandChange, definition_changes
from pipelinekit.freshness.records import records
from tests.freshness.projects import graph, lock, messages, project

STAGE = "stages:\n  train:\n    cmd: python train.py\n"
SCRIPT = {"train.py": ""}


def changes(folder: Path, pipeline: str, recorded: dict[str, Any], **files: str) -> list[str]:
    found = graph(project(folder, {"dvc.yaml": pipeline, "dvc.lock": lock(train=recorded), **SCRIPT, **files}))
    (stage,) = found.index.stages
    record = found.derived(records)[stage]
    return [
        "cmd" if isinstance(change, CommandChange) else f"{'+' if change.is_new else '-'}{change.kind} {change.name}"
        for change in definition_changes(stage, record, found.index.project)
    ]


@pytest.mark.parametrize(
    ("cmd", "recorded", "is_changed"),
    [
        ("python train.py", "python train.py", False),
        ("python train.py", "python  train.py", True),
        ("python train.py", ["python train.py"], True),
        ("[python a.py, python b.py]", ["python a.py", "python b.py"], False),
        ("[python a.py, python b.py]", ["python b.py", "python a.py"], True),
        (">-\n      python\n      train.py", "python train.py", False),
        ("|\n      python train.py\n", "python train.py\n", False),
        ("|\n      python train.py\n", "python train.py", True),
        ("python ${script}", "python train.py", False),
        ("python ${nowhere}", "python other.py", False),
    ],
)
def test_commands(cmd: str, recorded: Any, is_changed: bool, tmp_path: Path) -> None:
    pipeline = f"vars:\n- script: train.py\nstages:\n  train:\n    cmd: {cmd}\n"
    assert changes(tmp_path, pipeline, {"cmd": recorded}) == (["cmd"] if is_changed else [])


def test_lists(tmp_path: Path) -> None:
    pipeline = STAGE + "    deps:\n    - b.csv\n    - c.csv\n    outs:\n    - model.pkl\n    - new.pkl\n"
    recorded = {"deps": {"a.csv": "", "b.csv": ""}, "outs": {"model.pkl": "", "old.pkl": ""}}
    assert changes(tmp_path, pipeline, recorded) == ["+dep c.csv", "-dep a.csv", "+out new.pkl", "-out old.pkl"]


def test_a_path_that_is_spelled_otherwise_is_the_same(tmp_path: Path) -> None:
    pipeline = STAGE + "    wdir: sub\n    deps:\n    - ./data/\n    - ../a.csv\n"
    recorded = {"deps": {"data": "", "../x/../a.csv": ""}}
    assert changes(tmp_path, pipeline, recorded) == []


def test_an_absolute_path_into_the_project_is_recorded_as_a_relative_one(tmp_path: Path) -> None:
    pipeline = STAGE + f"    deps:\n    - {tmp_path}/a.csv\n"
    assert changes(tmp_path, pipeline, {"deps": {"a.csv": ""}}) == []


def test_an_absolute_path_out_of_the_project_led_into_it_elsewhere(tmp_path: Path) -> None:
    pipeline = STAGE + "    deps:\n    - /home/somebody/project/a.csv\n    - b.csv\n"
    assert changes(tmp_path, pipeline, {"deps": {"a.csv": "", "b.csv": ""}}) == []


def test_parameters(tmp_path: Path) -> None:
    pipeline = STAGE + "    params:\n    - lr\n    - depth\n    - other.yaml:\n      - x\n"
    recorded = {"params": {"params.yaml": {"lr": 1, "old": 2}, "other.yaml": {"y": 1}}}
    files = {"params.yaml": "lr: 1\ndepth: 2\n", "other.yaml": "x: 1\n"}
    assert changes(tmp_path, pipeline, recorded, **files) == [
        "+param params.yaml:depth",
        "+param other.yaml:x",
        "-param params.yaml:old",
        "-param other.yaml:y",
    ]


def test_a_parameter_that_does_not_exist_is_no_new_one(tmp_path: Path) -> None:
    pipeline = STAGE + "    params:\n    - learning_rate\n"
    recorded = {"params": {"params.yaml": {"lr": 1}}}
    assert changes(tmp_path, pipeline, recorded, **{"params.yaml": "lr: 1\n"}) == []


def test_a_file_that_is_tracked_as_a_whole(tmp_path: Path) -> None:
    pipeline = STAGE + "    params:\n    - other.yaml:\n    - new.yaml:\n"
    recorded = {"params": {"other.yaml": {"y": 1}}}
    assert changes(tmp_path, pipeline, recorded) == ["+param new.yaml"]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("python train.py", "python train.py --gpu", "the command had no '--gpu'"),
        ("python train.py --gpu", "python train.py", "the command had '--gpu' as well"),
        (
            "python train.py --lr 0.1 -v",
            "python train.py --lr 0.2 -v",
            "the command had '--lr 0.1' in place of '--lr 0.2'",
        ),
        ("python train.py", "python  train.py", "the command had other blanks or lines"),
        (["python train.py"], "python train.py", "the command was another one"),
        ("python " + "x" * 60, "python train.py", "the command was another one"),
    ],
)
def test_what_is_said_of_a_command(was: Any, now: str, said: str, tmp_path: Path) -> None:
    files = {"dvc.yaml": STAGE.replace("python train.py", now), "dvc.lock": lock(train={"cmd": was}), **SCRIPT}
    assert messages(project(tmp_path, files), "PK602") == [f"'train' is not the stage that last ran: {said}"]


def test_many_changes_are_counted(tmp_path: Path) -> None:
    pipeline = STAGE + "    deps: [a, b, c, d, e]\n"
    there = dict.fromkeys("abcde", "")
    made = project(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": lock(train={}), **SCRIPT, **there})
    (message,) = messages(made, "PK602")
    assert message.endswith("a is a new dependency; b is a new dependency; c is a new dependency; and 2 more")


@pytest.mark.parametrize("flag", ["frozen", "always_changed"])
def test_stages_that_are_frozen_are_left_alone(flag: str, tmp_path: Path) -> None:
    pipeline = STAGE + f"    {flag}: true\n"
    made = project(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": lock(train={"cmd": "other"}), **SCRIPT})
    assert len(messages(made, "PK602")) == (0 if flag == "frozen" else 1)


def test_a_group_is_said_once(tmp_path: Path) -> None:
    pipeline = "stages:\n  train:\n    foreach: [1, 2]\n    do:\n      cmd: python train.py ${item}\n"
    recorded = lock(train__1={"cmd": "python train.py 1 -v"}, train__2={"cmd": "python train.py 2 -v"})
    made = project(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": recorded, **SCRIPT})
    assert messages(made, "PK602") == ["'train@1' is not the stage that last ran: the command had '-v' as well"]
