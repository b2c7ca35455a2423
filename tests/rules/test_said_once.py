"""One mistake is one finding: what follows from it is not said as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from tests.freshness.projects import lock, project

PIPELINE = """\
stages:
  train:
    cmd: python train.py data.csv
    deps:
    - data.csv
    - train.py
    outs:
    - model.pkl
  evaluate:
    cmd: python evaluate.py
    deps:
    - evaluate.py
    - model.pkl
    metrics:
    - metrics.json:
        cache: false
"""
RECORDS = {
    "train": {"cmd": "python train.py data.csv", "deps": ["data.csv", "train.py"], "outs": ["model.pkl"]},
    "evaluate": {"cmd": "python evaluate.py", "deps": ["evaluate.py", "model.pkl"], "outs": ["metrics.json"]},
}
LOCK = lock(
    **{
        name: {key: dict.fromkeys(value, "") if isinstance(value, list) else value for key, value in record.items()}
        for name, record in RECORDS.items()
    }
)
FILES = {
    "train.py": "import sys\nopen(sys.argv[1]).read()\n",
    "evaluate.py": "open('model.pkl', 'rb').read()\n",
    "data.csv": "",
}


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("    - train.py\n", "", {"PK101"}),
        ("    - data.csv\n", "", {"PK104"}),
        ("    - model.pkl\n    metrics", "    metrics", {"PK104"}),
        ("python train.py", "python trian.py", {"PK103"}),
        ("    - data.csv\n", "    - dat.csv\n", {"PK106"}),
        ("    - data.csv\n", "    - data.csv\n    - model.pkl\n", {"PK302"}),
        ("    - data.csv\n", "    - data.csv\n    - metrics.json\n", {"PK301"}),
        ("    - model.pkl\n  eval", "    - model.pkl\n    - metrics.json\n  eval", {"PK303"}),
        # a real change is one
        ("train.py data.csv", "train.py data.csv --fast", {"PK602"}),
        ("data.csv\n    deps", "data.csv --lr 0.1\n    deps", {"PK201", "PK602"}),
        ("    - data.csv\n", "    - data.csv\n    - other.csv\n", {"PK602"}),
    ],
)
def test_lock_says_nothing_of_what_another_rule_says(before: str, after: str, codes: set[str], tmp_path: Path) -> None:
    assert before in PIPELINE
    changed = PIPELINE.replace(before, after, 1)
    made = project(tmp_path, {"dvc.yaml": changed, "other.csv": "", **FILES, "dvc.lock": LOCK}, git=False)
    findings = lint_project(made, select_rules(["PK1", "PK2", "PK3", "PK602"])).findings
    assert {finding.code for finding in findings} == codes, findings


def test_a_stage_without_its_only_input_does_not_depend_on_nothing_as_well(tmp_path: Path) -> None:
    text = (
        "stages:\n  fetch:\n    cmd: python fetch.py\n    deps: [fetch.py]\n    outs: [a.zip]\n"
        "  unpack:\n    cmd: unzip a.zip\n    outs: [a]\n"
    )
    made = project(tmp_path, {"dvc.yaml": text, "fetch.py": ""}, git=False)
    findings = lint_project(made, select_rules(["PK104", "PK311"])).findings
    assert [finding.code for finding in findings] == ["PK104"]


def test_archives_that_are_unpacked_into_their_folder_are_all_inputs(tmp_path: Path) -> None:
    text = (
        "stages:\n  fetch:\n    cmd: python fetch.py\n    deps: [fetch.py]\n    outs: [raw/a.zip, raw/b.zip]\n"
        "  unpack:\n    cmd:\n    - unzip raw/a.zip -d raw\n    - unzip raw/b.zip -d raw\n"
        "    deps: [raw/a.zip]\n    outs: [raw/a.csv]\n"
    )
    made = project(tmp_path, {"dvc.yaml": text, "fetch.py": ""}, git=False)
    (finding,) = lint_project(made, select_rules(["PK104"])).findings
    assert "raw/b.zip (made by 'fetch')" in finding.message


def test_an_output_of_another_stage_that_a_script_is_given_is_an_input(tmp_path: Path) -> None:
    text = (
        "stages:\n  split:\n    cmd: python split.py\n    deps: [split.py]\n    outs: [parts]\n"
        "  train:\n    cmd: python train.py parts\n    deps: [train.py]\n    outs: [model.pkl]\n"
    )
    code = "import sys\nfrom somewhere import load\nload(sys.argv[1])\n"
    made = project(tmp_path, {"dvc.yaml": text, "split.py": "", "train.py": code}, git=False)
    (finding,) = lint_project(made, select_rules(["PK104"])).findings
    assert finding.message == "'train' is given parts (made by 'split'), which is not among its deps"
