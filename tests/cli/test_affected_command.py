"""`pipelinekit affected`: the shape that programs rely on, the exit status, and what people read."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.cli import terminal
from tests.cli.projects import make
from tests.command_line import Result, run
from tests.impact.pipelines import commit, git

CHAIN = """\
stages:
  prepare:
    cmd: python src/prepare.py
    deps: [src/prepare.py, raw.csv]
    params: [split]
    outs: [data/clean.csv]
  train:
    cmd: python train.py ${lr}
    deps: [data/clean.csv, train.py]
    outs: [model.pkl]
  evaluate:
    cmd: python src/evaluate.py
    deps: [model.pkl, src/evaluate.py]
    metrics: [{metrics.json: {cache: false}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make(tmp_path / "p", CHAIN, params_yaml="split: 0.2\nlr: 0.1\n", raw_csv="1\n", README_md="")
    (made / "src").mkdir()
    (made / "src" / "prepare.py").write_text("import util\n")
    (made / "src" / "evaluate.py").write_text("import util\n")
    (made / "src" / "util.py").write_text("x = 1\n")
    return made


def document(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_json_has_every_field_of_the_contract(folder: Path) -> None:
    result = run("affected", "train.py", "params.yaml", "--format", "json", folder=folder)
    assert (result.status, result.stderr) == (1, "")
    assert document(result) == {
        "version": 1,
        "changed": ["train.py", "params.yaml"],
        "stages": [
            {
                "address": "dvc.yaml:prepare",
                "because": [{"kind": "param", "path": "params.yaml:split", "via": None}],
            },
            {
                "address": "dvc.yaml:train",
                "because": [
                    {"kind": "dep", "path": "train.py", "via": None},
                    {"kind": "cmd", "path": "params.yaml:lr", "via": None},
                    {"kind": "upstream", "path": "data/clean.csv", "via": "dvc.yaml:prepare"},
                ],
            },
            {
                "address": "dvc.yaml:evaluate",
                "because": [{"kind": "upstream", "path": "model.pkl", "via": "dvc.yaml:train"}],
            },
        ],
    }


def test_a_chain_in_words(folder: Path) -> None:
    result = run("affected", "src/prepare.py", folder=folder)
    assert (result.status, result.stderr) == (1, "")
    assert result.stdout == (
        "3 of 3 stages re-run if src/prepare.py changes:\n"
        "  prepare   src/prepare.py (dependency)\n"
        "  train     data/clean.csv from prepare\n"
        "  evaluate  model.pkl from train\n"
    )


def test_what_dvc_does_not_see_is_marked_and_the_remedy_named(folder: Path) -> None:
    assert run("affected", "src/util.py", "train.py", folder=folder).stdout == (
        "2 of 3 stages re-run if these 2 files change:\n"
        "  train     train.py (dependency)\n"
        "            data/clean.csv from prepare\n"
        "  evaluate  src/evaluate.py → src/util.py (not declared)\n"
        "            model.pkl from train\n"
        "\n"
        "DVC does not see that this should as well, and leaves 1 of 3 stages stale:\n"
        "  prepare  src/prepare.py → src/util.py (not declared)\n"
        "\n"
        "What is not declared: pipelinekit lint --select PK102 --fix\n"
    )


def test_what_only_dvc_does_not_see(folder: Path) -> None:
    assert run("affected", "src/util.py", "--stages", "prepare", folder=folder).stdout == (
        "1 of 3 stages should re-run if src/util.py changes, but DVC does not see it and leaves it stale:\n"
        "  prepare  src/prepare.py → src/util.py (not declared)\n"
        "\n"
        "What is not declared: pipelinekit lint --select PK102 --fix\n"
    )


def test_what_dvc_does_not_see_of_a_group_is_marked_in_markdown(tmp_path: Path) -> None:
    made = make(
        tmp_path / "p",
        """\
stages:
  fit:
    foreach: [a, b, c, d]
    do: {cmd: "python fit.py ${item}", deps: [fit.py], outs: ["${item}.pkl"]}
  sum:
    cmd: python sum.py
    deps: [a.pkl]
    outs: [sum.txt]
""",
        fit_py="import util\n",
        util_py="",
        sum_py="",
    )
    assert (
        run("affected", "util.py", "--format", "markdown", folder=made).stdout
        == """\
### pipelinekit: none of 5 stages re-run, 5 should, but DVC does not see it

| stage | because of |
|---|---|
| fit@\\* (all 4) ⚠️ not by `dvc repro` | fit.py → util.py (not declared) |
| sum ⚠️ not by `dvc repro` | a.pkl from fit@a |
"""
    )


def test_many_frozen_stages_are_counted(tmp_path: Path) -> None:
    stages = "".join(f"  s{n}: {{cmd: x {n}, deps: [raw.csv], outs: [o{n}], frozen: true}}\n" for n in range(5))
    made = make(tmp_path / "p", f"stages:\n{stages}  a: {{cmd: a, always_changed: true}}\n", raw_csv="")
    lines = run("affected", "raw.csv", folder=made).stdout.splitlines()
    assert lines[-2:] == ["And 2 more frozen stages.", "a runs each time, whatever changes."]


def test_nothing_re_runs(folder: Path) -> None:
    result = run("affected", "README.md", folder=folder)
    assert result == (
        0,
        "None of 3 stages re-run if README.md changes.\n",
        "pipelinekit: no stage uses README.md.\n",
    )
    assert document(run("affected", "README.md", "--format", "json", folder=folder))["stages"] == []


def test_a_name_that_is_misspelt(folder: Path) -> None:
    result = run("affected", "src/prepaer.py", folder=folder)
    assert result == (
        2,
        "",
        "pipelinekit: there is no src/prepaer.py, and no stage uses it. Did you mean 'src/prepare.py'?\n",
    )


def test_a_file_that_is_gone_and_used_is_none_that_is_misspelt(folder: Path) -> None:
    (folder / "train.py").unlink()
    assert run("affected", "train.py", folder=folder).status == 1


def test_names_are_those_of_the_current_folder(folder: Path) -> None:
    here = run("affected", "src/prepare.py", "--format", "json", folder=folder)
    assert run("affected", "prepare.py", "--format", "json", folder=folder / "src") == here
    assert run("affected", str(folder / "src" / "prepare.py"), "--format", "json", folder=folder) == here
    assert run("affected", "p/src/prepare.py", "--format", "json", "--project", "p", folder=folder.parent) == here


@pytest.mark.parametrize(
    "data", [b"src/prepare.py\nREADME.md\n", b"src/prepare.py\0README.md\0", b"README.md\r\nsrc/prepare.py"]
)
@pytest.mark.parametrize("option", ["-", "--stdin"])
def test_names_from_standard_input(data: bytes, option: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    result = run("affected", option, "--format", "json", folder=folder)
    assert result.status == 1
    assert document(result)["stages"][0]["address"] == "dvc.yaml:prepare"


def test_names_as_git_prints_them_from_a_folder_below(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(folder, "init", "-q")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"src/prepare.py\ngone.txt\n")))
    result = run("affected", "-", "--format", "json", folder=folder / "src")
    assert document(result)["changed"] == ["src/prepare.py", "gone.txt"]
    assert result.stderr == "pipelinekit: no stage uses gone.txt.\n"


def test_an_empty_list_of_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert run("affected", "-", folder=folder) == (0, "None of 3 stages re-run.\n", "")


def test_since_a_revision(folder: Path) -> None:
    git(folder, "init", "-q")
    commit(folder)
    assert run("affected", "--since", "HEAD", folder=folder) == (0, "None of 3 stages re-run.\n", "")
    (folder / "params.yaml").write_text("split: 0.2\nlr: 0.5 # more\n")
    result = run("affected", "--since", "HEAD", folder=folder)
    assert result.status == 1
    assert result.stdout == (
        "2 of 3 stages re-run:\n  train     params.yaml:lr (command: 0.1 → 0.5)\n  evaluate  model.pkl from train\n"
    )
    found = document(run("affected", "--since", "HEAD", "--format", "json", folder=folder))
    assert found["changed"] == ["params.yaml"]
    assert run("affected", "--since", "HEAD", "--exit-zero", folder=folder).status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the files that change, or say --since REVISION"),
        (("--since", "HEAD", "train.py"), "--since takes the files from git: give no others"),
        (("--since", "nothing"), "git knows no revision nothing"),
        (("train.py", "--project", "nowhere"), "there is no folder nowhere"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    git(folder, "init", "-q")
    result = run("affected", *arguments, folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == f"pipelinekit: {message}"


def test_markdown_shows_names_as_they_are(folder: Path) -> None:
    text = CHAIN.replace("train.py]", "train.py, 'a|b*_c.txt']")
    (folder / "dvc.yaml").write_text(text)
    lines = run("affected", "a|b*_c.txt", "--format", "markdown", folder=folder).stdout.splitlines()
    assert lines[0] == "### pipelinekit: 2 of 3 stages re-run"
    assert lines[4] == "| train | a\\|b\\*\\_c.txt (dependency) |"


def test_many_stages_are_summed_up(folder: Path) -> None:
    deps = ["raw.csv" if number % 2 else f"o{number - 1}" for number in range(101)]
    numbers = range(1, 101)
    stages = "".join(f"  s{n}:\n    cmd: x\n    deps: [{deps[n]}]\n    outs: [o{n}]\n" for n in numbers)
    group = "  grid:\n    matrix: {a: [1, 2, 3], b: [4, 5]}\n    cmd: x ${item.a} ${item.b}\n    deps: [raw.csv]\n"
    (folder / "dvc.yaml").write_text("stages:\n" + stages + group)
    lines = run("affected", "raw.csv", folder=folder).stdout.splitlines()
    assert lines[0] == "106 of 106 stages re-run if raw.csv changes:"
    assert lines[1].startswith("  raw.csv: 56 stages, s1, s3, ")
    assert lines[2:] == ["  and behind these 50 stages", "  (--all shows every stage)"]
    assert max(map(len, lines)) <= 100
    assert "  grid@* (all 6)" in run("affected", "raw.csv", "--all", folder=folder).stdout


def test_what_stays_is_said_with_its_reason(folder: Path) -> None:
    text = CHAIN.replace("    outs: [model.pkl]", "    outs: [model.pkl]\n    frozen: true")
    (folder / "dvc.yaml").write_text(text + "  clock: {cmd: date}\n")
    result = run("affected", "train.py", "data/clean.csv", folder=folder)
    assert result.status == 0
    assert result.stdout == (
        "None of 4 stages re-run if these 2 files change.\n"
        "\n"
        "train is frozen: DVC leaves it in spite of train.py (dependency); what depends on it stays as well.\n"
        "data/clean.csv is made by prepare: DVC puts it back if somebody edits it.\n"
        "clock runs each time, whatever changes.\n"
    )


def test_nothing_in_a_file_reaches_the_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    (folder / "dvc.yaml").write_text('stages:\n  "a\\e[2Jb":\n    cmd: x\n    deps: ["raw\\e[2J.csv"]\n')
    result = run("affected", "raw\x1b[2J.csv", folder=folder)
    assert "\x1b[2J" not in result.stdout
    assert "a\\x1b[2Jb" in result.stdout


def test_a_part_that_can_not_be_read(folder: Path) -> None:
    (folder / "dvc.yaml").write_text(CHAIN + "  broken: {cmd: 1}\n")
    result = run("affected", "README.md", folder=folder)
    assert result.status == 1
    assert "incomplete, because of errors" in result.stderr


def test_a_lock_that_can_not_be_read_makes_nothing_run(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "dvc.lock").write_text("schema: '2.0'\nstages:\n  prepare:\n    cmd: python src/prepare.py\n")
    commit(folder)
    (folder / "dvc.lock").write_text("<<<<<<< ours\n")
    said = "pipelinekit: dvc.lock can't be read, and DVC could not either ('pipelinekit lint' says what is wrong)\n"
    result = run("affected", "--since", "HEAD", folder=folder)
    assert (result.status, result.stdout, result.stderr) == (1, "None of 3 stages re-run.\n", said)
    assert run("graph", "--stages", "stale", folder=folder).stderr.startswith(said)
    explained = run("explain", "train", folder=folder)
    assert (explained.status, explained.stderr) == (1, said)
    assert "state       unknown" in explained.stdout
    assert "            dvc.lock can't be read\n" in explained.stdout
    report = run("report", "--since", "HEAD", folder=folder)
    assert "nothing re-runs" in report.stdout
    assert "\n> dvc.lock can't be read, and DVC could not either" in report.stdout
