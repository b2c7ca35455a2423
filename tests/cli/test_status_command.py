"""`pipelinekit status`: exit codes, the shape that programs rely on, and what people see."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.cli import terminal
from tests.command_line import Result, run
from tests.freshness.projects import lock, md5, project
from tests.freshness.test_status import CLONE, without


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(project(tmp_path / "p", CLONE).root)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def told(folder: Path, *arguments: str) -> str:
    result = run("status", *arguments, folder=folder)
    assert result.stderr == ""
    return result.stdout


def stages_of(folder: Path) -> dict[str, Any]:
    document = json.loads(run("status", "--format", "json", folder=folder).stdout)
    assert list(document) == ["version", "stages"]
    assert document["version"] == 1
    return {stage["address"]: stage for stage in document["stages"]}


# --- exit codes --------------------------------------------------------------------------------------------------


def test_nothing_stale_is_0(folder: Path) -> None:
    assert run("status", folder=folder) == Result(
        0,
        "3 stages: 3 fresh\n4 outputs are not here, which makes nothing stale ('dvc pull' brings them).\n",
        "",
    )


def test_stale_is_1_and_so_is_never_run(folder: Path) -> None:
    edit(folder, "train.py", "train", "learn")
    assert run("status", folder=folder).status == 1
    (folder / "dvc.lock").unlink()
    assert run("status", folder=folder).status == 1


def test_unknown_is_0(tmp_path: Path) -> None:
    made = project(tmp_path, without(CLONE, "raw.csv.dvc"))
    result = run("status", folder=made.root)
    assert result.status == 0
    assert result.stdout.startswith("unknown    prepare\n           raw.csv is not here, and neither git, DVC nor")


def test_changed_data_is_1(folder: Path) -> None:
    (folder / "raw.csv").write_text("raw")
    path = folder / ".dvc/cache/files/md5" / md5("raw")[:2] / md5("raw")[2:]
    path.parent.mkdir(parents=True)
    path.write_text("raw")
    path.chmod(0o444)
    assert run("status", folder=folder).status == 0
    (folder / "raw.csv").write_text("other")
    assert run("status", folder=folder).status == 1
    assert stages_of(folder)["raw.csv.dvc"]["state"] == "stale"
    assert "Run 'dvc commit raw.csv.dvc' to keep the data that is here now." in told(folder)


def test_a_hook_may_only_warn(folder: Path) -> None:
    edit(folder, "train.py", "train", "learn")
    result = run("status", "--exit-zero", folder=folder)
    assert result.status == 0
    assert "train.py changed" in result.stdout
    assert run("status", "--exit-zero", "--no-exit-zero", folder=folder).status == 1


def test_quiet_says_it_with_the_exit_code(folder: Path) -> None:
    assert run("status", "-q", folder=folder) == Result(0, "", "")
    edit(folder, "train.py", "train", "learn")
    assert run("status", "--quiet", "--format", "json", folder=folder) == Result(1, "", "")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"dvc.lock": "<<<<<<< ours\n"}, "dvc.lock can't be read"),
        ({"dvc.lock": b"\xff"}, "dvc.lock can't be read"),
        ({"dvc.yaml": "stages: ["}, "no stage can be read"),
    ],
    ids=["conflict", "no text", "no YAML"],
)
def test_what_can_not_be_read_is_2(files: dict[str, str | bytes], message: str, folder: Path) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    result = run("status", folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith(f"pipelinekit: {message}")
    assert result.stderr.count("\n") == 1


def test_no_project_is_2(tmp_path: Path) -> None:
    result = run("status", "--project", str(tmp_path), folder=tmp_path)
    assert result.status == 2
    assert "no DVC project" in result.stderr


# --- JSON --------------------------------------------------------------------------------------------------------


def test_json_has_the_fields_of_the_contract(folder: Path) -> None:
    edit(folder, "params.yaml", "0.2", "0.3")
    stages = stages_of(folder)
    assert list(stages) == ["raw.csv.dvc", "dvc.yaml:prepare", "dvc.yaml:train", "dvc.yaml:evaluate"]
    assert {address: stage["state"] for address, stage in stages.items()} == {
        "raw.csv.dvc": "fresh", "dvc.yaml:prepare": "stale", "dvc.yaml:train": "stale", "dvc.yaml:evaluate": "stale"
    }  # fmt: skip
    assert stages["dvc.yaml:prepare"]["because"] == [
        {
            "kind": "param",
            "path": "params.yaml:split",
            "was": 0.2,
            "now": 0.3,
            "via": None,
            "dvc": True,
            "message": "split: 0.2 → 0.3",
        }
    ]
    (cause,) = stages["dvc.yaml:train"]["because"]
    assert (cause["kind"], cause["path"], cause["via"], cause["dvc"]) == (
        "upstream", "clean.csv", "dvc.yaml:prepare", False
    )  # fmt: skip


def test_values_that_json_has_not_become_text(folder: Path) -> None:
    (folder / "params.yaml").write_text("split: {1: .nan, 2026-01-01: [.inf, 2026-01-02]}\n")
    (cause,) = stages_of(folder)["dvc.yaml:prepare"]["because"]
    assert cause["now"] == {"1": "nan", "2026-01-01": ["inf", "2026-01-02"]}


def put_into_cache(folder: Path, content: str) -> None:
    path = folder / ".dvc/cache/files/md5" / md5(content)[:2] / md5(content)[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


# --- text --------------------------------------------------------------------------------------------------------


def test_what_changed_in_a_long_command_is_told_however_far_behind_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "WIDTH_OF_A_FILE", 80)
    long = "python train.py " + "--and on " * 20
    for name in ("dvc.yaml", "dvc.lock"):
        edit(folder, name, "cmd: python train.py", f"cmd: {long}--epochs 200")
    edit(folder, "dvc.yaml", "--epochs 200", "--epochs 250")
    assert "           its command changed: --epochs 200 → 250\n" in told(folder)


def test_a_command_that_has_little_in_common_with_the_last_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "WIDTH_OF_A_FILE", 80)
    edit(folder, "dvc.yaml", "python train.py", "Rscript " + "x " * 150)
    assert f"""\
           its command is another one
             was  python train.py
             now  Rscript {"x " * 26}x…
