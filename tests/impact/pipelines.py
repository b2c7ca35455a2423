"""Made-up pipelines that DVC has run: small, quick, and with a bit of all that can make a stage run again.

Every stage writes something else each time it runs, so that whatever depends on it runs as well; but a stage that
always runs writes what it reads.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from tests.oracle.dvc_view import opened

RAN = "RAN_LOG"
_DATA = {
    "data/raw.csv": "a,b\n1,2\n",
    "data/set/one.csv": "1\n",
    "data/set/two.csv": "2\n",
    "lib/one.txt": "one\n",
    "lib/deep/two.txt": "two\n",
    "lib/note.tmp": "not for DVC\n",
    "steps/common.sh": "true\n",
    "steps/helper.py": "VALUE = 1\n",
    "steps/deeper.py": "VALUE = 2\n",
    "plain.txt": "nobody uses this\n",
    "params.yaml": "lr: 0.1\ndepth: 3\nlayers: [1, 2]\ntrain: {split: 0.2, seed: 1}\nunused: 1\n"
    "tpl: {x: 1, y: two}\ngrid: [x, y]\n",
    "whole.json": '{"p": 1, "q": [1, 2]}\n',
    "some.toml": "[section]\nkey = 1\nother = 2\n",
    "conf.py": "RATE = 1\n\n\nclass Train:\n    EPOCHS = 3\n",
    "vars.yaml": "size: 10\nlimit: 5\n",
    "sub/params.yaml": "inner: 1\n",
    ".dvcignore": "*.tmp\n__pycache__\n",
    ".gitignore": "*.extra\n__pycache__\n",
    ".dvc/config": "[core]\n    analytics = false\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
}
_PARAMS: list[Any] = [
    "lr", "depth", "layers", "layers.0", "train", "train.split",
    {"whole.json": None}, {"whole.json": ["p"]}, {"some.toml": ["section.key"]}, {"some.toml": None},
    {"conf.py": ["RATE"]}, {"conf.py": ["Train.EPOCHS"]},
]  # fmt: skip
_SHELL = """\
echo "$DVC_STAGE" >> "${ran}"
{common}mkdir -p {folder}
cat {reads} > /dev/null
{write}
echo extra > {extra}
"""
_PYTHON = """\
import os
import helper

with open(os.environ["{ran}"], "a") as log:
    print(os.environ["DVC_STAGE"], file=log)
os.makedirs("out", exist_ok=True)
with open("{out}", "w") as file:
    file.write(str(os.urandom(8)))
with open("{extra}", "w") as file:
    file.write("extra")
