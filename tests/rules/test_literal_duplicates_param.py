"""PK213: options of a command that repeat what a params file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.linting import findings, fixed

STAGES = """
stages:
  train:
    cmd: python train.py {}
    params:
    - train
"""


def said(folder: Path, arguments: str, params: str) -> list[tuple[str, str]]:
    """What stands at the places of the findings, and the key that each names."""
    found = findings(folder, {"dvc.yaml": STAGES.format(arguments), "params.yaml": params}, "PK213")
    return [(one.place.document.text[one.place.start : one.place.end], one.message.split("'")[3]) for one in found]


@pytest.mark.parametrize(
    ("arguments", "params", "expected"),
    [
        ("--loss mse", "train: {loss: mse}", [("mse", "train.loss")]),
        ("--loss=mse", "train: {loss: mse}", [("mse", "train.loss")]),
        ("--loss 'mse'", "train: {loss: mse}", [("mse", "train.loss")]),
        ("train.loss=mse", "train: {loss: mse}", [("mse", "train.loss")]),
        ("--base-model bert", "train: {base_model: bert}", [("bert", "train.base_model")]),
        # another value, another name, a template
        ("--loss mae", "train: {loss: mse}", []),
        ("--kind mse", "train: {loss: mse}", []),
        ("--loss ${train.loss}", "train: {loss: mse}", []),
        ("mse", "train: {loss: mse}", []),
        # numbers are PK201's, but not those that it leaves alone
        ("--lr 0.1", "train: {lr: 0.1}", []),
        ("--workers 4", "train: {workers: 4}", [("4", "train.workers")]),
        # whose is it?
        ("--loss mse", "train: {loss: mse}\nother: {loss: mse}", [("mse", "train.loss")]),
        ("--loss mse", "a: {loss: mse}\nb: {loss: mse}", []),
        ("--loss mse", "a: {loss: mae}\nb: {loss: mse}", []),
        ("--flag true", "train: {flag: true}", []),
    ],
)
def test_options(tmp_path: Path, arguments: str, params: str, expected: list[tuple[str, str]]) -> None:
    assert said(tmp_path, arguments, params) == expected


def test_fix_leaves_the_command_as_it_is(tmp_path: Path) -> None:
    files = {"dvc.yaml": STAGES.format("--loss mse --model m.pkl"), "params.yaml": "train:\n  loss: mse\n"}
    result = fixed(tmp_path, files, "PK213", unsafe=False)
    assert result.texts["dvc.yaml"][1] == STAGES.format("--loss ${train.loss} --model m.pkl").lstrip()


def test_fix_lists_the_parameter(tmp_path: Path) -> None:
    text = "stages:\n  train:\n    cmd: python train.py --loss mse\n    deps:\n    - train.py\n"
    result = fixed(tmp_path, {"dvc.yaml": text, "params.yaml": "loss: mse\n"}, "PK213", unsafe=False)
    assert result.texts["dvc.yaml"][1] == text.replace("mse", "${loss}") + "    params:\n    - loss\n"


@pytest.mark.parametrize(
    ("params", "cmd", "keys"),
    [
        ("hyper:\n  lr: 0.1\n", "python train.py --lr ${hyper.lr}", ["hyper.lr"]),
        ("lr: 0.1\n", "python train.py --lr ${lr}", ["lr"]),
        # another value, or nobody knows which: a parameter of its own
        ("hyper:\n  lr: 0.2\n", "python train.py --lr ${train.lr}", ["train.lr"]),
        ("a:\n  lr: 0.1\nb:\n  lr: 0.1\n", "python train.py --lr ${train.lr}", ["train.lr"]),
    ],
)
def test_number_that_stands_in_the_params_file_already(tmp_path: Path, params: str, cmd: str, keys: list[str]) -> None:
    text = "stages:\n  train:\n    cmd: python train.py --lr 0.1\n"
    result = fixed(tmp_path, {"dvc.yaml": text, "params.yaml": params}, "PK201", "PK213", unsafe=False)
    after = result.texts["dvc.yaml"][1]
    assert after == f"stages:\n  train:\n    cmd: {cmd}\n    params:\n" + "".join(f"    - {key}\n" for key in keys)
