from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.adoption.examine import examine
from pipelinekit.adoption.repair import repair, repair_lines
from tests.run.projects import SmallPipeline


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallPipeline:
    made = SmallPipeline(tmp_path / "p")
    made.commit()
    monkeypatch.chdir(made.folder)
    return made


def open_points(project: SmallPipeline) -> set[str]:
    return {each.name for each in examine(project.graph()).points if each.is_open}


def test_what_can_be_done_is_done_once(project: SmallPipeline) -> None:
    before = open_points(project)
    done = repair(examine(project.graph()))
    assert before - open_points(project) == {
        "pinned-dvc",
        "graph-on-pull-request",
        "hook",
        "ci",
        "requirements",
        "docs-page",
    }
    assert set(repair_lines(done)) >= {
        "wrote requirements.txt",
        "wrote .pre-commit-config.yaml",
        "wrote .github/workflows/pipelinekit.yml",
        "wrote PIPELINE.md",
    }
    assert done.notes[-1] == "Look at what changed, and commit it."
    again = repair(examine(project.graph()))
    assert (again.is_empty, list(repair_lines(again)), again.notes) == (True, [], [])


def test_nothing_is_overwritten(project: SmallPipeline) -> None:
    mine = {
        "requirements.txt": "pandas\n",
        "PIPELINE.md": "# Mine\n",
        ".pre-commit-config.yaml": "# mine\nrepos:\n- repo: local\n  hooks: []\n",
    }
    for path, text in mine.items():
        project.write(path, text)
    done = repair(examine(project.graph()))
    assert (project.folder / "PIPELINE.md").read_text() == "# Mine\n"
    assert "PIPELINE.md was there already: 'pipelinekit docs -o FILE' takes another name." in done.notes
    assert (project.folder / "requirements.txt").read_text().startswith("pandas\ndvc==")
    assert (project.folder / ".pre-commit-config.yaml").read_text().startswith(mine[".pre-commit-config.yaml"][:20])


def test_a_project_with_requirements_of_another_kind(project: SmallPipeline) -> None:
    project.write("pyproject.toml", '[project]\nname = "p"\nversion = "1"\n')
    done = repair(examine(project.graph()))
    assert not (project.folder / "requirements.txt").exists()
    assert any(note.startswith("Add dvc==") for note in done.notes)


def test_findings_are_mended(project: SmallPipeline) -> None:
    text = (project.folder / "dvc.yaml").read_text()
    project.write("dvc.yaml", text.replace("    - metrics.json:\n        cache: false\n", "    - metrics.json\n"))
    lines = list(repair_lines(repair(examine(project.graph()))))
    assert "changed dvc.yaml" in lines
    assert any("mended" in line for line in lines)
    assert "cache: false" in (project.folder / "dvc.yaml").read_text().partition("metrics.json")[2][:40]


def test_a_server_without_a_workflow_of_ours(project: SmallPipeline) -> None:
    project.git("remote", "add", "origin", "https://bitbucket.org/t/p")
    repair(examine(project.graph()))
    assert not (project.folder / ".github").exists()


def test_what_can_not_be_written_keeps_nothing_else(project: SmallPipeline) -> None:
    (project.folder / ".github").write_text("a file\n")
    done = repair(examine(project.graph()))
    assert (project.folder / "PIPELINE.md").is_file()
    assert any(".github" in note for note in done.notes)


def test_a_page_that_is_out_of_date_is_written_anew(project: SmallPipeline) -> None:
    repair(examine(project.graph()))
    project.write("params.yaml", "rows: 7\nlr: 0.1\n")
    assert list(repair_lines(repair(examine(project.graph())))) == ["changed PIPELINE.md"]
    assert "rows = 7" in (project.folder / "PIPELINE.md").read_text()
