from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command_line import run
from tests.run.projects import SmallPipeline


@pytest.fixture
def project(tmp_path: Path) -> SmallPipeline:
    made = SmallPipeline(tmp_path / "p")
    made.commit()
    return made


def test_written_and_checked(project: SmallPipeline) -> None:
    printed = run("docs", folder=project.folder)
    assert (printed.status, printed.stderr) == (0, "")
    written = run("docs", "-o", "PIPELINE.md", folder=project.folder)
    assert (written.status, written.stdout, written.stderr) == (0, "", "Wrote PIPELINE.md\n")
    assert (project.folder / "PIPELINE.md").read_bytes() == printed.stdout.encode()
    assert run("docs", "-o", "PIPELINE.md", folder=project.folder).stderr == "Unchanged: PIPELINE.md\n"
    checked = run("docs", "-o", "PIPELINE.md", "--check", folder=project.folder)
    assert tuple(checked) == (0, "", "")


def test_a_page_that_is_out_of_date(project: SmallPipeline) -> None:
    run("docs", "-o", "PIPELINE.md", folder=project.folder)
    before = (project.folder / "PIPELINE.md").read_bytes()
    project.run(lr=0.5)
    checked = run("docs", "-o", "PIPELINE.md", "--check", folder=project.folder)
    assert checked.status == 1
    assert checked.stdout.startswith("--- PIPELINE.md\n+++ PIPELINE.md\n@@")
    assert re.search(r"^-.*lr = 0\.1", checked.stdout, re.MULTILINE)
    assert re.search(r"^\+.*lr = 0\.5", checked.stdout, re.MULTILINE)
    assert (project.folder / "PIPELINE.md").read_bytes() == before


def test_a_page_that_is_not_there(project: SmallPipeline) -> None:
    checked = run("docs", "-o", "PIPELINE.md", "--check", folder=project.folder)
    assert checked.status == 1
    assert checked.stdout.startswith("--- /dev/null\n+++ PIPELINE.md\n")
    assert not (project.folder / "PIPELINE.md").exists()


def test_other_line_endings_are_no_difference(project: SmallPipeline) -> None:
    run("docs", "-o", "PIPELINE.md", folder=project.folder)
    path = project.folder / "PIPELINE.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run("docs", "-o", "PIPELINE.md", "--check", folder=project.folder).status == 0


def test_what_somebody_wrote_is_left_alone(project: SmallPipeline) -> None:
    project.write("README.md", "# Mine\n")
    result = run("docs", "-o", "README.md", folder=project.folder)
    assert result.status == 2
    assert "was not written by 'pipelinekit docs'" in result.stderr
    assert (project.folder / "README.md").read_text() == "# Mine\n"
    assert run("docs", "-o", "README.md", "--force", folder=project.folder).status == 0


def test_check_needs_a_file(project: SmallPipeline) -> None:
    result = run("docs", "--check", folder=project.folder)
    assert result.status == 2
    assert "-o FILE" in result.stderr


def test_a_file_that_can_not_be_read_or_written(project: SmallPipeline) -> None:
    (project.folder / "x.md").write_bytes(b"\xff")
    assert run("docs", "-o", "x.md", folder=project.folder).status == 2
    assert run("docs", "-o", "data", folder=project.folder).status == 2
    result = run("docs", "-o", "train.py/x.md", folder=project.folder)
    assert (result.status, "Traceback" in result.stderr) == (2, False)


def test_no_project(tmp_path: Path) -> None:
    assert run("docs", folder=tmp_path).status == 2


def test_settings_that_can_not_be_read(project: SmallPipeline) -> None:
    project.write("pipelinekit.toml", "[mlflow]\nexperimnt = 1\n")
    assert run("docs", folder=project.folder).status == 2
