"""Changes that people make to a project, one function each.

A mutation changes files in a folder and returns those that it changed, or None if there is nothing of the kind to
change in the project.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.impact.pipelines import commit, dvc, git, load, reproduce, save

Change = Callable[[Path, random.Random], "list[str] | None"]


class Mutation(NamedTuple):
    name: str
    make: Change
    #: whether git sees it: data that DVC tracks is ignored by git
    by_git: bool = True
    #: whether what happened is that the files changed: an output that is edited is put back
    by_files: bool = True
    #: the revision that it is a change to
    since: str = "HEAD"


MUTATIONS: list[Mutation] = []


def mutation(make: Change | None = None, **more: Any) -> Any:
    def register(function: Change) -> Change:
        MUTATIONS.append(Mutation(function.__name__, function, **more))
        return function

    return register(make) if make is not None else register


def append(folder: Path, name: str, text: str = "# more\n") -> list[str]:
    with open(folder / name, "a", encoding="utf-8") as file:
        file.write(text)
    return [name]


def replace(folder: Path, name: str, old: str, new: str) -> list[str]:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text, (name, old)
    (folder / name).write_text(text.replace(old, new), encoding="utf-8", newline="")
    return [name]


# --- code ----------------------------------------------------------------------------------------------------


@mutation
def script(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, f"steps/{rng.choice(sorted(path.name for path in (folder / 'steps').glob('s[0-9]*')))}")


@mutation
def script_of_a_group(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, "steps/grid.sh")


@mutation
def script_of_a_stage_that_always_runs(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, "steps/always.sh")


@mutation
def two_scripts(folder: Path, rng: random.Random) -> list[str]:
    return [*append(folder, "steps/s0.sh"), *append(folder, "steps/inner.sh")]


@mutation
def script_touched(folder: Path, rng: random.Random) -> list[str]:
    os.utime(folder / "steps" / "s0.sh", (1, 1))
    return []


@mutation
def script_made_executable(folder: Path, rng: random.Random) -> list[str]:
    (folder / "steps" / "s0.sh").chmod(0o755)
    return []


@mutation
def line_ends(folder: Path, rng: random.Random) -> list[str]:
    return replace(folder, "lib/one.txt", "\n", "\r\n")


@mutation
def code_that_nobody_declares(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, rng.choice(["steps/common.sh", "steps/helper.py", "steps/deeper.py"]))


@mutation
def file_that_nobody_uses(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, "plain.txt")


@mutation
def file_that_is_new_and_nobody_uses(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, "steps/new.sh")


# --- folders -------------------------------------------------------------------------------------------------


@mutation
def file_in_a_folder(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, rng.choice(["lib/one.txt", "lib/deep/two.txt"]))


@mutation
def new_file_in_a_folder(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, "lib/deep/new.txt")


@mutation
def file_gone_from_a_folder(folder: Path, rng: random.Random) -> list[str]:
    (folder / "lib" / "deep" / "two.txt").unlink()
    return ["lib/deep/two.txt"]


@mutation
def file_in_a_folder_that_dvc_ignores(folder: Path, rng: random.Random) -> list[str]:
    return append(folder, rng.choice(["lib/note.tmp", "lib/new.tmp"]))


# --- data ----------------------------------------------------------------------------------------------------


@mutation(by_git=False)
def data_edited(folder: Path, rng: random.Random) -> list[str]:
    name = rng.choice(["data/raw.csv", "data/set/one.csv", "data/set/two.csv"])
    (folder / name).chmod(0o644)
    return append(folder, name, "3,4\n")


@mutation
def data_added(folder: Path, rng: random.Random) -> list[str]:
    name, tracked = rng.choice(
        [("data/raw.csv", "data/raw.csv"), ("data/set/one.csv", "data/set"), ("data/set/new.csv", "data/set")]
    )
    if (folder / name).exists():
        (folder / name).chmod(0o644)
    append(folder, name, "3,4\n")
    with dvc(folder) as repo:
        repo.add([tracked])
    return [f"{tracked}.dvc"] if name != "data/set/new.csv" or rng.random() < 0.5 else [name]


@mutation
def note_in_a_dvc_file(folder: Path, rng: random.Random) -> list[str]:
    append(folder, "data/raw.csv.dvc", "desc: what it is\n")
    return []


def stages_of(folder: Path, *, plain: bool = True) -> dict[str, Any]:
    stages = load(folder / "dvc.yaml")["stages"]
    return (
        {name: stage for name, stage in stages.items() if "deps" in stage and not stage.get("frozen")}
        if plain
        else stages
    )


@mutation(by_files=False)
def metric_edited(folder: Path, rng: random.Random) -> list[str] | None:
    names = [next(iter(entry)) for stage in stages_of(folder).values() for entry in stage.get("metrics", ())]
    return append(folder, rng.choice(names)) if names else None


# --- parameters ----------------------------------------------------------------------------------------------

_VALUES = [
    ("params.yaml", "lr: 0.1", "lr: 0.2"),
    ("params.yaml", "depth: 3", "depth: 4"),
    ("params.yaml", "split: 0.2", "split: 0.3"),
    ("params.yaml", "seed: 1", "seed: 2"),
    ("params.yaml", "[1, 2]", "[1, 3]"),
    ("params.yaml", "[1, 2]", "[2, 2]"),
    ("params.yaml", "unused: 1", "unused: 2"),
    ("params.yaml", "unused: 1\n", ""),
    ("params.yaml", "x: 1", "x: 2"),
    ("params.yaml", "y: two", "y: three"),
    ("params.yaml", "seed: 1", "seed: 1, more: 2"),
    ("params.yaml", "[x, y]", "[x, y, z]"),
    ("params.yaml", "[x, y]", "[y]"),
    ("params.yaml", "[x, y]", "[x, w]"),
    ("sub/params.yaml", "inner: 1", "inner: 2"),
    ("whole.json", '"p": 1', '"p": 2'),
    ("whole.json", "[1, 2]", "[1]"),
    ("whole.json", "{", '{"new": 1, '),
    ("whole.json", ', "q": [1, 2]', ""),
    ("some.toml", "key = 1", "key = 2"),
    ("some.toml", "other = 2", "other = 3"),
    ("conf.py", "RATE = 1", "RATE = 2"),
    ("conf.py", "EPOCHS = 3", "EPOCHS = 4"),
    ("vars.yaml", "size: 10", "size: 11"),
]
_SAME = [
    ("params.yaml", "lr: 0.1", "lr:   0.10  # the rate"),
    ("params.yaml", "depth: 3", "depth: 3.0"),
    ("params.yaml", "train: {split: 0.2, seed: 1}", "train:\n  seed: 1\n  split: 0.2"),
    ("whole.json", " ", "\n  "),
    ("some.toml", "key = 1", "key   = 1 # one"),
    ("conf.py", "RATE = 1", "import os\n\n# the rate\nRATE = 1"),
]


@mutation
def value(folder: Path, rng: random.Random) -> list[str]:
    return replace(folder, *rng.choice(_VALUES))


@mutation
def another_value(folder: Path, rng: random.Random) -> list[str]:
    return replace(folder, *rng.choice(_VALUES))


@mutation
def two_values(folder: Path, rng: random.Random) -> list[str]:
    one, other = rng.sample(_VALUES[:4], 2)
    return list({*replace(folder, *one), *replace(folder, *other)})


@mutation
def items_of_a_group_in_a_params_file(folder: Path, rng: random.Random) -> list[str] | None:
    if "${grid}" not in (folder / "dvc.yaml").read_text():
        return None
    return replace(folder, "params.yaml", "[x, y]", "[x, w, z]")


@mutation
def values_written_in_another_way(folder: Path, rng: random.Random) -> list[str]:
    return replace(folder, *rng.choice(_SAME))


# --- definitions ---------------------------------------------------------------------------------------------


def redefined(change: Callable[[Path, dict[str, Any], str, random.Random], bool | None]) -> Change:
    """A change to one stage of `dvc.yaml`, as data."""

    def make(folder: Path, rng: random.Random) -> list[str] | None:
        data = load(folder / "dvc.yaml")
        before = (folder / "dvc.yaml").read_bytes()
        name = rng.choice([name for name in data["stages"] if name.startswith("s")])
        if change(folder, data["stages"], name, rng) is False:
            return None
        save(folder / "dvc.yaml", data)
        return ["dvc.yaml"] if (folder / "dvc.yaml").read_bytes() != before else None

    make.__name__ = change.__name__
    MUTATIONS.append(Mutation(change.__name__, make))
    return make


@redefined
def command(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["cmd"] += " more"


@redefined
def command_of_a_group(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages["grid"]["do"]["cmd"] += " more"


@redefined
def command_with_a_value_instead_of_a_parameter(
    folder: Path, stages: dict[str, Any], name: str, rng: random.Random
) -> None:
    stages[name]["cmd"] = stages[name]["cmd"].replace("${tpl.x}", "1").replace("${lr}", "0.1")


@redefined
def command_as_a_list(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["cmd"] = [stages[name]["cmd"]]


@redefined
def dependency_more(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["deps"].append(rng.choice(["plain.txt", "steps/common.sh", "steps"]))


@redefined
def dependency_less(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> bool | None:
    if len(stages[name]["deps"]) < 2:
        return False
    stages[name]["deps"].pop(0)
    return None


@redefined
def dependency_spelled_in_another_way(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["deps"][0] = "./" + stages[name]["deps"][0]


@redefined
def dependencies_in_another_order(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["deps"].reverse()


@redefined
def output_more(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name].setdefault("outs", []).append({f"out/{name}.extra": {"cache": False}})


@redefined
def output_that_is_not_cached(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> bool | None:
    outs = stages[name].get("outs")
    if not outs:
        return False
    outs[0] = {outs[0]: {"cache": False}}
    return None


@redefined
def output_that_stays(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> bool | None:
    outs = stages[name].get("outs")
    if not outs:
        return False
    outs[0] = {outs[0]: {"persist": True}}
    return None


@redefined
def parameter_more(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name].setdefault("params", []).append(rng.choice(["unused", "tpl.x", {"vars.yaml": ["size"]}]))


@redefined
def parameter_less(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> bool | None:
    return None if stages[name].pop("params", None) else False


@redefined
def parameters_as_a_whole_file(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> bool | None:
    params = stages[name].get("params", ())
    if not any(isinstance(entry, dict) and None not in entry.values() for entry in params):
        return False
    stages[name]["params"] = [dict.fromkeys(entry) if isinstance(entry, dict) else entry for entry in params]
    return None


@redefined
def what_it_is_for(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name].update({"desc": "what it is for", "meta": {"tag": "gpu"}})


@redefined
def frozen(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["frozen"] = True


@redefined
def frozen_and_another_command(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["frozen"] = True
    stages[name]["cmd"] += " more"


@redefined
def no_longer_frozen(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> bool | None:
    return None if any(stage.pop("frozen", None) for stage in stages.values()) else False


@redefined
def always_changed(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["always_changed"] = True


@redefined
def renamed(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[f"{name}-new"] = stages.pop(name)


@redefined
def removed(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    del stages["after"]


@redefined
def new_stage(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages["new"] = {"cmd": 'echo "$DVC_STAGE" >> "$RAN_LOG"; echo > out/new.txt', "deps": ["plain.txt"]}
    stages["new"]["outs"] = ["out/new.txt"]


@redefined
def new_item_of_a_group(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages["grid"]["foreach"] = ["x", "y", "z"]


@redefined
def other_item_of_a_group(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages["grid"]["foreach"] = ["w", "y"]


@redefined
def stages_in_another_order(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    first = next(iter(stages))
    stages[first] = stages.pop(first)


@redefined
def working_folder_spelled_in_another_way(folder: Path, stages: dict[str, Any], name: str, rng: random.Random) -> None:
    stages[name]["wdir"] = "./"


@mutation
def layout_and_comments(folder: Path, rng: random.Random) -> list[str]:
    return replace(folder, "dvc.yaml", "stages:\n", "# the stages\n\nstages:\n\n")


@mutation
def stage_of_another_file(folder: Path, rng: random.Random) -> list[str]:
    if rng.random() < 0.5:
        return append(folder, "steps/inner.sh")
    return replace(folder, "sub/dvc.yaml", "cmd: sh", "cmd: sh -u")


# --- branches ------------------------------------------------------------------------------------------------


@mutation(since="HEAD~1")
def somebody_ran_it_and_committed_the_lock(folder: Path, rng: random.Random) -> list[str]:
    append(folder, "steps/s0.sh")
    replace(folder, *rng.choice(_VALUES))
    reproduce(folder)
    commit(folder)
    return []


@mutation(since="HEAD~1")
def somebody_ran_one_stage_and_committed_the_lock(folder: Path, rng: random.Random) -> list[str]:
    append(folder, "steps/s0.sh")
    reproduce(folder, "s0")
    commit(folder)
    return []


@mutation(since="HEAD~1")
def somebody_changed_a_definition_and_ran_it(folder: Path, rng: random.Random) -> list[str]:
    data = load(folder / "dvc.yaml")
    data["stages"]["s0"]["cmd"] += " more"
    data["stages"]["s0"]["deps"].append("plain.txt")
    data["stages"]["s0"].setdefault("params", []).append("unused")
    data["stages"]["grid"]["foreach"] = ["x", "y", "z"]
    save(folder / "dvc.yaml", data)
    reproduce(folder)
    commit(folder)
    return []


@mutation(since="HEAD~1")
def somebody_ran_it_and_changed_it_again(folder: Path, rng: random.Random) -> list[str]:
    append(folder, "steps/s0.sh")
    reproduce(folder)
    commit(folder)
    return append(folder, "steps/s0.sh") if rng.random() < 0.5 else replace(folder, *rng.choice(_VALUES))


@mutation(since="HEAD~1")
def somebody_committed_without_a_run(folder: Path, rng: random.Random) -> list[str]:
    changed = append(folder, "steps/s1.sh")
    changed += replace(folder, *rng.choice(_VALUES))
    commit(folder)
    return changed


@mutation(since="HEAD~1")
def lock_of_the_wrong_side(folder: Path, rng: random.Random) -> list[str]:
    append(folder, "steps/s0.sh")
    reproduce(folder)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "right")
    git(folder, "checkout", "HEAD~1", "--", "dvc.lock")
    git(folder, "commit", "-q", "-m", "wrong")
    return []
