"""`cost` as a user meets it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.projects import CLEAN, make
from tests.command_line import run
from tests.freshness.projects import lock, md5
from tests.snapshots import check_snapshot
from tests.storage.histories import NOW, commit, git, start, story
from tests.storage.test_count import PIPELINE, model

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story(tmp_path_factory.mktemp("story") / "churn")


@pytest.fixture(autouse=True)
def _eighteen_months_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelinekit.cli.costing.time.time", lambda: float(NOW))


def without_commits(text: str) -> str:
    """Commits get other names wherever a test runs with another version of git's configuration."""
    return re.sub(r"\b[0-9a-f]{40}\b", "0" * 40, re.sub(r"  [0-9a-f]{8}  ", "  00000000  ", text))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("cost.txt", ("--keep", "10", "--keep-tags")),
        ("cost.md", ("--format", "markdown", "--keep", "10", "--limit", "3")),
        ("cost.csv", ("--format", "csv")),
        ("cost.svg", ("--format", "svg")),
    ],
)
def test_reports(name: str, arguments: tuple[str, ...], told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelinekit.cli.terminal.WIDTH_OF_A_FILE", 80)
    result = run("cost", *arguments, folder=told)
    assert result.status == 0, result.stderr
    if name.endswith(".txt"):
        assert max(map(len, result.stdout.splitlines())) <= 80
    check_snapshot(SNAPSHOTS / name, without_commits(result.stdout))


def data(folder: Path, *arguments: str) -> dict[str, Any]:
    result = run("cost", "--format", "json", *arguments, folder=folder)
    assert result.status == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_json_has_the_same_numbers_as_the_table(told: Path) -> None:
    found = data(told)
    rows = list(csv.DictReader(io.StringIO(run("cost", "--format", "csv", folder=told).stdout)))
    assert [(row["path"], int(row["bytes"])) for row in rows] == [(o["path"], o["bytes"]) for o in found["outputs"]]
    assert found["version"] == 1
    assert found["bytes"] == sum(month["added_bytes"] for month in found["months"]) == found["months"][-1]["bytes"]
    assert found["bytes"] == sum(each["added_bytes"] for each in found["commits"])
    assert found["pushed_bytes"] == found["bytes"] - 30 * 540_000_000
    assert [each["path"] for each in found["remakeable"]] == ["features.parquet", "clean.parquet"]
    assert found["not_cached"] == ["metrics.json"]


def test_rule_and_report_say_the_same(told: Path) -> None:
    rule = run("lint", "--select", "PK404", folder=told).stdout
    said = re.search(r"features\.parquet fills the cache: 30 versions take (.*), (\d+)% or more", rule)
    assert said is not None, rule
    report = run("cost", folder=told).stdout
    assert f"features.parquet fills the cache: 30 versions take {said[1]}, {said[2]}% of all" in report
    assert re.search(rf"features\.parquet +featurize +30 +{said[1]} +{said[2]}%", report)


def test_copies_and_folders_that_are_rewritten_are_those_of_the_rules(tmp_path: Path) -> None:
    from tests.storage.test_count import folder_version

    start(tmp_path)
    pipeline = "stages:\n  train:\n    cmd: x\n    outs:\n    - parts\n    - a.bin\n    - b.bin\n"
    same = {"md5": md5("same"), "size": 5 * 2**20}
    for run_ in range(4):
        parts = folder_version(tmp_path, {"a": f"a{run_}", "b": f"b{run_}"})
        entry = re.search(r"md5: (\S+\.dir)\n\s+size: (\d+)", parts)
        assert entry is not None
        outs = {"parts": {"md5": entry[1], "size": int(entry[2]), "nfiles": 2}, "a.bin": same, "b.bin": same}
        commit(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": lock(train={"outs": outs})})
    report = run("cost", folder=tmp_path).stdout
    assert "parts: no version of it has a file in common with the one before (rule PK406)." in report
    assert "b.bin has the same content as a.bin (rule PK405)." in report
    assert "5.0 MiB: a.bin, b.bin" in report
    rules = run("lint", "--select", "PK405,PK406", "--level", "advice", folder=tmp_path).stdout
    assert "each of the last 4 versions of parts has no file in common with the one before" in rules
    assert "b.bin has the same content as a.bin" in rules


def test_a_part_of_the_stages(told: Path) -> None:
    found = data(told, "--stages", "train")
    assert {each["path"] for each in found["outputs"]} == {"model.pkl", "checkpoint.pt"}
    assert found["stages"] == ["train"]
    assert found["bytes"] == 30 * 720_000_000


def test_branches_by_choice(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("a")})
    git(tmp_path, "switch", "-q", "-c", "side")
    commit(tmp_path, {"dvc.lock": model("bb")})
    git(tmp_path, "switch", "-q", "main")
    assert [data(tmp_path, *option)["bytes"] for option in ((), ("--tags",), ("--branches",), ("--all",))] == [
        1,
        1,
        3,
        3,
    ]
    rule = data(tmp_path, "--branches", "--keep", "1")["retention"]
    assert rule["command"] == "dvc gc --workspace --all-branches --num 1"
    assert rule["of_history"] == {"objects": 0, "bytes": 0}


def test_the_report_goes_to_a_file(told: Path, tmp_path: Path) -> None:
    assert run("cost", "--format", "csv", "-o", str(tmp_path / "x.csv"), folder=told).stdout == ""
    assert (tmp_path / "x.csv").read_text() == run("cost", "--format", "csv", folder=told).stdout
    result = run("cost", "-o", str(tmp_path / "x.csv" / "y"), folder=told)
    assert result.status == 2
    assert "could not write" in result.stderr


def test_nothing_from_a_file_is_a_command_of_a_terminal_or_a_spreadsheet(tmp_path: Path) -> None:
    start(tmp_path)
    name = "=cmd|' /C x'!A0\x1b[31m<b>|`"
    pipeline = json.dumps({"stages": {"train": {"cmd": "x", "outs": [name]}}})
    locked = json.dumps(
        {
            "schema": "2.0",
            "stages": {"train": {"cmd": "x", "outs": [{"path": name, "md5": md5("x"), "size": 1, "hash": "md5"}]}},
        }
    )
    commit(tmp_path, {"dvc.yaml": pipeline, "dvc.lock": locked}, "\x1b[31mred\x07 | `x` <b>")
    for form in ("text", "markdown", "csv", "svg", "json"):
        result = run("cost", "--format", form, folder=tmp_path)
        assert result.status == 0, result.stderr
        assert "\x1b" not in result.stdout
        assert "\x07" not in result.stdout
        if form == "svg":
            assert "<b>" not in result.stdout
        if form == "markdown":
            assert "\\|\\`" in result.stdout
    (row,) = csv.DictReader(io.StringIO(run("cost", "--format", "csv", folder=tmp_path).stdout))
    assert row["path"].startswith("./=cmd")


def test_a_project_of_dvc_files_alone(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"raw.dvc": f"outs:\n- path: raw\n  hash: md5\n  md5: {md5('x')}\n  size: 7\n"})
    assert data(tmp_path)["bytes"] == 7