"""


def make_pipeline(folder: Path, seed: int) -> None:
    """Write the files of a project; `dvc.yaml` files are dumped, so that they can be loaded, changed and dumped."""
    rng = random.Random(seed)
    for name, text in _DATA.items():
        _write(folder / name, text)
    stages: dict[str, Any] = {}
    outs: list[str] = []
    for number in range(rng.randint(4, 7)):
        name = f"s{number}"
        deps = rng.sample(outs, min(len(outs), rng.choice([0, 1, 1, 2])))
        deps += rng.sample(
            ["data/raw.csv", "data/set", "data/set/one.csv", "lib", "lib/one.txt"], rng.choice([0, 1, 2])
        )
        if number == 3:
            stages[name], made = _python_stage(folder, name, deps)
        else:
            stages[name], made = _stage(folder, name, deps, rng)
        outs += made
    stages["grid"] = _grid(folder, outs[0])
    if rng.random() < 0.5:
        stages["grid"]["foreach"] = "${grid}"
    always = {"cmd": "sh steps/always.sh", "deps": [outs[0], "steps/always.sh"], "outs": ["out/always.txt"]}
    stages["always"] = {**always, "always_changed": True}
    _write(
        folder / "steps" / "always.sh",
        f'echo "$DVC_STAGE" >> "${RAN}"\nmkdir -p out\ncat steps/always.sh {_files(outs[0])} > out/always.txt\n',
    )
    stages["after"], _ = _stage(folder, "after", ["out/always.txt"], rng)
    if rng.random() < 0.7:
        stages["callback"] = {"cmd": f'echo "$DVC_STAGE" >> "${RAN}"'}
    text = {"vars": ["vars.yaml"], "stages": stages} if rng.random() < 0.5 else {"stages": stages}
    save(folder / "dvc.yaml", text)
    inner = {"cmd": "sh ../steps/inner.sh", "wdir": ".", "deps": [f"../{outs[-1]}", "../steps/inner.sh"]}
    save(folder / "sub" / "dvc.yaml", {"stages": {"inner": {**inner, "params": ["inner"], "outs": ["inner.txt"]}}})
    _write(
        folder / "steps" / "inner.sh",
        _SHELL.format(
            ran=RAN, common="", folder=".", reads=f"../{_files(outs[-1])}", write="date +%s%N > inner.txt",
            extra="inner.extra",
        ),
    )  # fmt: skip


def _stage(folder: Path, name: str, deps: list[str], rng: random.Random) -> tuple[dict[str, Any], list[str]]:
    script = f"steps/{name}.sh"
    out = f"out/{name}.txt"
    write = f"date +%s%N > {out}"
    stage: dict[str, Any] = {"cmd": f"sh {script}", "deps": [script, *deps]}
    kind = rng.choice(["file", "file", "folder", "metric"])
    made = [out]
    if kind == "folder":
        out = f"out/{name}"
        write = f"mkdir -p {out}; date +%s%N > {out}/x.txt; date +%s%N > {out}/y.txt"
        made = [rng.choice([out, f"{out}/x.txt"])]
    if kind == "metric":
        stage["metrics"] = [{out: {"cache": False}}]
    else:
        stage["outs"] = [out]
    if rng.random() < 0.7:
        stage["params"] = rng.sample(_PARAMS, rng.choice([1, 2]))
        if len({json.dumps(entry)[:12] for entry in stage["params"]}) < len(stage["params"]):
            stage["params"] = stage["params"][:1]
    if rng.random() < 0.4:
        stage["cmd"] += " ${tpl.x}" if rng.random() < 0.5 else " ${lr} ${tpl.y}"
    common = ". steps/common.sh\n" if rng.random() < 0.4 else ""
    reads = " ".join([script, *map(_files, deps)])
    text = _SHELL.format(
        ran=RAN, common=common, folder="out", reads=reads, write=write, extra=f"out/{name}.extra"
    )  # fmt: skip
    _write(folder / script, text)
    return stage, made


def _python_stage(folder: Path, name: str, deps: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Its script imports `helper.py`, which imports `deeper.py`, and the stage lists neither."""
    out = f"out/{name}.txt"
    _write(folder / "steps" / f"{name}.py", _PYTHON.format(ran=RAN, out=out, extra=f"out/{name}.extra"))
    _write(folder / "steps" / "helper.py", "import deeper\n\nVALUE = deeper.VALUE\n")
    return {"cmd": f"python steps/{name}.py", "deps": [f"steps/{name}.py", *deps], "outs": [out]}, [out]


def _grid(folder: Path, dep: str) -> dict[str, Any]:
    _write(
        folder / "steps" / "grid.sh",
        f'echo "$DVC_STAGE" >> "${RAN}"\nmkdir -p out\ndate +%s%N > out/grid-$1.txt\necho > out/grid.extra\n',
    )
    do = {"cmd": "sh steps/grid.sh ${item}", "deps": [dep, "steps/grid.sh"], "outs": ["out/grid-${item}.txt"]}
    return {"foreach": ["x", "y"], "do": do}


def _files(path: str) -> str:
    """For `cat`: what lies in a folder."""
    return path if "." in path.rpartition("/")[2] else f"$(find {path} -type f)"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def save(path: Path, data: Any) -> None:
    _write(path, yaml.safe_dump(data, sort_keys=False, width=1000))


# --- real DVC ------------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "core.autocrlf=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


def reproduced_pipeline(folder: Path, seed: int) -> Path:
    """A made-up pipeline after `dvc repro`, committed; in some a stage is frozen afterwards."""
    make_pipeline(folder, seed)
    git(folder, "init", "-q")
    with dvc(folder) as repo:
        repo.add(["data/raw.csv", "data/set"])
    reproduce(folder)
    rng = random.Random(seed)
    if rng.random() < 0.4:
        data = load(folder / "dvc.yaml")
        data["stages"][rng.choice(["s1", "s2"])]["frozen"] = True
        save(folder / "dvc.yaml", data)
    commit(folder)
    return folder


@contextmanager
def dvc(folder: Path) -> Iterator[Any]:
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    log = folder.parent / f"{folder.name}.log"
    with (
        mock.patch.dict(os.environ, {RAN: str(log), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}),
        opened(str(folder), git=True) as repo,
    ):
        yield repo


def reproduce(folder: Path, *targets: str) -> list[str]:
    """The addresses of the stages that `dvc repro` runs, in their order."""
    log = folder.parent / f"{folder.name}.log"
    log.write_text("")
    with dvc(folder) as repo:
        if targets:
            repo.reproduce(list(targets), single_item=True, run_cache=False)
        else:
            repo.reproduce(all_pipelines=True, run_cache=False)
    names = log.read_text().split()
    return [name if ":" in name else f"dvc.yaml:{name}" for name in names]


def copy_of(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to, symlinks=True)
    return to
