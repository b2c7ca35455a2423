"""Comments that ignore what is found: found no more, and nothing else has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.yaml.reader import parse
from tests.command_line import run
from tests.corpus import corpus_projects
from tests.lint.projects import FLAWED, make

RESULT = """\
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - nowhere.csv  # pipelinekit: ignore[PK106] old
    - prepare.py
    outs:
    - clean.csv
  train:
    cmd: python train.py  # pipelinekit: ignore[PK101] old
    deps:
    - clean.csv
    outs:
    - model.pkl
    metrics:
    - metrics.json  # pipelinekit: ignore[PK401] old
"""


def add(folder: Path, text: str, *arguments: str) -> str:
    """The pipeline afterwards; what is found is gone and the data is as it was."""
    make(folder, text)
    added = run("lint", *(arguments or ("--add-ignore",)), folder=folder)
    assert (added.status, added.stdout) == (0, ""), added
    assert run("lint", folder=folder).status == 0
    result = (folder / "dvc.yaml").read_bytes().decode()
    assert parse(result, "dvc.yaml").root.data == parse(text, "dvc.yaml").root.data  # type: ignore[union-attr]
    return result


def test_a_comment_behind_each_line(tmp_path: Path) -> None:
    assert add(tmp_path, FLAWED, "--add-ignore=old") == RESULT
    result = run("lint", "--add-ignore", folder=tmp_path)
    assert result.stderr == "Ignored 0 findings by comments in 0 files.\nNothing found in 1 dvc.yaml file.\n"


def test_without_a_reason(tmp_path: Path) -> None:
    assert add(tmp_path, FLAWED) == RESULT.replace(" old", "")


def test_a_path_is_no_reason(tmp_path: Path) -> None:
    make(tmp_path)
    assert run("lint", "--add-ignore", "dvc.yaml", folder=tmp_path).status == 0
    assert (tmp_path / "dvc.yaml").read_text() == RESULT.replace(" old", "")


def test_in_a_text_the_comment_stands_above(tmp_path: Path) -> None:
    text = FLAWED.replace("    cmd: python train.py\n", "    cmd: >\n      python train.py\n      --lr 0.1\n")
    assert "    # pipelinekit: ignore[PK101, PK201]\n    cmd: >\n" in add(tmp_path, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    - nowhere.csv  # why\n", "    - nowhere.csv  # why  # pipelinekit: ignore[PK106]\n"),
        ("    - nowhere.csv   \n", "    - nowhere.csv  # pipelinekit: ignore[PK106]\n"),
        ("    - 'nowhere.csv'\n", "    - 'nowhere.csv'  # pipelinekit: ignore[PK106]\n"),
        ('    - "no\\\n      where.csv"\n', '    # pipelinekit: ignore[PK106]\n    - "no\\\n      where.csv"\n'),
    ],
)
def test_whatever_is_on_the_line_stays(before: str, after: str, tmp_path: Path) -> None:
    assert after in add(tmp_path, FLAWED.replace("    - nowhere.csv\n", before))


def test_a_comment_that_is_there_is_added_to(tmp_path: Path) -> None:
    text = FLAWED.replace(
        "cmd: python train.py", "cmd: python train.py --lr 0.1  # pipelinekit: ignore[PK101] it is old"
    )
    assert "# pipelinekit: ignore[PK101, PK201] it is old\n" in add(tmp_path, text)


def test_line_endings_stay(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    text = FLAWED.replace("    cmd: python train.py\n", "    cmd: |\n      python train.py\n").replace("\n", "\r\n")
    make(tmp_path / "p")
    (tmp_path / "p" / "dvc.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    run("lint", "--add-ignore", folder=tmp_path / "p")
    result = (tmp_path / "p" / "dvc.yaml").read_bytes().decode()
    assert "    # pipelinekit: ignore[PK101]\r\n    cmd: |\r\n" in result
    assert "\n" not in result.replace("\r\n", "")
    assert run("lint", folder=tmp_path / "p").status == 0


def test_where_no_comment_can_stand_the_finding_stays(tmp_path: Path) -> None:
    make(tmp_path, FLAWED.replace("nowhere.csv", "train.py"), dvc_lock="stages:\n  train:\n    cmd: x\n")
    result = run("lint", "--add-ignore", "--output-format", "concise", folder=tmp_path)
    assert [line.split(" ")[1] for line in result.stdout.splitlines()] == ["PK016"]
    assert "1 finding stands where no comment can" in result.stderr
    assert result.status == 1
    assert (tmp_path / "dvc.lock").read_text() == "stages:\n  train:\n    cmd: x\n"


def test_a_file_that_is_broken_is_left(tmp_path: Path) -> None:
    make(tmp_path, "stages: [\n")
    result = run("lint", "--add-ignore", folder=tmp_path)
    assert result.status == 1
    assert (tmp_path / "dvc.yaml").read_text() == "stages: [\n"


def test_a_reason_can_not_break_out(tmp_path: Path) -> None:
    result = add(tmp_path, FLAWED, "--add-ignore=a\n# b: c")
    assert "ignore[PK106] a b: c\n" in result


@pytest.mark.corpus
@pytest.mark.parametrize("project", corpus_projects(), ids=lambda path: path.name)
def test_real_projects_are_clean_afterwards(project: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "p"
    shutil.copytree(project, folder)
    (folder / ".dvc").mkdir(exist_ok=True)
    texts = {path: path.read_text(encoding="utf-8") for path in folder.rglob("dvc.yaml")}
    before = run("lint", "--output-format", "concise", "--ignore", "PK0", folder=folder)
    added = run("lint", "--add-ignore", "--output-format", "concise", "--ignore", "PK0", folder=folder)
    after = run("lint", "--output-format", "concise", "--ignore", "PK0", folder=folder)
    assert after.stdout.count("\n") == added.stdout.count("\n")
    left = [line for line in after.stdout.splitlines() if "dvc.lock:" not in line]  # which DVC writes anew
    assert len(left) <= before.stdout.count("\n") // 10
    for path, text in texts.items():
        one, other = parse(text, "a").root, parse(path.read_text(encoding="utf-8"), "a").root
        assert repr(one.data if one else None) == repr(other.data if other else None)