def test_without_git(tmp_path: Path) -> None:
    folder = make(tmp_path / "p", CLEAN, dvc_lock=model("abc"))
    result = run("cost", folder=folder)
    assert result.status == 0
    assert "3 B in 1 object, named by the files that are here; there is no git history." in result.stdout
    result = run("cost", "--keep", "3", folder=folder)
    assert result.status == 2
    assert "rules for old versions need a git history" in result.stderr


def test_before_the_first_commit(tmp_path: Path) -> None:
    start(tmp_path)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    (tmp_path / "dvc.lock").write_text(model("abc"))
    result = run("cost", folder=tmp_path)
    assert result.status == 0
    assert "3 B in 1 object, named by the files that are here; there is no git history." in result.stdout


def test_nothing_was_made_yet(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE})
    for form in ("text", "markdown", "csv", "svg", "json"):
        assert run("cost", "--format", form, folder=tmp_path).status == 0
    assert run("cost", folder=tmp_path).stdout.startswith("0 B in 0 objects, named by 1 commit")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--older-than", "tomorrow"), "'tomorrow' is no age such as 90d, 12w or 1y"),
        (("--older-than", "99999y"), "'99999y' is no age"),
        (("--keep", "0"), "0 is not in the range x>=1"),
        (("--stages", "+"), "--stages"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str, told: Path) -> None:
    result = run("cost", *arguments, folder=told)
    assert (result.status, result.stdout) == (2, "")
    assert said in result.stderr


def test_no_project(tmp_path: Path) -> None:
    result = run("cost", folder=tmp_path)
    assert result.status == 2
    assert "is in no DVC project" in result.stderr
    (tmp_path / ".dvc").mkdir()
    result = run("cost", folder=tmp_path)
    assert result.status == 2
    assert "has no dvc.yaml and no .dvc file" in result.stderr


def test_a_broken_pipeline_is_said_and_its_history_counts(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": model("abc")})
    (tmp_path / "dvc.yaml").write_text("stages: [")
    result = run("cost", folder=tmp_path)
    assert result.status == 1
    assert result.stdout.startswith("3 B in 1 object")
    assert "incomplete, because of errors" in result.stderr


def test_notes_say_what_is_left_out(tmp_path: Path) -> None:
    start(tmp_path)
    commit(tmp_path, {"dvc.yaml": PIPELINE, "dvc.lock": b"\xff\xfe"})
    size_less = lock(train={"outs": {"model.pkl": {"md5": md5("x")}}})
    commit(tmp_path, {"dvc.lock": size_less})
    said = " ".join(run("cost", folder=tmp_path).stdout.split())
    assert "DVC did not note the size of 1 content: counted as nothing." in said
    assert re.search(r"note: dvc\.lock in [0-9a-f]{8} can't be read, nor could DVC: left out\.", said)