""" in told(folder)


def test_text_names_causes_and_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "WIDTH_OF_A_FILE", 80)
    edit(folder, "prepare.py", "prepare", "cleanse")
    edit(
        folder,
        "dvc.yaml",
        "python train.py",
        "python train.py --with 'a long list of arguments' that --goes on --and on",
    )
    assert (
        told(folder)
        == """\
stale      prepare
           prepare.py changed
stale      train
           its command changed: + --with 'a long list of arguments' that --goes
             on --and on
           'prepare', which makes clean.csv, is stale
stale      evaluate
           'train', which makes model.pkl, is stale

3 stages: 3 stale
DVC itself does not say so of 1: it looks at each stage alone.
4 outputs are not here, which makes nothing stale ('dvc pull' brings them).
Run 'dvc repro --pull', and commit dvc.lock with the results.
"""
    )


def test_all_shows_what_is_fresh_too(folder: Path) -> None:
    edit(folder, "train.py", "train", "learn")
    assert told(folder, "--all").startswith("fresh      raw.csv.dvc\nfresh      prepare\nstale      train\n")


def test_after_a_switch_of_branches_the_data_of_the_other_one_needs_no_run(folder: Path) -> None:
    put_into_cache(folder, "model")
    (folder / "model.pkl").write_text("that of the other branch")
    assert (
        told(folder)
        == """\
stale      train
           model.pkl is not what was made, or committed, last; the cache has it: 'dvc checkout'
             brings it back
stale      evaluate
           model.pkl changed
           'train', which makes model.pkl, is stale

3 stages: 2 stale, 1 fresh
3 outputs are not here, which makes nothing stale ('dvc pull' brings them).
Run 'dvc checkout' to bring back what was deleted, or is of another commit.
"""
    )
    edit(folder, "train.py", "train", "learn")
    assert told(folder).splitlines()[-1].startswith("Run 'dvc repro")


def test_what_can_not_be_read_is_not_there_to_be_pulled(folder: Path) -> None:
    edit(folder, "dvc.yaml", "python train.py", "python train.py ${nothing}")
    shown = run("status", folder=folder).stdout
    assert "unknown    train\n           its definition can't be read\n" in shown
    assert shown.splitlines()[-1] == "'pipelinekit lint' says what can't be read."


def test_what_runs_every_time_needs_no_advice(folder: Path) -> None:
    edit(folder, "dvc.yaml", "  evaluate:\n", "  evaluate:\n    always_changed: true\n")
    assert "'dvc repro' runs these every time: nothing else has changed." in told(folder)


def test_stages_of_several_files_are_run_with_all_pipelines(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/dvc.yaml").write_text("stages:\n  x:\n    cmd: x\n    outs: [y]\n")
    text = told(folder)
    assert "never-run  sub/dvc.yaml:x\n" in text
    assert "Run 'dvc repro --all-pipelines --pull'" in text


GROUP = """\
stages:
  each:
    foreach: {items}
    do:
      cmd: run ${{item}}
      deps: [a.py]
      outs: ['o/${{item}}']
