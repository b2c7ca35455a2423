"""PK203: parameters that a script reads and its stage doesn't list."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.linting import findings, fixed, messages

PARAMS = """
seed: 7
data:
  path: data.csv
train:
  lr: 0.1
  layers: [1, 2]
  model:
    kind: forest
    depth: 3
"""
PIPELINE = """
stages:
  train:
    cmd: {cmd}
    deps:
    - train.py
    params:
    - seed
"""


def read(folder: Path, code: str, cmd: str = "python train.py", **files: str) -> list[str]:
    """The keys that the finding names; `seed` is listed."""
    project = {"dvc.yaml": PIPELINE.format(cmd=cmd), "params.yaml": PARAMS, "train.py": code}
    project.update({name.replace("__", "/") + ".py": text for name, text in files.items()})
    found = messages(folder, project, "PK203")
    assert len(found) <= 1
    return found[0].partition(" reads ")[2].partition(" from ")[0].split(", ") if found else []


WITH = """
import yaml
with open("params.yaml") as f:
    p = yaml.load(f, Loader=yaml.FullLoader)
"""
READ_TEXT = """
import yaml
from pathlib import Path
p = yaml.safe_load(Path("params.yaml").read_text())
"""
RUAMEL = """
from ruamel.yaml import YAML
yaml = YAML(typ="safe")
p = yaml.load(open("params.yaml"))
"""
OMEGACONF = """
from omegaconf import OmegaConf
cfg = OmegaConf.load("params.yaml")
"""
BOX = """
import yaml
from box import ConfigBox
c = ConfigBox(yaml.safe_load(open("params.yaml")))
"""
LOAD = "import yaml\nparams = yaml.safe_load(open('params.yaml'))\n"


@pytest.mark.parametrize(
    ("code", "keys"),
    [
        (LOAD + "print(params['train']['lr'])", ["train.lr"]),
        (LOAD + "print(params['seed'])", []),
        (LOAD + "train = params['train']\nprint(train['lr'], train['layers'][0])", ["train.lr", "train.layers"]),
        (LOAD + "print(params['train'].get('lr', 3), params.get('nothing'))", ["train.lr"]),
        (LOAD + "model = params['train']['model']\nprint(model['kind'])", ["train.model.kind"]),
        (LOAD + "fit(**params['train']['model'])", ["train.model.kind", "train.model.depth"]),
        (WITH + "print(p['train']['lr'])", ["train.lr"]),
        (READ_TEXT + "print(p['train']['lr'])", ["train.lr"]),
        (RUAMEL + "print(p['train']['lr'])", ["train.lr"]),
        ("import dvc.api\np = dvc.api.params_show()\nprint(p['train']['lr'])", ["train.lr"]),
        ("from dvc.api import params_show\nprint(params_show()['train']['lr'])", ["train.lr"]),
        (OMEGACONF + "print(cfg.train.lr, cfg.train.model.kind)", ["train.lr", "train.model.kind"]),
        (BOX + "print(c.train.lr)", ["train.lr"]),
        # not known which
        (LOAD + "import sys\nprint(params[sys.argv[1]])", []),
        (LOAD + "print(params)", []),
        # not a parameter that the file has
        (LOAD + "print(params['other'])", []),
        # another file
        ("import yaml\nprint(yaml.safe_load(open('other.yaml'))['train']['lr'])", []),
        # not Python at all
        ("this is no Python", []),
    ],
)
def test_ways_to_read(tmp_path: Path, code: str, keys: list[str]) -> None:
    assert read(tmp_path, code) == keys


FUNCTION = """
import argparse
import yaml

def load(path):
    with open(path) as file:
        return yaml.safe_load(file)

def train(config):
    print(config["train"]["lr"])

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default="params.yaml")
    args = parser.parse_args()
    train(load(args.config))
