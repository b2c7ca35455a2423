"""`pipelinekit explain`: one screen for people, everything for programs, a clear word where there is nothing."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipelinekit.freshness.records import records
from pipelinekit.graph.graph import Graph
from pipelinekit.impact.durations import record_run
from pipelinekit.project.project import Project
from pipelinekit.report.escape import printable
from pipelinekit.resolve.index import Index
from tests.cli.projects import CLEAN, make
from tests.command_line import run
from tests.end_to_end.programs import call
from tests.freshness.projects import lock, md5
from tests.report.hostile import make_hostile

PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [prepare.py]
    outs: [data.csv]
  train:
    desc: Fits the model
    matrix:
      size: [small, large]
    cmd: python train.py --lr ${lr} --size ${item.size}
    deps: [data.csv, train.py]
    params: [lr]
    outs: ["${item.size}.pkl"]
    metrics:
    - ${item.size}.json: {cache: false}
"""


def locked(code: str, rate: float, model: str) -> str:
    return lock(
        train__small={
            "cmd": f"python train.py --lr {rate} --size small",
            "deps": {"data.csv": "1", "train.py": code},
            "params": {"params.yaml": {"lr": rate}},
            "outs": {"small.pkl": model},
        }
    )


def commit(folder: Path, author: str, day: str) -> None:
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    done = ["commit", "-qm", "change", "--author", f"{author} <a@example.org>"]
    environment = {"GIT_COMMITTER_DATE": f"{day}T12:00:00+0000", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    subprocess.run(["git", *who, *done], cwd=folder, check=True, env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"prepare_py": "", "train_py": "import helper\n", "helper_py": "", "params_yaml": "lr: 0.5\n"}
    made = make(tmp_path / "p", PIPELINE, **files)
    (made / ".dvc" / ".gitignore").write_text("/tmp\n")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=made, check=True)
    (made / "dvc.lock").write_text(locked("old", 0.1, "12345"), encoding="utf-8")
    commit(made, "One", "2026-11-20")
    (made / "dvc.lock").write_text(locked("import helper\n", 0.2, "1234567"), encoding="utf-8")
    commit(made, "Two", "2026-11-21")
    return made


def stage_of(folder: Path, word: str) -> dict[str, Any]:
    result = run("explain", word, "--format", "json", folder=folder)
    assert (result.status, result.stderr) == (0, "")
    stage: dict[str, Any] = json.loads(result.stdout)["stage"]
    return stage


def test_one_screen(folder: Path) -> None:
    graph = Graph(Index(Project(str(folder))))
    for record in graph.derived(records).values():
        for seconds in (500, 540, 600):
            record_run(graph.index.project, "dvc.yaml:train@small", record.locked, seconds)
    result = run("explain", "train@small", folder=folder)
    assert (result.status, result.stderr) == (0, "")
    lines = re.sub("the last on .*", "the last on TODAY", result.stdout).splitlines()
    code, old = md5("import helper\n")[:7], md5("old")[:7]
    assert lines[:15] == [
        "train@small  dvc.yaml:6, 1 of 2 of the matrix 'train'",
        "  Fits the model",
        "command     python train.py --lr 0.5 --size small",
        "values      ${lr}         = 0.5    params.yaml:1  in cmd",
        "            ${item.size}  = small  dvc.yaml:9     in cmd, outs, metrics",
        "deps        data.csv  from prepare  1 B   c4ca423",
        f"            train.py                14 B  {code}",
        "runs        train.py  a dependency  by python",
        "imports     helper.py  NOT a dependency  by train.py",
        "params      lr  = 0.5  params.yaml:1  was 0.2",
        "outs        small.pkl   7 B  fcea920",
        "            small.json                metric, cache: false",
        "upstream    prepare",
        "downstream  none",
        "state       stale",
    ]
    rest = "\n".join(lines[15:])
    assert "            lr: 0.2 → 0.5\n" in rest
    assert "last run    recorded in dvc.lock:3\n" in rest
    assert "            takes about 9 min: the median of 3 runs, the last on TODAY\n" in rest
    assert "warning PK102 dvc.yaml:10:17 'train' imports helper.py, which is not among its deps" in rest
    history = rest[rest.index("history") :].splitlines()
    assert re.fullmatch(r"history     [0-9a-f]{7} 2026-11-21 Two", history[0])
    assert history[1:5] == [
        "              cmd --lr 0.1 → 0.2",
        f"              dep train.py   {old} → {code}, 3 B → 14 B",
        "              param lr       0.1 → 0.2",
        "              out small.pkl  827ccb0 → fcea920, 5 B → 7 B",
    ]
    assert re.fullmatch(r" {12}[0-9a-f]{7} 2026-11-20 One: added to the lock", history[5])
    assert len(history) == 6


