"""PK208 and PK209: parameters that nothing uses, or that a stage lists for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.linting import messages

LOAD = "import yaml\nparams = yaml.safe_load(open('params.yaml'))\n"
PIPELINE = """
stages:
  train:
    cmd: python train.py
    deps:
    - train.py
    params:
    - seed
"""
PARAMS = """
seed: 7
train:
  lr: 0.1
  depth: 3
old:
  a: 1
  b: 2
"""


def unused(folder: Path, code: str, pipeline: str = PIPELINE, params: str = PARAMS, **files: str) -> list[str]:
    project = {"dvc.yaml": pipeline, "params.yaml": params, "train.py": code}
    project.update({name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    return [message.split("'")[1] for message in messages(folder, project, "PK208")]


def test_topmost_keys_are_named(tmp_path: Path) -> None:
    assert unused(tmp_path, LOAD + "print(params['train']['lr'])") == ["train.depth", "old"]


@pytest.mark.parametrize(
    "code",
    [
        LOAD + "fit(params)",
        LOAD + "import sys\nprint(params[sys.argv[1]])",
        LOAD + "for name in params:\n    print(params[name])",
        LOAD + "import json\njson.dump(params, open('out.json', 'w'))",
        LOAD + "other(params)",
        LOAD + "other(config=params)",
        LOAD + "class A:\n    def __init__(self, p):\n        self.p = p\nother(A(params))",
        LOAD + "fit({**params})",
        LOAD + "fit(list(params.values()))",
        LOAD + "print(f'{params}')",
        LOAD + "other([params])",
    ],
)
def test_file_that_is_used_as_a_whole(tmp_path: Path, code: str) -> None:
    assert unused(tmp_path, code) == []


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        (PIPELINE.replace("train.py\n    deps", "train.py --lr ${train.lr}\n    deps"), ["train.depth", "old"]),
        (PIPELINE.replace("train.py\n    deps", "train.py ${train}\n    deps"), ["old"]),
        (PIPELINE + "    - train\n", ["old"]),
        (PIPELINE + "    - train.*\n    - old.a\n", ["old.b"]),
        (PIPELINE + "    - params.yaml:\n", []),
        (PIPELINE.replace("train.py\n    deps", "train.py --lr ${train.rl}\n    deps"), []),
        (PIPELINE.replace("python train.py", "./train"), []),
        (PIPELINE.replace("python train.py", "cat params.yaml && python train.py"), ["train", "old"]),
        (PIPELINE.replace("python train.py", "yq .old params.yaml && python train.py"), []),
    ],
)
def test_pipeline_uses_some(tmp_path: Path, pipeline: str, expected: list[str]) -> None:
    assert unused(tmp_path, "", pipeline) == expected


def test_code_that_no_stage_runs(tmp_path: Path) -> None:
    script = "import yaml\ndef f():\n    return yaml.safe_load(open('params.yaml'))['old']\n"
    assert unused(tmp_path, LOAD + "print(params['train']['lr'])", app_dot_py=script) == ["train.depth"]


@pytest.mark.parametrize(
    "use", ["print(params)", "import logging\nlogging.info(params)", "import mlflow\nmlflow.log_params(params)"]
)
def test_what_is_only_shown_is_not_used(tmp_path: Path, use: str) -> None:
    assert unused(tmp_path, f"{LOAD}{use}\nfit(params['train'])") == ["old"]


def test_one_of_several_sections_is_chosen(tmp_path: Path) -> None:
    params = "kind: a\nseed: 7\nmodels:\n  a: {x: 1}\n  b: {x: 2}\nold: 3\n"
    assert unused(tmp_path, LOAD + "fit(params['models'][params['kind']]['x'])", params=params) == ["old"]


def test_code_that_is_never_called(tmp_path: Path) -> None:
    assert unused(tmp_path, LOAD + "def f(config):\n    return config['old']\nfit(params['train'])") == []


def test_yaml_alias_uses_what_it_repeats(tmp_path: Path) -> None:
    params = "base: &base\n  a: 1\nseed: 7\nold: 2\nuse: *base\n"
    assert unused(tmp_path, LOAD + "print(params['use']['a'])", params=params) == ["old"]


def listed_for_nothing(folder: Path, code: str, cmd: str = "python train.py") -> list[str]:
    pipeline = f"stages:\n  train:\n    cmd: {cmd}\n    params:\n    - seed\n    - train.lr\n"
    found = messages(folder, {"dvc.yaml": pipeline, "params.yaml": PARAMS, "train.py": code}, "PK209")
    return [message.split("'")[3] for message in found]


@pytest.mark.parametrize(
    ("code", "cmd", "expected"),
    [
        (LOAD + "print(params['seed'])", "python train.py", ["train.lr"]),
        (LOAD + "print(params['seed'], params['train'])", "python train.py", []),
        (LOAD + "print(params['seed'])", "python train.py ${train.lr}", []),
        (LOAD + "print(params['seed'])", "python train.py ${train}", []),
        (LOAD + "print(params['seed'])", "python train.py && ./other", []),
        (LOAD + "print(params['seed'])\ndef f(x):\n    return x['lr']\n", "python train.py", []),
        (LOAD + "print(params)", "python train.py", []),
        ("print(1)", "python train.py", []),
    ],
)
def test_listed_for_nothing(tmp_path: Path, code: str, cmd: str, expected: list[str]) -> None:
    assert listed_for_nothing(tmp_path, code, cmd) == expected
