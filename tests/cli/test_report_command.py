"""`pipelinekit report`: one page of Markdown for a pull request."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.command_line import run
from tests.small_projects import write

PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - prepare.py
    outs:
    - data.csv
  train:
    cmd: python train.py --lr ${lr}
    deps:
    - data.csv
    - train.py
    params:
    - lr
    outs:
    - model.pkl
    metrics:
    - metrics.json:
        cache: false
"""


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def lock(lr: float, model: str) -> str:
    def entry(path: str, text: str, size: int) -> str:
        return f"    - path: {path}\n      hash: md5\n      md5: {md5(text)}\n      size: {size}\n"

    metrics = json.dumps({"auc": lr})
    return (
        "schema: '2.0'\nstages:\n  prepare:\n    cmd: python prepare.py\n    deps:\n"
        + entry("prepare.py", "", 0)
        + "    outs:\n"
        + entry("data.csv", "data", 2048)
        + f"  train:\n    cmd: python train.py --lr {lr}\n    deps:\n"
        + entry("data.csv", "data", 2048)
        + entry("train.py", "", 0)
        + f"    params:\n      params.yaml:\n        lr: {lr}\n    outs:\n"
        + entry("metrics.json", metrics, len(metrics))
        + entry("model.pkl", model, 4096)
    )


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, files: dict[str, str]) -> None:
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "p"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    files = {"prepare.py": "", "train.py": "", "params.yaml": "lr: 0.5\n", ".gitignore": "/data.csv\n/model.pkl\n"}
    commit(made, {**files, "dvc.yaml": PIPELINE, "dvc.lock": lock(0.5, "old"), "metrics.json": '{"auc": 0.5}'})
    git(made, "checkout", "-q", "-b", "feature")
    return made


def report(folder: Path, *arguments: str) -> str:
    result = run("report", "--since", "main", *arguments, folder=folder)
    assert (result.status, result.stderr) == (0, "")
    return result.stdout


PAGE = """\
<!-- pipelinekit report -->
## Pipeline since `main`

**2 stages** changed · **1 of 3** re-runs · **1 error, 1 warning** new · 1 metric changed · 4.0 KiB more data

### What changed in the pipeline

```mermaid
flowchart TD
  s1["prepare"]
  s2["~ train"]
  s3["#43; show"]
  s1 --> s2
  s2 ==> s3
  classDef added fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:3px
  class s3 added
  linkStyle 1 stroke:#1a7f37,stroke-width:3px
  classDef changed fill:#fff8c5,stroke:#9a6700,color:#1f2328,stroke-width:3px
  class s2 changed
```

````diff
~ train
    command: python train.py --lr 0.5 → python train.py --lr 0.25
+ show
~ params.yaml: lr 0.5 → 0.25 (used by train)
````
"""


def test_one_page(folder: Path) -> None:
    show = "  show:\n    cmd: python show.py\n    deps:\n    - model.pkl\n    outs:\n    - show.md\n"
    files = {"params.yaml": "lr: 0.25\n", "dvc.lock": lock(0.25, "new"), "metrics.json": '{"auc": 0.25}'}
    commit(folder, {**files, "dvc.yaml": PIPELINE + show})
    page = report(folder)
    assert page.startswith(PAGE)
    assert "| show | dvc.yaml (definition: new stage)" in page
    assert "train has changed, and dvc.lock holds its run already." in page
    assert "| 🛑 error | dvc.yaml:21 | **PK103** missing-script" in page
    assert "| metrics.json: auc | 0.5 | 0.25 | ▼ 0.25 |" in page
    assert "| params.yaml: lr | 0.5 | 0.25 | train |" in page
    assert "| model.pkl | train | 4.0 KiB |" in page


def test_nothing_changed(folder: Path) -> None:
    commit(folder, {"README.md": "# A\n"})
    assert report(folder) == (
        "<!-- pipelinekit report -->\n## Pipeline since `main`\n\nnothing re-runs · no new findings\n"
    )


def test_what_main_did_since_is_no_part_of_it(folder: Path) -> None:
    commit(folder, {"README.md": "# A\n"})
    git(folder, "checkout", "-q", "main")
    commit(folder, {"params.yaml": "lr: 7\n"})
    git(folder, "checkout", "-q", "feature")
    assert "nothing re-runs" in report(folder)


def test_a_project_in_a_folder_has_a_marker_of_its_own(folder: Path) -> None:
    inner = folder / "sub"
    commit(inner, {"dvc.yaml": PIPELINE, "params.yaml": "lr: 1\n", "prepare.py": "", "train.py": ""})
    lines = report(inner).splitlines()
    assert lines[:2] == ["<!-- pipelinekit report sub -->", "## Pipeline of `sub` since `main`"]


def test_the_page_is_as_long_as_it_may_be(folder: Path) -> None:
    stages = "".join(
        f"  s{number}:\n    cmd: python step.py --n {number}.5\n    deps:\n    - train.py\n    outs:\n    - o{number}\n"
        for number in range(300)
    )
    commit(folder, {"dvc.yaml": PIPELINE + stages})
    whole = report(folder)
    assert len(whole) <= 60_000
    short = report(folder, "--limit", "3000")
    assert len(short) <= 3000
    assert short.startswith("<!-- pipelinekit report -->\n## Pipeline since `main`\n\n**300 stages** changed")


@pytest.mark.parametrize("limit", [500, 700, 1000, 2000])
def test_where_it_is_cut_off_no_fence_stays_open(limit: int, folder: Path) -> None:
    stages = "".join(f"  s{n}: {{cmd: x {n}, deps: [train.py], outs: [o{n}]}}\n" for n in range(100))
    commit(folder, {"dvc.yaml": PIPELINE + stages, "params.yaml": "lr: 1\n"})
    page = report(folder, "--limit", str(limit))
    assert len(page) <= limit
    assert page.count("\n````") % 2 == 0
    assert page.endswith("\n\n… and more: `pipelinekit report --since main` shows it.\n")


def test_a_part_that_can_not_be_read_is_said(folder: Path) -> None:
    (folder / "dvc.yaml").write_text(PIPELINE.replace("  train:", "  train: ["))
    page = run("report", "--since", "main", folder=folder).stdout
    assert "\n> A part of the pipeline can't be read, then or now; nothing is said of it ('pipelinekit lint'" in page
    assert "metric changed" not in page


def test_nothing_from_a_file_is_taken_for_markdown(folder: Path) -> None:
    name = "a|b](x)<img src=x> `c` #1"
    text = f"  {json.dumps(name)}:\n    cmd: python x.py\n    outs:\n    - {json.dumps('````' + name)}\n"
    commit(folder, {"dvc.yaml": PIPELINE + text, "x.py": ""})
    page = report(folder)
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert all("<img" not in line.replace("\\<img", "") and " #1" not in line for line in table)
    assert page.count("````") == 2


def test_it_can_be_written_to_a_file(folder: Path) -> None:
    commit(folder, {"README.md": "# A\n"})
    assert run("report", "--since", "main", "-o", "page.md", folder=folder).status == 0
    assert (folder / "page.md").read_text(encoding="utf-8") == report(folder)


@pytest.mark.parametrize("revision", ["nowhere", "--option"])
def test_a_revision_that_is_none(folder: Path, revision: str) -> None:
    result = run("report", f"--since={revision}", folder=folder)
    assert (result.status, result.stdout) == (2, "")
    assert f"git knows no revision {revision}" in result.stderr


def test_without_git(tmp_path: Path) -> None:
    result = run("report", folder=write(tmp_path, {"dvc.yaml": PIPELINE}))
    assert result.status == 2
    assert "is in no git repository" in result.stderr