"""


def test_stages_of_a_group_that_say_the_same_stand_together(tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": GROUP.format(items=list(range(200))), "a.py": "a"})
    text = told(Path(made.root))
    assert text.startswith("never-run  each@0 and 199 more of each\n\n200 stages: 200 never run\n")
    assert len(told(Path(made.root), "--all").splitlines()) > 200


def test_three_thousand_stages_are_summed_up(tmp_path: Path) -> None:
    lines = "".join(
        f"  s{number}:\n    cmd: run {number}\n    deps: [a.py]\n    outs: [o{number}]\n" for number in range(3000)
    )
    ran = {
        f"s{number}": {"cmd": f"run {number}", "deps": {"a.py": "a"}, "outs": {f"o{number}": "o"}}
        for number in range(3000)
    }
    made = project(tmp_path, {"dvc.yaml": "stages:\n" + lines, "a.py": "a", "dvc.lock": lock(**ran)})
    assert told(Path(made.root)).startswith("3,000 stages: 3,000 fresh\n")
    (tmp_path / "a.py").write_text("b")
    text = told(Path(made.root))
    assert len(text.splitlines()) < 80
    assert "           and 2,970 more stages (--all shows them)\n" in text


def test_nothing_from_a_file_can_steer_the_terminal(tmp_path: Path) -> None:
    text = 'stages:\n  "a\\e[31m":\n    cmd: "run \\e[2J"\n    deps: ["b\\e[0m"]\n    outs: [c]\n'
    ran = 'schema: \'2.0\'\nstages:\n  "a\\e[31m":\n    cmd: "was \\e[2J"\n    outs:\n    - path: c\n      md5: x\n'
    made = project(tmp_path, {"dvc.yaml": text, "dvc.lock": ran})
    shown = told(Path(made.root))
    assert "\x1b" not in shown
    assert "\\x1b[31m" in shown


def test_colour_only_where_it_is_wanted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(folder, "train.py", "train", "learn")
    assert "\x1b" not in told(folder)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert re.match("\x1b\\[33mstale    \x1b\\[0m  \x1b\\[1mtrain\x1b\\[0m\n", told(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in told(folder)


# --- what it needs and touches -----------------------------------------------------------------------------------


def test_from_a_folder_further_down_and_for_another_project(folder: Path) -> None:
    (folder / "deep").mkdir()
    assert run("status", folder=folder / "deep").stdout == run("status", folder=folder).stdout
    assert run("status", "--project", str(folder), folder=folder.parent).stdout == told(folder)


def test_nothing_is_run_imported_or_written(folder: Path) -> None:
    edit(folder, "dvc.yaml", "python train.py", "touch ran")
    (folder / "model.pkl").write_bytes(b"x" * 100_000)
    os.utime(folder / "model.pkl", (1, 1))
    before = sorted(path for path in folder.rglob("*") if ".git" not in path.parts)
    script = "import sys; from pipelinekit.cli.app import main\ntry: main(['status'])\nexcept SystemExit: pass\n"
    script += "print([name for name in ('dvc', 'networkx', 'pydantic', 'rich') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    assert shown.stdout.endswith("[]\n")
    assert sorted(path for path in folder.rglob("*") if ".git" not in path.parts) == before


def test_without_git_and_without_a_dvc_folder(folder: Path) -> None:
    shutil.rmtree(folder / ".git")
    assert run("status", folder=folder).status == 0
    (folder / ".dvc").rmdir()
    assert run("status", folder=folder).status == 0


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    made = project(tmp_path, {"dvc.yaml": GROUP.format(items=list(range(5000))), "a.py": "a"})
    command = f"{sys.executable} -m pipelinekit status --all | head -1"
    result = subprocess.run(command, shell=True, cwd=made.root, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert result.stdout == "never-run  each@0\n"


def test_help_says_what_is_missed_and_what_is_not() -> None:
    text = " ".join(run("status", "--help").stdout.split())
    assert "an output that was never fetched is not missed" in text
    assert "Exit codes: 0 nothing is stale" in text
