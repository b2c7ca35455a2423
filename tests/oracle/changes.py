"""Random changes to a project that has run: to its files, values, stages, lock and cache."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.oracle.small_pipelines import read_yaml, write_yaml
from tests.oracle.statuses import lose, write

Change = Callable[[Path, random.Random], object]


def _files(folder: Path) -> list[Path]:
    """All files of code and data."""
    found = [path for path in folder.rglob("*") if path.is_file() and not {".git", ".dvc"} & set(path.parts)]
    kept = {"dvc.yaml", "dvc.lock", ".gitignore", ".dvcignore", "params.yaml", "conf.json"}
    return sorted(path for path in found if path.name not in kept and path.suffix != ".dvc")


def _folders(folder: Path) -> list[Path]:
    return sorted({path.parent for path in _files(folder)} - {folder})


def edit(folder: Path, chance: random.Random) -> None:
    path = chance.choice(_files(folder))
    write(path, path.read_text(encoding="utf-8") + "more\n")


def same_size(folder: Path, chance: random.Random) -> None:
    path = chance.choice(_files(folder))
    write(path, path.read_text(encoding="utf-8").swapcase())


def touch(folder: Path, chance: random.Random) -> None:
    for path in chance.sample(_files(folder), 2):
        os.utime(path)


def mode(folder: Path, chance: random.Random) -> None:
    chance.choice([path for path in _files(folder) if path.stat().st_nlink == 1]).chmod(0o755)


def line_ends(folder: Path, chance: random.Random) -> None:
    path = chance.choice(_files(folder))
    write(path, path.read_text(encoding="utf-8").replace("\n", "\r\n"))


def delete(folder: Path, chance: random.Random) -> None:
    chance.choice(_files(folder)).unlink()


def delete_folder(folder: Path, chance: random.Random) -> None:
    shutil.rmtree(chance.choice([path for path in _folders(folder) if path.name != "work"]))


def new_member(folder: Path, chance: random.Random) -> None:
    write(chance.choice(_folders(folder)) / chance.choice(["new.txt", "new.pyc", "junk.txt", ".hidden"]), "new\n")


def empty_folder(folder: Path, chance: random.Random) -> None:
    (chance.choice(_folders(folder)) / "empty").mkdir(exist_ok=True)


def as_folder(folder: Path, chance: random.Random) -> None:
    path = chance.choice(_files(folder))
    path.unlink()
    write(path / "inside", "x\n")


# --- values ------------------------------------------------------------------------------------------------------


def value(folder: Path, chance: random.Random) -> None:
    path = chance.choice([folder / "params.yaml", folder / "work/params.yaml", folder / "conf.json"])
    if path.suffix == ".json":
        old, new = chance.choice([('"fast"', '"slow"'), ("4", "4.0"), ("4", "5"), ('"mode"', '"mood"')])
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        return
    data = read_yaml(path)
    what = chance.randrange(6)
    if what == 0:
        data["lr"] = chance.choice([0.1, 0.2, "0.1", None])
    elif what == 1:
        data["train"]["epochs"] = chance.choice([3.0, True, 4])
    elif what == 2:
        data["train"]["layers"] = chance.choice([[2, 1], [1, 2], [1, 2.0], []])
    elif what == 3:
        data.pop(chance.choice(list(data)))
    elif what == 4:
        data["train"]["new"] = 1
    else:
        data = dict(reversed(data.items()))
    write_yaml(path, data)


def no_values(folder: Path, chance: random.Random) -> None:
    chance.choice([folder / "work/params.yaml", folder / "conf.json", folder / "params.yaml"]).unlink()


# --- stages ------------------------------------------------------------------------------------------------------


def _a_stage(data: Any, chance: random.Random) -> Any:
    stage = chance.choice(list(data["stages"].values()))
    return stage.get("do", stage)


def stage(folder: Path, chance: random.Random) -> None:
    data = read_yaml(folder / "dvc.yaml")
    one = _a_stage(data, chance)
    what = chance.randrange(10)
    if what == 0:
        one["cmd"] = one["cmd"] + " && true" if isinstance(one["cmd"], str) else [*one["cmd"], "true"]
    elif what == 1:
        one["cmd"] = [one["cmd"]] if isinstance(one["cmd"], str) else " && ".join(one["cmd"])
    elif what == 2:
        one["deps"] = [*one.get("deps", []), chance.choice(["extra.txt", "conf.json", "nowhere.txt"])]
    elif what == 3 and len(one.get("deps", [])) > 1:
        one["deps"].pop()
    elif what == 4:
        one["params"] = [*one.get("params", []), chance.choice(["lr", "nowhere", {"conf.json": ["mode"]}])]
    elif what == 5 and one.get("params"):
        one["params"].pop(0)
    elif what == 6:
        one["outs"] = [*one.get("outs", []), "more.out"]
    elif what == 7:
        one["frozen"] = not one.get("frozen", False)
    elif what == 8:
        one["always_changed"] = True
    else:
        one["desc"] = "words"
        one["deps"] = list(reversed(one.get("deps", [])))
    for name in ("deps", "params"):
        if name in one and not one[name]:
            del one[name]
    write_yaml(folder / "dvc.yaml", data)


def rename(folder: Path, chance: random.Random) -> None:
    data = read_yaml(folder / "dvc.yaml")
    name = chance.choice(list(data["stages"]))
    data["stages"] = {f"new_{key}" if key == name else key: one for key, one in data["stages"].items()}
    write_yaml(folder / "dvc.yaml", data)


# --- lock --------------------------------------------------------------------------------------------------------


def no_lock(folder: Path, _: random.Random) -> None:
    (folder / "dvc.lock").unlink()


def no_entry(folder: Path, chance: random.Random) -> None:
    data = read_yaml(folder / "dvc.lock")
    del data["stages"][chance.choice(list(data["stages"]))]
    write_yaml(folder / "dvc.lock", data)


def legacy(folder: Path, chance: random.Random) -> None:
    text = (folder / "dvc.lock").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^      hash: md5\n", text)
    gone = chance.randrange(1, len(parts))
    text = "".join(part if number in (0, gone) else f"      hash: md5\n{part}" for number, part in enumerate(parts))
    (folder / "dvc.lock").write_text(text, encoding="utf-8")


def other_hash(folder: Path, chance: random.Random) -> None:
    text = (folder / "dvc.lock").read_text(encoding="utf-8")
    md5s = re.findall(r"md5: (\w{32})", text)
    (folder / "dvc.lock").write_text(text.replace(chance.choice(md5s), "0" * 32, 1), encoding="utf-8")


# --- cache -------------------------------------------------------------------------------------------------------


def _objects(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / ".dvc/cache/files").rglob("*") if path.is_file())


def lost(folder: Path, chance: random.Random) -> None:
    if _objects(folder):
        lose(chance.choice(_objects(folder)))


def all_lost(folder: Path, _: random.Random) -> None:
    shutil.rmtree(folder / ".dvc/cache", ignore_errors=True)


def broken(folder: Path, chance: random.Random) -> None:
    if _objects(folder):
        path = chance.choice(_objects(folder))
        path.chmod(0o644)
        path.write_text("something else", encoding="utf-8")


def unprotected(folder: Path, chance: random.Random) -> None:
    if _objects(folder):
        chance.choice(_objects(folder)).chmod(0o644)


#: Those of the last group never meet those that delete: what is neither here nor in the cache was never fetched.
ANY: list[Change] = [
    edit, edit, same_size, touch, mode, line_ends, new_member, new_member, empty_folder, value, value, value, stage,
    stage, stage, stage, rename, no_lock, no_entry,
]  # fmt: skip
DELETING: list[Change] = [delete, delete, delete_folder, as_folder, no_values]
CACHE: list[Change] = [lost, lost, all_lost, broken, unprotected, legacy, legacy, legacy, other_hash, other_hash]


def some(folder: Path, chance: random.Random) -> list[str]:
    """Make one to three changes; their names."""
    group = [*ANY, *ANY, *chance.choice([DELETING, CACHE]) * 2]
    made = [chance.choice(group) for _ in range(chance.choice([1, 1, 2, 3]))]
    for change in made:
        with contextlib.suppress(FileNotFoundError):  # another one took what it would change
            change(folder, chance)
    return [change.__name__ for change in made]
