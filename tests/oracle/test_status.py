"""What the rules for locks call stale is what `dvc status` does, on a project that DVC ran and somebody changed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from tests.oracle.dvc_view import opened

pytestmark = pytest.mark.filterwarnings("ignore")  # those of DVC's own libraries

PIPELINE = """\
stages:
  prepare:
    cmd: cat src/prepare.sh src/common/a.sh raw.csv > clean.csv
    deps:
    - src/prepare.sh
    - src/common
    - raw.csv
    params:
    - prepare.split
    - prepare.columns
    outs:
    - clean.csv
  train:
    cmd: cat clean.csv train.sh settings.json > model.txt
    deps:
    - clean.csv
    - train.sh
    params:
    - settings.json:
    outs:
    - model.txt
  evaluate:
    wdir: reports
    cmd: cp ../model.txt metrics.txt
    deps:
    - ../model.txt
    metrics:
    - metrics.txt:
        cache: false
  grid:
    foreach: [1, 2]
    do:
      cmd: cp raw.csv grid${item}.csv
      deps:
      - raw.csv
      outs:
      - grid${item}.csv
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "src/prepare.sh": "echo prepare\necho more\n",
    "src/common/a.sh": "echo a\n",
    "src/common/deep/b.sh": "echo b\n",
    "train.sh": "echo train\n",
    "raw.csv": "a,b\n1,2\n",
    "params.yaml": "prepare:\n  split: 0.2\n  columns: [a, b]\nother: 1\n",
    "settings.json": '{"lr": 0.1, "layers": [1, 2]}\n',
    "reports/.keep": "",
}


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after `dvc repro`, in git."""
    folder = tmp_path_factory.mktemp("status") / "project"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("", encoding="utf-8")
    (folder / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n", encoding="utf-8")
    with opened(str(folder), git=True) as repo:
        repo.reproduce()
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    return folder


class Case(NamedTuple):
    """A change, and the stages that are stale after it."""

    title: str
    change: Callable[[Path], None]
    stale: set[str]
    #: stages that only one of the two speaks of, and rightly so
    only_ours: frozenset[str] = frozenset()
    only_theirs: frozenset[str] = frozenset()


PREPARE, TRAIN = frozenset({"prepare"}), frozenset({"train"})


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8", newline="")

    return change


def added(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_text(text, encoding="utf-8")
        subprocess.run(["git", "add", "-f", name], cwd=folder, check=True)

    return change


def only_in(folder: Path, *stages: str) -> None:
    """Run some stages, and no others."""
    with opened(str(folder), git=True) as repo:
        for stage in stages:
            repo.reproduce(stage, single_item=True)


def prepared_again(folder: Path) -> None:
    replaced("src/prepare.sh", "more", "less")(folder)
    only_in(folder, "prepare")


CASES = [
    Case("nothing", lambda _: None, set()),
    Case("touched", lambda folder: (folder / "train.sh").touch(), set()),
    Case("code", replaced("train.sh", "train", "learn"), {"train"}),
    Case("code of two stages", replaced("raw.csv", "1,2", "1,3"), {"prepare", "grid"}),
    Case("a file in a folder", replaced("src/common/deep/b.sh", "b", "c"), {"prepare"}),
    Case("a new file in a folder", added("src/common/c.sh", "echo c\n"), {"prepare"}),
    Case("line ends", replaced("train.sh", "\n", "\r\n"), set(), only_theirs=TRAIN),
    Case("a value", replaced("params.yaml", "0.2", "0.3"), {"prepare"}),
    Case("a list", replaced("params.yaml", "[a, b]", "[b, a]"), {"prepare"}),
    Case("a value that is equal", replaced("settings.json", "0.1", "1e-1"), set()),
    Case("a value nobody uses", replaced("params.yaml", "other: 1", "other: 2"), set()),
    Case("a value of a whole file", replaced("settings.json", "0.1", "0.2"), {"train"}),
    Case("a new key of a whole file", replaced("settings.json", "{", '{"new": 1, '), {"train"}),
    Case("a key less in a whole file", replaced("settings.json", '"lr": 0.1, ', ""), {"train"}),
    Case("the format of a file", replaced("settings.json", " ", "\n"), set()),
    Case("a command", replaced("dvc.yaml", "> model.txt", ">> model.txt"), {"train"}),
    Case("the folding of a command", replaced("dvc.yaml", "cmd: cat clean", "cmd: >-\n      cat clean"), set()),
    Case("a new dependency", replaced("dvc.yaml", "    - train.sh\n", "    - train.sh\n    - raw.csv\n"), {"train"}),
    Case("a dependency less", replaced("dvc.yaml", "    - train.sh\n", ""), set()),  # PK101 says what is wrong
    Case("a new parameter", replaced("dvc.yaml", "- prepare.split\n", "- prepare.split\n    - other\n"), {"prepare"}),
    Case("a parameter less", replaced("dvc.yaml", "    - prepare.columns\n", ""), set(), only_ours=PREPARE),
    Case("a metric", replaced("reports/metrics.txt", "train", "other"), {"evaluate"}),
    Case("a frozen stage", replaced("dvc.yaml", "cmd: cat clean.csv", "frozen: true\n    cmd: echo clean.csv"), set(),
         only_theirs=TRAIN),
    Case("one stage alone", prepared_again, {"train"}),
]  # fmt: skip


def theirs(folder: Path) -> set[str]:
    with opened(str(folder), git=True) as repo:
        found = repo.status()
    return {address.partition("@")[0] for address in found}


def ours(folder: Path) -> set[str]:
    found = lint_project(Project(str(folder)), select_rules(["PK602", "PK604"])).findings
    return {finding.stage or "" for finding in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_is_stale(case: Case, reproduced: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(reproduced, folder, symlinks=True)
    case.change(folder)
    assert theirs(folder) == case.stale | case.only_theirs
    assert ours(folder) == case.stale | case.only_ours


def test_without_the_data_it_says_the_same(reproduced: Path, tmp_path: Path) -> None:
    """In a clone, before `dvc pull`, `dvc status` finds everything changed."""
    folder = tmp_path / "clone"
    shutil.copytree(reproduced, folder)
    shutil.rmtree(folder / ".dvc" / "cache")
    for name in ("clean.csv", "model.txt", "grid1.csv", "grid2.csv"):
        (folder / name).unlink()
    assert ours(folder) == set()
    replaced("train.sh", "train", "learn")(folder)
    assert ours(folder) == {"train"}
