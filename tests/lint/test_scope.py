"""A lint of some stages: what is about them is found and mended, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import run
from tests.lint.projects import FLAWED, commit, make
from tests.small_projects import write


def found(folder: Path, *arguments: str) -> list[str]:
    result = run("lint", "--output-format", "concise", *arguments, folder=folder)
    assert result.status in (0, 1), result.stderr
    return [line.split(" ")[1] for line in result.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path)
    return tmp_path


def test_findings_of_a_stage(folder: Path) -> None:
    assert found(folder) == ["PK106", "PK101", "PK401"]
    assert found(folder, "--stages", "prepare") == ["PK106"]
    assert found(folder, "--stages", "train") == ["PK101", "PK401"]
    assert found(folder, "--stages", "prepare+") == ["PK106", "PK101", "PK401"]
    assert found(folder, "--stages", "prepare and train") == []


def test_the_status_is_that_of_the_stage(folder: Path) -> None:
    clean = FLAWED.replace("nowhere.csv", "train.py")
    (folder / "dvc.yaml").write_text(clean)
    assert run("lint", "--stages", "prepare", folder=folder).status == 0
    assert run("lint", "--stages", "train", folder=folder).status == 1


def test_what_has_to_do_with_a_stage(folder: Path) -> None:
    (folder / "dvc.yaml").write_text(
        "stages:\n  a: {cmd: x, outs: [x]}\n  b: {cmd: x, outs: [x]}\n  c: {cmd: x, outs: [c]}\n"
    )
    assert found(folder, "--stages", "a", "--select", "PK303") == ["PK303"]
    assert found(folder, "--stages", "b", "--select", "PK303") == ["PK303"]
    assert found(folder, "--stages", "c", "--select", "PK303") == []


def test_a_template_is_about_each_of_its_stages(folder: Path) -> None:
    (folder / "dvc.yaml").write_text(
        "stages:\n  g:\n    foreach: [a, b]\n    do: {cmd: 'x ${item}', deps: [gone.csv], outs: ['${item}']}\n"
    )
    assert found(folder, "--stages", "g@b", "--select", "PK106") == ["PK106"]


def test_what_is_about_the_project_is_left_out(folder: Path) -> None:
    (folder / "requirements.txt").write_text("dvc\n")
    assert "PK804" in found(folder, "--select", "PK804", "--level", "advice")
    assert found(folder, "--select", "PK804", "--level", "advice", "--stages", "*") == []


def test_stages_of_the_same_name_in_two_files(tmp_path: Path) -> None:
    one = "stages:\n  train:\n    cmd: x\n    deps: [gone.csv]\n    outs: [m]\n"
    write(tmp_path, {"dvc.yaml": one, "sub/dvc.yaml": one})
    result = run("lint", "--output-format", "concise", "--stages", "sub/dvc.yaml:train", folder=tmp_path)
    assert result.stdout.startswith("sub/dvc.yaml:4:")
    assert result.stdout.count("\n") == 1


def test_only_these_stages_are_mended(folder: Path) -> None:
    text = FLAWED.replace("- clean.csv\n  train", "- clean.csv\n    metrics:\n    - first.json\n  train")
    (folder / "dvc.yaml").write_text(text)
    run("lint", "--stages", "prepare", "--fix", folder=folder)
    mended = (folder / "dvc.yaml").read_text()
    assert "- first.json:\n        cache: false\n" in mended
    assert "- metrics.json\n" in mended
    assert "- train.py" not in mended


def test_together_with_paths_and_revisions(folder: Path) -> None:
    commit(folder)
    (folder / "dvc.yaml").write_text(FLAWED.replace("- metrics.json", "- metrics.json\n    - more.json"))
    assert found(folder, "--since", "HEAD") == ["PK401"]
    assert found(folder, "--since", "HEAD", "--stages", "train") == ["PK401"]
    assert found(folder, "--since", "HEAD", "--stages", "prepare") == []
    assert found(folder, "dvc.yaml", "--stages", "prepare") == ["PK106"]


def test_of_several_projects_one_has_the_stage(tmp_path: Path) -> None:
    make(tmp_path / "one")
    make(tmp_path / "two", FLAWED.replace("  prepare:", "  ready:"))
    assert found(tmp_path, "--stages", "prepare") == ["PK106"]
    result = run("lint", "--stages", "nobody", folder=tmp_path)
    assert result.status == 2
    assert "no stage is called 'nobody'" in result.stderr
