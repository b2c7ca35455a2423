"""PK104, PK105, PK107, PK109, PK110 on small projects."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.rules.linting import findings, fixed, messages

STAGES = """
    stages:
      prepare:
        cmd: python prepare.py
        deps:
        - prepare.py
        outs:
        - data/clean.csv
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.json
"""
TRAIN = "open('{path}')\nopen('model.json', 'w')\n"


def project(code: str, stages: str = STAGES, **files: str) -> dict[str, str]:
    return {
        "dvc.yaml": stages,
        "prepare.py": "open('data/clean.csv', 'w')\n",
        "train.py": code,
        "data/raw.csv": "a\n",
        **files,
    }


def with_git(folder: Path, *tracked: str) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "-f", "--", *tracked], cwd=folder, check=True)


# --- PK104 ---------------------------------------------------------------------------------------------------


def test_output_of_a_stage_that_may_run_later(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, project(TRAIN.format(path="data/clean.csv")), "PK104")
    assert found.message == "'train' reads data/clean.csv (made by 'prepare'), which is not among its deps"
    assert "before it is made" in found.why
    assert found.related[0].message == "data/clean.csv is read here"
    assert found.related[0].place.document.name == "train.py"


def test_output_of_a_stage_that_runs_before(tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - data/other.csv\n").replace(
        "- data/clean.csv\n", "- data/clean.csv\n        - data/other.csv\n"
    )
    (found,) = findings(tmp_path, project(TRAIN.format(path="data/clean.csv"), stages), "PK104")
    assert "re-runs nothing" in found.why


def test_several_files_are_one_finding_and_one_fix(tmp_path: Path) -> None:
    files = project("open('data/raw.csv')\n" + TRAIN.format(path="data/clean.csv"))
    (message,) = messages(tmp_path, files, "PK104")
    assert message == (
        "'train' reads data/raw.csv and data/clean.csv (made by 'prepare'), which are not among its deps"
    )
    text = fixed(tmp_path, files, "PK104").texts["dvc.yaml"][1]
    assert "    - train.py\n    - data/clean.csv\n    - data/raw.csv\n" in text


@pytest.mark.parametrize(
    "code",
    [
        "open('data/gone.csv')\n",
        "open('model.json')\n",
        "open('new.csv', 'w')\nopen('new.csv')\n",
        "import os\nif unknown():\n    open('data/raw.csv')\n",
        "open(unknown())\n",
        "open('/etc/hosts')\n",
        "open('dvc.yaml')\n",
        "open('train.py')\n",
        "import pandas as pd\npd.read_csv('https://example.com/data/raw.csv')\n",
        "def never():\n    open('data/raw.csv')\n",
    ],
)
def test_what_is_no_undeclared_input(code: str, tmp_path: Path) -> None:
    assert messages(tmp_path, project(code), "PK104") == []


@pytest.mark.parametrize("dep", ["data", "data/raw.csv", "."])
def test_what_is_declared(dep: str, tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", f"- train.py\n        - {dep}\n")
    assert messages(tmp_path, project("open('data/raw.csv')\n", stages), "PK104") == []


def test_params_files_are_the_business_of_another_rule(tmp_path: Path) -> None:
    code = "import yaml\nyaml.safe_load(open('params.yaml'))['x']\n"
    assert messages(tmp_path, project(code, **{"params.yaml": "x: 1\n"}), "PK104") == []


def test_a_file_that_git_does_not_track_is_nobody_elses(tmp_path: Path) -> None:
    files = project("open('data/raw.csv')\n")
    assert len(messages(tmp_path, files, "PK104")) == 1
    with_git(tmp_path, "dvc.yaml", "train.py")
    assert messages(tmp_path, files, "PK104") == []
    with_git(tmp_path, "data/raw.csv")
    assert len(messages(tmp_path, files, "PK104")) == 1


def test_a_folder_that_is_looked_through(tmp_path: Path) -> None:
    code = "import glob\nfor path in glob.glob('{}'):\n    open(path)\n"
    (message,) = messages(tmp_path, project(code.format("data/*.csv")), "PK104")
    assert message == "'train' reads data/clean.csv (made by 'prepare'), which is not among its deps"
    assert messages(tmp_path / "b", project(code.format("data/*.parquet")), "PK104") == []


def test_what_a_later_stage_makes_cannot_be_a_dependency(tmp_path: Path) -> None:
    stages = STAGES.replace("- prepare.py\n", "- prepare.py\n        - model.json\n")
    assert messages(tmp_path, project(TRAIN.format(path="data/clean.csv"), stages), "PK104") == []


def test_a_stage_that_always_runs_needs_the_order_all_the_same(tmp_path: Path) -> None:
    stages = STAGES.replace("cmd: python train.py", "always_changed: true\n        cmd: python train.py")
    assert len(messages(tmp_path, project("open('data/clean.csv')\n", stages), "PK104")) == 1
    assert messages(tmp_path / "b", project("open('data/raw.csv')\n", stages), "PK104") == []


def test_many_files_of_one_output_become_its_folder(tmp_path: Path) -> None:
    stages = STAGES.replace("- data/clean.csv", "- parts")
    code = "for name in 'abcd':\n    open(f'parts/{name}.csv')\n"
    text = fixed(tmp_path, project(code, stages), "PK104").texts["dvc.yaml"][1]
    assert "    - train.py\n    - parts\n" in text


def test_a_file_that_is_given_to_a_program_that_nobody_knows(tmp_path: Path) -> None:
    stages = """
        stages:
          train:
            cmd: trainer --split=data/raw.csv --out data/old.csv
            deps: [train.py]
            outs: [model.json]
    """
    files = project("", stages, **{"data/old.csv": ""})
    (found,) = findings(tmp_path, files, "PK104")
    assert found.message == "'train' is given data/raw.csv, which is not among its deps"
    text = found.place.document.text
    assert text[found.place.start : found.place.end] == "--split=data/raw.csv"


GROUP = """
    stages:
      train:
        foreach: [a, b]
        do:
          cmd: python train.py ${item}
          deps:
          - train.py
          outs:
          - ${item}.json