def test_everything_for_programs(folder: Path) -> None:
    stage = stage_of(folder, "train@small")
    assert list(stage) == [
        "address", "file", "line", "column", "group", "kind", "variables", "desc", "cmd", "template", "wdir", "frozen",
        "always_changed", "values", "deps", "scripts", "modules", "params", "outs", "upstream", "downstream", "state",
        "because", "lock", "duration", "findings", "history", "history_is_cut",
    ]  # fmt: skip
    assert (stage["address"], stage["group"], stage["line"]) == ("dvc.yaml:train@small", "train", 6)
    assert stage["variables"] == {"item": {"size": "small"}, "key": "small"}
    assert stage["template"] == "python train.py --lr ${lr} --size ${item.size}"
    assert stage["values"][0] == {
        "expression": "${lr}", "value": 0.5, "fields": ["cmd"], "file": "params.yaml", "line": 1, "column": 1,
    }  # fmt: skip
    assert stage["modules"] == [{"path": "helper.py", "by": "train.py", "declared": False}]
    assert stage["upstream"] == {"direct": [{"address": "dvc.yaml:prepare", "path": "data.csv"}], "stages": 1}
    assert stage["lock"] == {
        "file": "dvc.lock", "line": 3, "column": 3, "cmd": "python train.py --lr 0.2 --size small",
    }  # fmt: skip
    assert stage["duration"] is None
    assert "PK102" in [finding["code"] for finding in stage["findings"]]
    assert [(commit["author"], commit["event"], len(commit["commit"])) for commit in stage["history"]] == [
        ("Two", "changed", 40),
        ("One", "added", 40),
    ]
    assert stage["history"][0]["date"] == "2026-11-21T12:00:00+00:00"
    assert {"kind": "param", "name": "params.yaml:lr", "was": 0.1, "now": 0.2} in stage["history"][0]["changes"]
    assert stage["history_is_cut"] is False


def test_findings_are_those_that_lint_shows(folder: Path) -> None:
    shown = json.loads(run("lint", "--output-format", "json", folder=folder).stdout)["findings"]
    of_train = [finding["code"] for finding in shown if finding["stage"] == "train"]
    assert [finding["code"] for finding in stage_of(folder, "train@small")["findings"]] == of_train != []
    (folder / "helper.py").write_text("import random\n\nprint(random.random())\n")
    assert ("PK504", "helper.py") in {
        (finding["code"], finding["file"]) for finding in stage_of(folder, "train@small")["findings"]
    }
    (folder / "pipelinekit.toml").write_text('ignore = ["PK1"]\n')
    assert "PK102" not in [finding["code"] for finding in stage_of(folder, "train@small")["findings"]]


def test_an_output_and_a_script_lead_to_the_stage(folder: Path) -> None:
    assert stage_of(folder, "small.pkl")["address"] == "dvc.yaml:train@small"
    assert stage_of(folder, "prepare.py")["address"] == "dvc.yaml:prepare"
    result = run("explain", "train.py", folder=folder)
    assert result.stdout == "train.py is run by 2 stages:\n  train@small  dvc.yaml:6\n  train@large  dvc.yaml:6\n"
    document = json.loads(run("explain", "helper.py", "--format", "json", folder=folder).stdout)
    assert document == {
        "version": 1,
        "asked": "helper.py",
        "found_by": "imports",
        "stages": ["dvc.yaml:train@small", "dvc.yaml:train@large"],
        "stage": None,
        "group": None,
    }