"""


@pytest.mark.parametrize("arguments", ["", "--config params.yaml", "--config=params.yaml"])
def test_name_of_the_file_comes_from_the_command(tmp_path: Path, arguments: str) -> None:
    assert read(tmp_path, FUNCTION, f"python train.py {arguments}") == ["train.lr"]


def test_other_file_in_the_command(tmp_path: Path) -> None:
    assert read(tmp_path, FUNCTION, "python train.py --config other.yaml") == []


def test_module_of_the_project(tmp_path: Path) -> None:
    code = "from src.config import load\nprint(load()['train']['lr'])\n"
    config = "import yaml\ndef load():\n    return yaml.safe_load(open('params.yaml'))\n"
    assert read(tmp_path, code, src__config=config) == ["train.lr"]


def test_function_that_is_not_called_reads_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, LOAD + "def unused():\n    return params['train']['lr']\n") == []


@pytest.mark.parametrize(
    ("section", "is_listed"),
    [
        ("params:\n    - train.lr", True),
        ("params:\n    - train", True),
        ("params:\n    - train.*", True),
        ("params:\n    - params.yaml:", True),
        ("params:\n    - params.yaml: [train]", True),
        ("deps:\n    - params.yaml", True),
        ("params:\n    - seed", False),
        ("params:\n    - train.depth", False),
        ("frozen: false", False),
    ],
)
def test_listed_one_way_or_another(tmp_path: Path, section: str, is_listed: bool) -> None:
    text = f"stages:\n  train:\n    cmd: python train.py\n    {section}\n"
    files = {"dvc.yaml": text, "params.yaml": PARAMS, "train.py": LOAD + "print(params['train']['lr'])\n"}
    assert bool(findings(tmp_path, files, "PK203")) is not is_listed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    params:\n    - seed\n", "    params:\n    - seed\n    - train.lr\n    - train.layers\n"),
        ("    params: [seed]\n", "    params: [seed, train.lr, train.layers]\n"),
        ("    params: []\n", "    params:\n    - train.lr\n    - train.layers\n"),
        ("", "    params:\n    - train.lr\n    - train.layers\n"),
        (
            "    params:\n    - data\n    - seed\n",
            "    params:\n    - data\n    - seed\n    - train.layers\n    - train.lr\n",
        ),
    ],
)
def test_fix_lists_the_keys(tmp_path: Path, before: str, after: str) -> None:
    head = "stages:\n  train:\n    cmd: python train.py\n"
    code = LOAD + "print(params['train']['lr'], params['train']['layers'])\n"
    files = {"dvc.yaml": head + before, "params.yaml": PARAMS, "train.py": code}
    assert fixed(tmp_path, files, "PK203", unsafe=False).texts["dvc.yaml"][1] == head + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "    params:\n    - conf/train.yaml:\n      - lr\n      - depth\n"),
        (
            "    params:\n    - conf/train.yaml:\n      - kind\n",
            "    params:\n    - conf/train.yaml:\n      - kind\n      - lr\n      - depth\n",
        ),
        ("    params:\n    - seed\n", "    params:\n    - seed\n    - conf/train.yaml:\n      - lr\n      - depth\n"),
    ],
)
def test_fix_for_another_file(tmp_path: Path, before: str, after: str) -> None:
    head = "stages:\n  train:\n    cmd: python train.py\n"
    tail = "  other:\n    cmd: python other.py\n    params:\n    - conf/train.yaml:\n"
    code = "import yaml\np = yaml.safe_load(open('conf/train.yaml'))\nprint(p['lr'], p['depth'])\n"
    files = {
        "dvc.yaml": head + before + tail,
        "params.yaml": PARAMS,
        "conf/train.yaml": "lr: 1\ndepth: 2\nkind: 3\n",
        "train.py": code,
    }
    assert fixed(tmp_path, files, "PK203", unsafe=False).texts["dvc.yaml"][1] == head + after + tail


def test_stage_in_a_folder_of_its_own(tmp_path: Path) -> None:
    text = "stages:\n  train:\n    cmd: python ../train.py\n    wdir: work\n"
    code = LOAD.replace("'params.yaml'", "'../params.yaml'") + "print(params['seed'])\n"
    files = {"dvc.yaml": text, "params.yaml": PARAMS, "train.py": code, "work/x": ""}
    result = fixed(tmp_path, files, "PK203", unsafe=False)
    assert result.texts["dvc.yaml"][1] == text + "    params:\n    - ../params.yaml:\n      - seed\n"


HYDRA = """
import hydra

@hydra.main(config_path="conf", config_name="config")
def main(cfg):
    print(cfg.seed, cfg.model.depth, cfg.nothing)

if __name__ == "__main__":
    main()
"""
GROUPS = {
    "conf/config.yaml": "defaults:\n- model: tree\nseed: 7\nunused: 1\n",
    "conf/model/tree.yaml": "depth: 3\n",
    "conf/model/net.yaml": "depth: 5\n",
}


@pytest.mark.parametrize(("arguments", "group"), [("", "tree"), (" model=net", "net")])
def test_files_of_hydra_in_one_finding(tmp_path: Path, arguments: str, group: str) -> None:
    head = f"stages:\n  train:\n    cmd: python train.py{arguments}\n"
    result = fixed(tmp_path, {"dvc.yaml": head, "train.py": HYDRA, **GROUPS}, "PK203", unsafe=False)
    entries = f"    - conf/config.yaml:\n      - seed\n    - conf/model/{group}.yaml:\n      - depth\n"
    assert result.texts["dvc.yaml"][1] == f"{head}    params:\n{entries}"
    assert len(result.applied) == 1
