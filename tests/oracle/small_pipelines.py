"""Random pipelines that run in a moment: a few stages of the shell, with everything that a stage can have."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.oracle.dvc_view import opened

SOURCES = ("a.txt", "src/b.sh", "src/deep/c.sh", "data/d.csv", "data/e.csv", "work/f.txt")
FOLDERS = ("src", "data")
PARAMS = {"lr": 0.1, "train": {"epochs": 3, "layers": [1, 2]}, "name": "x"}
CONF = {"mode": "fast", "depth": {"max": 4}}


def make(folder: Path, seed: int) -> None:
    """A pipeline that has run once, in git."""
    chance = random.Random(seed)
    for number, name in enumerate(SOURCES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"source {number} {seed}\nanother line\n", encoding="utf-8")
    write_yaml(folder / "params.yaml", PARAMS)
    write_yaml(folder / "work/params.yaml", PARAMS)
    (folder / "conf.json").write_text(json.dumps(CONF), encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("", encoding="utf-8")
    (folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    (folder / ".dvcignore").write_text("junk*\n", encoding="utf-8")
    stages = _stages(chance)
    write_yaml(folder / "dvc.yaml", {"stages": stages})
    with opened(str(folder), git=True) as repo:
        if chance.random() < 0.6:
            repo.add([chance.choice(["a.txt", "data/d.csv", "data/e.csv"])])
        repo.reproduce()
    for stage in stages.values():
        if chance.random() < 0.1:
            stage.get("do", stage)["frozen"] = True
    write_yaml(folder / "dvc.yaml", {"stages": stages})
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)


def _stages(chance: random.Random) -> dict[str, Any]:
    stages: dict[str, Any] = {}
    known = [*SOURCES, *FOLDERS]
    for number in range(chance.randint(3, 6)):
        stage, made = _stage(f"s{number}", chance, known)
        if chance.random() < 0.15 and "wdir" not in stage:
            text = json.dumps(stage).replace(f"s{number}.", f"s{number}_${{item}}.")
            stages[f"s{number}"] = {"foreach": ["u", "v"], "do": json.loads(text)}
            made = [path.replace(f"s{number}.", f"s{number}_u.") for path in made]
        else:
            stages[f"s{number}"] = stage
        known += made
    if chance.random() < 0.3:
        stages["callback"] = {"cmd": "echo hello"}
    return stages


def _stage(name: str, chance: random.Random, known: list[str]) -> tuple[dict[str, Any], list[str]]:
    up = "../" if chance.random() < 0.2 else ""
    deps = [up + path for path in chance.sample(known, chance.randint(1, 3))]
    stage: dict[str, Any] = {"deps": deps}
    if up:
        stage["wdir"] = "work"
    commands = [f"find {' '.join(deps)} -type f | sort | xargs cat > {name}.out"]
    made = [f"{name}.out"]
    stage["outs"] = [_flagged(f"{name}.out", chance)]
    if chance.random() < 0.4:
        commands += [f"mkdir -p {name}.dir/deep", f"cp {name}.out {name}.dir/one", f"echo {name} > {name}.dir/deep/two"]
        stage["outs"].append(_flagged(f"{name}.dir", chance))
        made += [f"{name}.dir", f"{name}.dir/one", f"{name}.dir/deep"]
    for section in ("metrics", "plots"):
        if chance.random() < 0.2:
            commands.append(f"echo 1 > {name}.{section}")
            stage[section] = [_flagged(f"{name}.{section}", chance)]
    if chance.random() < 0.6:
        stage["params"] = chance.sample(["lr", "train.epochs", "train.layers", "train", "name"], chance.randint(1, 3))
        if chance.random() < 0.4:
            stage["params"].append({f"{up}conf.json": chance.choice([None, ["mode"], ["depth.max", "mode"]])})
    if chance.random() < 0.1:
        stage["always_changed"] = True
    stage["cmd"] = commands if chance.random() < 0.5 else " && ".join(commands)
    return stage, [f"work/{path}" if up else path for path in made]


def _flagged(path: str, chance: random.Random) -> Any:
    flags: dict[str, bool] = {}
    if chance.random() < 0.25:
        flags["cache"] = False
    if chance.random() < 0.15:
        flags["persist"] = True
    return {path: flags} if flags else path


def write_yaml(path: Path, data: Any) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(data, file)


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)