"""


def test_what_all_stages_of_a_group_read_goes_into_their_template(tmp_path: Path) -> None:
    code = "import sys\nopen('data/raw.csv')\nopen(sys.argv[1] + '.json', 'w')\n"
    result = fixed(tmp_path, project(code, GROUP), "PK104")
    assert "      - train.py\n      - data/raw.csv\n" in result.texts["dvc.yaml"][1]


def test_what_one_stage_of_a_group_reads_has_no_fix(tmp_path: Path) -> None:
    code = "import sys\nif sys.argv[1] == 'a':\n    open('data/raw.csv')\n"
    (found,) = findings(tmp_path, project(code, GROUP), "PK104")
    assert found.fix is None


# --- PK105 ---------------------------------------------------------------------------------------------------


def test_outputs_are_named_and_added(tmp_path: Path) -> None:
    files = project("open('model.json', 'w')\nopen('report.txt', 'w')\nopen('data/scores.csv', 'a')\n")
    (found,) = findings(tmp_path, files, "PK105")
    assert found.message == "'train' writes report.txt and data/scores.csv, which are not among its outs"
    assert found.fix is not None
    assert not found.fix.safe
    text = fixed(tmp_path, files, "PK105").texts["dvc.yaml"][1]
    assert "    outs:\n    - model.json\n    - data/scores.csv\n    - report.txt\n" in text


def test_output_that_git_tracks_stays_in_git(tmp_path: Path) -> None:
    files = project("open('model.json', 'w')\nopen('report.txt', 'w')\n", **{"report.txt": "old\n"})
    messages(tmp_path, files, "PK105")
    with_git(tmp_path, "report.txt")
    text = fixed(tmp_path, files, "PK105").texts["dvc.yaml"][1]
    assert "    - report.txt:\n        cache: false\n" in text


@pytest.mark.parametrize(
    "code",
    [
        "open('model.json', 'w')\n",
        "open('logs/x.csv', 'w')\n",
        "open('train.log', 'a')\nopen('out_log.txt', 'w')\n",
        "open('tmp/x', 'w')\nopen('x.tmp', 'w')\nopen('.cache/x', 'w')\n",
        "open('x.zip', 'w')\nopen('x.zip')\n",
        "import os\nopen('x', 'w')\nos.remove('x')\n",
        "if unknown():\n    open('x', 'w')\n",
        "from dvclive import Live\nLive('dvclive')\nLive('live')\n",
        "open('../outside', 'w')\nopen('/tmp/x', 'w')\n",
        "import os\nos.makedirs('x')\n",
    ],
)
def test_what_is_no_undeclared_output(code: str, tmp_path: Path) -> None:
    assert messages(tmp_path, project(code), "PK105") == []


def test_what_git_ignores_counts_if_a_stage_needs_it(tmp_path: Path) -> None:
    files = project("open('x.csv', 'w')\n", **{".gitignore": "*.csv\n"})
    messages(tmp_path, files, "PK105")
    with_git(tmp_path, "dvc.yaml")
    assert messages(tmp_path, files, "PK105") == []
    files["dvc.yaml"] += "      use:\n        cmd: cat x.csv\n        deps: [x.csv]\n"
    assert len(messages(tmp_path, files, "PK105")) == 1


def test_one_file_of_two_stages_can_be_nobodys_output(tmp_path: Path) -> None:
    files = {**project("open('all.csv', 'a')\n"), "prepare.py": "open('data/clean.csv', 'w')\nopen('all.csv', 'a')\n"}
    assert [finding.fix for finding in findings(tmp_path, files, "PK105")] == [None, None]


# --- PK107, PK109, PK110 -------------------------------------------------------------------------------------

READS = "open('model.json', 'w')\n{}\n"


@pytest.mark.parametrize(
    ("code", "unread"),
    [
        ("", True),
        ("open('data/raw.csv')", False),
        ("open('data/' + unknown())", False),
        ("import glob\nglob.glob('data/*')", False),
        ("names = ['raw']", False),
        ("import subprocess\nsubprocess.run(['make'])", False),
        ("import os\nos.chdir(unknown())", False),
        ("this is no Python", False),
    ],
)
def test_unread_dependency(code: str, unread: bool, tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - data/raw.csv\n")
    found = messages(tmp_path, project(READS.format(code), stages), "PK107")
    assert found == (["nothing that 'train' runs reads data/raw.csv"] if unread else [])


def test_environment_files_are_read_by_nobody(tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - requirements.txt\n        - helper.py\n")
    found = messages(tmp_path, project(READS.format(""), stages), "PK107")
    assert found == ["nothing that 'train' runs reads helper.py"]


def test_another_program_may_read_anything(tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - data/raw.csv\n")
    stages = stages.replace("cmd: python train.py", "cmd: python train.py && make")
    assert messages(tmp_path, project(READS.format(""), stages), "PK107") == []


def test_a_source_that_another_stage_rewrites(tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - data/raw.csv\n")
    files = {**project(READS.format(""), stages), "prepare.py": "open('data/raw.csv', 'w')\n"}
    (found,) = findings(tmp_path, files, "PK109")
    assert found.message == "'prepare' rewrites data/raw.csv, which 'train' depends on as a source"


def test_an_output_is_no_source(tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - data/clean.csv\n")
    assert messages(tmp_path, project(READS.format(""), stages), "PK109") == []


def test_untracked_dependencies(tmp_path: Path) -> None:
    stages = STAGES.replace("- train.py\n", "- train.py\n        - data/raw.csv\n        - data\n")
    files = project(READS.format(""), stages, **{"data/x.csv.dvc": "outs:\n- path: x.csv\n"})
    assert messages(tmp_path, files, "PK110") == []  # without git, nobody knows
    with_git(tmp_path, "dvc.yaml", "train.py")
    assert messages(tmp_path, files, "PK110") == [
        "prepare.py is tracked by neither git nor DVC",
        "data/raw.csv is tracked by neither git nor DVC",
    ]
    with_git(tmp_path, "prepare.py", "data/raw.csv")
    assert messages(tmp_path, files, "PK110") == []