def test_a_group(folder: Path) -> None:
    assert run("explain", "train", folder=folder).stdout.splitlines() == [
        "train  dvc.yaml:6, a matrix of 2 stages",
        "over        size  small, large",
        "template    python train.py --lr ${lr} --size ${item.size}",
        "stages      train@small",
        "            train@large",
    ]
    group = json.loads(run("explain", "train", "--format", "json", folder=folder).stdout)["group"]
    assert (group["kind"], group["over"]) == ("matrix", {"size": ["small", "large"]})
    assert [stage["address"] for stage in group["stages"]] == ["dvc.yaml:train@small", "dvc.yaml:train@large"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("explain",), "pipelinekit: Missing argument 'STAGE'"),
        (("explain", "trian"), "pipelinekit: no stage is called 'trian', and none makes, runs or needs such a file. "),
        (("explain", "\x1b[31m"), "pipelinekit: no stage is called '\\x1b[31m'"),
        (("explain", "train", "--project", "gone"), "pipelinekit: there is no folder gone\n"),
        (("explain", "train", "--format", "xml"), "pipelinekit: Invalid value for '--format'"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    result = run(*arguments, folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


def test_settings_that_are_wrong(folder: Path) -> None:
    (folder / "pipelinekit.toml").write_text("price-per-hour = 'x'\n")
    result = run("explain", "prepare", folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("pipelinekit: pipelinekit.toml:1:18: 'price-per-hour' is the string 'x'")


def test_help_has_an_example() -> None:
    assert "Example: pipelinekit explain train" in run("explain", "--help").stdout


def test_a_part_that_can_not_be_read_is_said_and_the_rest_is_shown(folder: Path) -> None:
    (folder / "dvc.yaml").write_text(PIPELINE + "  broken:\n    cmd: x ${gone}\n", encoding="utf-8")
    result = run("explain", "prepare", folder=folder)
    assert result.status == 1
    assert result.stdout.startswith("prepare  dvc.yaml:2\ncommand     python prepare.py\n")
    assert "incomplete, because of errors" in result.stderr


def test_a_command_that_can_not_be_read_is_not_empty(tmp_path: Path) -> None:
    made = make(tmp_path / "p", CLEAN.replace("train.py\n    deps", "train.py ${nothing}\n    deps"))
    assert "\ncommand     can't be read\n" in run("explain", "train", folder=made).stdout


def test_nothing_from_a_file_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    folder = make_hostile(tmp_path / "p")
    stages = json.loads(run("stages", "--format", "json", folder=folder).stdout)["stages"]
    assert len(stages) > 10
    for stage in stages:
        result = run("explain", stage["address"], folder=folder)
        assert result.status in (0, 1), result.stderr
        assert all(line == printable(line) for line in result.stdout.split("\n")), result.stdout
        json.loads(run("explain", stage["address"], "--format", "json", folder=folder).stdout)


@pytest.mark.slow
def test_what_dvc_recorded_is_what_is_shown(tmp_path: Path) -> None:
    """A project that `init` starts, run twice with a commit after each: hashes, sizes, values and history."""
    call("pipelinekit", "init", "demo", folder=tmp_path)
    demo = tmp_path / "demo"
    before = {}
    for number, rate in enumerate(("0.5", "0.25")):
        params = demo / "params.yaml"
        text = re.sub(r"learning_rate: [0-9.]+", f"learning_rate: {rate}", params.read_text(encoding="utf-8"))
        params.write_text(text, encoding="utf-8")
        call("dvc", "repro", folder=demo)
        call("git", "add", ".", folder=demo)
        call("git", "commit", "-qm", f"run {number}", folder=demo)
        found = YAML(typ="safe").load((demo / "dvc.lock").read_text(encoding="utf-8"))["stages"]
        for name, entry in found.items():
            told = stage_of(demo, name)
            for section in ("deps", "outs"):
                assert {item["path"]: item["recorded"] for item in told[section]} == {
                    item["path"]: {"md5": item["md5"], "size": item["size"], "nfiles": item.get("nfiles")}
                    for item in entry.get(section, [])
                }
            assert told["cmd"] == entry["cmd"] == told["lock"]["cmd"]
            values = {param["key"]: (param["value"], param["recorded"]) for param in told["params"]}
            assert values == {
                key: (value, value) for key, value in entry.get("params", {}).get("params.yaml", {}).items()
            }
            changed = number and entry != before[name]
            assert [commit["event"] for commit in told["history"]] == ["changed", "added"][0 if changed else 1 :]
            assert told["state"] in ("fresh", "unknown")
        before = found
    (newest, _) = stage_of(demo, "train")["history"]
    assert {"kind": "param", "name": "params.yaml:train.learning_rate", "was": 0.5, "now": 0.25} in newest["changes"]
    (demo / "src" / "train.py").write_text("print()\n", encoding="utf-8")
    assert stage_of(demo, "train")["state"] == "stale"


def test_values_that_json_has_not(tmp_path: Path) -> None:
    pipeline = CLEAN.replace("    deps:", "    params: [split]\n    deps:")
    made = make(tmp_path / "p", pipeline, params_yaml="split: {1: .nan, 2026-01-01: [.inf, 2026-01-02]}\n")
    document = json.loads(run("explain", "train", "--format", "json", folder=made).stdout)
    (param,) = document["stage"]["params"]
    assert param["value"] == {"1": "nan", "2026-01-01": ["inf", "2026-01-02"]}
    assert 'split  = {"1": "nan", "2026-01-01": ["in…' in run("explain", "train", folder=made).stdout
