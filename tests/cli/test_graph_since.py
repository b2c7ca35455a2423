"""`pipelinekit graph --since`: two revisions of real repositories, as a picture, in words and as data."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.cli import terminal
from tests.benchmarks.projects import make_project
from tests.command_line import Result, run
from tests.lint.projects import commit, git
from tests.small_projects import write

THEN = """\
stages:
  fetch: {cmd: python fetch.py, outs: [data/raw.csv]}
  prepare:
    cmd: python prepare.py
    deps: [data/raw.csv, prepare.py]
    outs: [data/clean.csv]
  train:
    cmd: python train.py --lr ${train.lr} --optimizer adam --log-every 100 --seed 42
    deps: [data/clean.csv]
    params: [train]
    outs: [model.pkl]
  legacy: {cmd: python legacy.py, deps: [data/raw.csv], outs: [old.pkl]}
  evaluate:
    cmd: python evaluate.py
    deps: [model.pkl, data/clean.csv]
    metrics: [metrics.json]
  report: {cmd: python report.py, deps: [metrics.json], outs: [report.html]}
  publish: {cmd: python publish.py, deps: [report.html], outs: [site]}
"""
NOW = """\
stages:
  fetch: {cmd: python fetch.py, outs: [data/raw.csv]}
  clean:
    cmd: python prepare.py
    deps: [data/raw.csv, prepare.py]
    outs: [data/clean.csv]
  augment:
    foreach: [a, b]
    do: {cmd: 'python augment.py ${item}', deps: [data/clean.csv], outs: ['aug/${item}']}
  train:
    cmd: python train.py --lr ${train.lr} --optimizer adam --log-every 100 --seed 42 --fast
    deps: [data/clean.csv, aug]
    params: [train]
    outs: [model.pkl]
  evaluate:
    cmd: python evaluate.py
    deps: [model.pkl]
    metrics: [metrics.json: {cache: false}]
  report: {cmd: python report.py, deps: [metrics.json], outs: [report.html]}
  publish: {cmd: python publish.py, deps: [report.html], outs: [site]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with the pipeline of then as `v1`, and the one of now in the work tree."""
    folder = write(tmp_path / "p", {"dvc.yaml": THEN, "params.yaml": "train: {lr: 0.1, epochs: 5}\nother: 3\n"})
    commit(folder)
    git(folder, "tag", "v1")
    write(folder, {"dvc.yaml": NOW, "params.yaml": "train: {lr: 0.2, epochs: 5}\nother: 4\n"})
    return folder


def since(folder: Path, *arguments: str, revision: str = "v1") -> Result:
    return run("graph", "--since", revision, *arguments, folder=folder)


def data(folder: Path, *arguments: str, revision: str = "v1") -> dict[str, Any]:
    result = since(folder, "--format", "json", *arguments, revision=revision)
    assert (result.status, result.stderr) == (0, "")
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def changes(folder: Path, *arguments: str, revision: str = "v1") -> list[tuple[str, str]]:
    stages = data(folder, *arguments, revision=revision)["changes"]["stages"]
    return [(stage["address"].removeprefix("dvc.yaml:"), stage["change"]) for stage in stages]


WORDS = """\
Since v1: 2 stages added, 1 removed, 3 changed; 4 edges added, 2 removed; 2
  parameters changed
~ clean (was prepare)
+ augment@…: 2 stages
~ train
    command: --lr 0.1 → 0.2
             + --fast
    + dep aug
~ evaluate
    - dep data/clean.csv
    metric metrics.json: cache true → false
- legacy
- evaluate no longer needs clean (data/clean.csv)
~ params.yaml: train.lr 0.1 → 0.2 (used by train)
~ params.yaml: other 3 → 4 (no stage uses it)

"""
PICTURE = """\
fetch
├─ ~ clean  data/raw.csv
│  ├─ + augment@a  data/clean.csv
│  │  └─ ~ train  aug/a
│  │     └─ ~ evaluate  model.pkl
│  │        └─ report  metrics.json
│  ├─ + augment@b  data/clean.csv
│  │  └─ ~ train ↑  aug/b
│  └─ ~ evaluate ↑  - data/clean.csv
└─ - legacy  data/raw.csv
"""
MERMAID = """\
flowchart TD
  s1["fetch"]
  s2["~ clean"]
  s3["#43; augment@a"]
  s4["#43; augment@b"]
  s5["~ train"]
  s6["~ evaluate"]
  s7["report"]
  s8["#45; legacy"]
  s1 --> s2
  s2 ==> s3
  s2 ==> s4
  s3 ==> s5
  s4 ==> s5
  s5 --> s6
  s6 --> s7
  s1 -.-> s8
  s2 -.-> s6
  classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:3px
  class s3,s4 added
  linkStyle 1,2,3,4 stroke:#1a7f37,stroke-width:3px
  classDef removed fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:5 4
  class s8 removed
  linkStyle 7,8 stroke:#cf222e
  classDef changed fill:#fff8c5,stroke:#9a6700,color:#1f2328,stroke-width:3px
  class s2,s5,s6 changed
"""


def test_words_and_picture_on_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    monkeypatch.setattr(terminal, "width", lambda: 80)
    assert since(folder) == (0, WORDS + PICTURE, "")


def test_in_a_file_there_are_no_boxes(folder: Path) -> None:
    result = since(folder)
    assert result.status == 0
    assert "  ~ clean  data/raw.csv\n    + augment@a  data/clean.csv\n" in result.stdout
    assert result.stdout.replace("@…", "").isascii()


def test_mermaid(folder: Path) -> None:
    assert since(folder, "--format", "mermaid") == (0, MERMAID, "")


def test_dot(folder: Path) -> None:
    lines = since(folder, "--format", "dot").stdout.splitlines()
    assert '  "dvc.yaml:legacy" [label="- legacy", color=gray60, fontcolor=gray40, style=dashed];' in lines
    assert '  "dvc.yaml:clean" [label="~ clean", color=orange3, penwidth=2];' in lines
    (gone,) = [line for line in lines if line.startswith('  "dvc.yaml:clean" -> "dvc.yaml:evaluate"')]
    assert 'tooltip="data/clean.csv"' in gone
    assert 'label="-"' in gone


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it(folder: Path) -> None:
    text = since(folder, "--format", "dot").stdout
    subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True)


def test_json(folder: Path) -> None:
    document = data(folder)
    assert set(document) == {"version", "nodes", "edges", "changes"}
    assert {"address": "dvc.yaml:legacy", "line": 12, "change": "removed"} in document["nodes"]
    assert {
        "from": "dvc.yaml:evaluate",
        "to": "dvc.yaml:clean",
        "path": "data/clean.csv",
        "change": "removed",
    } in document["edges"]
    found = document["changes"]
    assert found["stages"][0] == {
        "address": "dvc.yaml:clean",
        "change": "changed",
        "was": "dvc.yaml:prepare",
        "group": None,
        "fields": [],
    }
    assert found["stages"][-2]["fields"][-1] == {
        "field": "metrics",
        "name": "metrics.json",
        "flag": "cache",
        "old": True,
        "new": False,
    }
    assert found["params"][0] == {
        "file": "params.yaml",
        "key": "train.lr",
        "change": "changed",
        "old": 0.1,
        "new": 0.2,
        "used_by": ["dvc.yaml:train"],
        "in_templates": True,
    }
    assert found["unread"] == []


def test_the_whole_has_what_did_not_change(folder: Path) -> None:
    assert "publish" not in since(folder).stdout
    assert "publish" in since(folder, "--whole").stdout


def test_selectors_mean_what_is_there_and_what_is_gone(folder: Path) -> None:
    assert changes(folder, "--stages", "train,legacy") == [("train", "changed"), ("legacy", "removed")]
    assert changes(folder, "--stages", "legacy") == [("legacy", "removed")]
    assert changes(folder, "--stages", "augment") == [("augment@a", "added"), ("augment@b", "added")]
    result = since(folder, "--stages", "nobody")
    assert result.status == 2
    assert "no stage is called 'nobody'" in result.stderr


def test_nothing_differs(folder: Path) -> None:
    commit(folder)
    assert since(folder, revision="HEAD") == (0, "Since HEAD: nothing in the graph differs\n", "")
    assert data(folder, revision="HEAD")["nodes"] == []
    assert len(data(folder, "--whole", revision="HEAD")["nodes"]) == 8


def test_two_revisions(folder: Path) -> None:
    commit(folder)
    git(folder, "tag", "v2")
    (folder / "dvc.yaml").write_text("stages: {}\n")
    both = changes(folder, revision="v1..v2")
    assert ("legacy", "removed") in both
    assert ("augment@a", "added") in changes(folder, revision="v1..")
    assert ("augment@a", "removed") in changes(folder, revision="v2..v1")
    git(folder, "checkout", "-q", "--force", "-b", "side", "v1")
    (folder / "dvc.yaml").write_text(THEN.replace("  legacy", "  other").replace("old.pkl", "other.pkl"))
    commit(folder)
    assert changes(folder, revision="v2...side") == [("other", "added"), ("legacy", "removed")]
    assert len(changes(folder, revision="v2..side")) > 2


def test_the_project_below_the_root_of_a_repository(tmp_path: Path) -> None:
    folder = write(tmp_path / "sub" / "p", {"dvc.yaml": THEN, "params.yaml": "train: {lr: 1}\n"})
    commit(tmp_path)
    write(folder, {"dvc.yaml": NOW})
    assert ("legacy", "removed") in changes(folder, revision="HEAD")


def test_nothing_is_written(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    since(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


# --- what can't be compared ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "revision", ["nothing", "--all", "v1..nothing", "nothing..v1", "v1...nothing", "v1:dvc.yaml", ""]
)
def test_a_revision_that_is_none(revision: str, folder: Path) -> None:
    result = run("graph", f"--since={revision}", folder=folder)
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.startswith("pipelinekit: git knows no ")
    assert result.stderr.count("\n") == 1


def test_a_shallow_clone(folder: Path, tmp_path: Path) -> None:
    commit(folder)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{folder}", "shallow")
    result = since(tmp_path / "shallow", revision="HEAD~1")
    assert result.status == 2
    assert result.stderr == (
        "pipelinekit: git knows no revision HEAD~1: the clone is shallow, and 'git fetch --unshallow' gets the rest\n"
    )


def test_without_git(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", {"dvc.yaml": THEN})
    result = since(folder)
    assert result.status == 2
    assert "is in no git repository" in result.stderr


def test_there_was_no_pipeline_then(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", {"README": ""})
    commit(folder)
    result = since(folder, revision="HEAD")
    assert (result.status, result.stdout) == (2, "")
    assert "there is no dvc.yaml in " in result.stderr
    write(folder, {"dvc.yaml": "stages:\n  a: {cmd: x}\n"})
    assert changes(folder, revision="HEAD") == [("a", "added")]
    commit(folder)
    (folder / "dvc.yaml").unlink()
    assert changes(folder, revision="HEAD") == [("a", "removed")]


def test_a_pipeline_that_was_broken_then(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "dvc.yaml").write_text("stages:\n  z: {cmd: x}\n")
    (folder / "dvc.yaml").write_text("stages: [\n")
    commit(folder)
    write(folder, {"dvc.yaml": NOW, "sub/dvc.yaml": "stages:\n  z: {cmd: y}\n"})
    result = since(folder, "--whole", revision="HEAD")
    assert result.status == 1
    assert result.stderr.startswith("pipelinekit: at HEAD incomplete, because of errors: dvc.yaml:")
    assert "1 stage changed" in result.stdout
    assert "? dvc.yaml: it can't be read then or now" in result.stdout
    assert "\nfetch\n" in result.stdout


def test_a_pipeline_that_is_broken_now(folder: Path) -> None:
    write(folder, {"dvc.yaml": "stages: ["})
    result = since(folder)
    assert result.status == 1
    assert result.stderr.startswith("pipelinekit: incomplete, because of errors: dvc.yaml:1:")
    assert "removed" not in result.stdout


def test_the_whole_goes_with_since(folder: Path) -> None:
    result = run("graph", "--whole", folder=folder)
    assert result.status == 2
    assert result.stderr.startswith("pipelinekit: --whole goes with --since\n")


def test_what_stands_in_files_can_not_move_the_cursor(folder: Path) -> None:
    write(folder, {"dvc.yaml": 'stages:\n  "a\\e[31mb":\n    cmd: "x\\e[2J"\n    deps: ["\\u202e.csv"]\n'})
    for form in ("text", "mermaid", "dot"):
        shown = since(folder, "--format", form).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_thousands_of_stages(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    make_project(folder, 3000)
    commit(folder)
    text = (folder / "dvc.yaml").read_text()
    (folder / "dvc.yaml").write_text(text.replace("src/step1.py", "src/step2.py"))
    started = time.process_time()
    result = since(folder, revision="HEAD")
    assert result.status == 0
    assert "Since HEAD: 300 stages changed" in result.stdout
    assert time.process_time() - started < 15
