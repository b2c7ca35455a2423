from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from pipelinekit.cli import terminal
from tests.command_line import run
from tests.report.hostile import make_hostile
from tests.run.projects import SmallPipeline
from tests.snapshots import check_snapshot

SNAPSHOTS = Path(__file__).parents[1] / "adoption/snapshots"


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "WIDTH_OF_A_FILE", 80)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = SmallPipeline(tmp_path / "p")
    made.commit()
    return made.folder


def with_one_dvc(text: str) -> str:
    """The version of DVC that is installed is no part of what is kept."""
    return re.sub(r"dvc==[0-9.]+", "dvc==3.0", text)


@pytest.mark.parametrize(("output_format", "ending"), [("text", "txt"), ("markdown", "md"), ("json", "json")])
def test_a_project_whole(output_format: str, ending: str, project: Path) -> None:
    result = run("doctor", "--format", output_format, folder=project)
    assert (result.status, result.stderr) == (0, "")
    if output_format == "text":
        assert max(map(len, result.stdout.splitlines())) <= 80
    check_snapshot(SNAPSHOTS / f"project.{ending}", result.stdout)


def test_a_new_project_before_and_after_it_is_mended(tmp_path: Path) -> None:
    run("init", "demo", folder=tmp_path)
    demo = tmp_path / "demo"
    before = run("doctor", folder=demo)
    check_snapshot(SNAPSHOTS / "new.txt", before.stdout)
    after = run("doctor", "--fix", folder=demo)
    assert after.status == 0
    check_snapshot(SNAPSHOTS / "mended.txt", with_one_dvc(after.stdout))
    grades = [json.loads(run("doctor", "--format", "json", folder=demo).stdout)["projects"][0]["grade"]]
    assert (before.stdout[:7], grades) == ("grade F", ["C"])
    # what was written is as the other commands want it
    assert run("docs", "-o", "PIPELINE.md", "--check", folder=demo).status == 0
    assert run("lint", folder=demo).status == 0
    assert run("compile", "--check", folder=demo).status == 0


def test_min_grade(project: Path) -> None:
    grade = json.loads(run("doctor", "--format", "json", folder=project).stdout)["projects"][0]["grade"]
    assert grade == "D"
    assert run("doctor", "--min-grade", "D", folder=project).status == 0
    result = run("doctor", "--min-grade", "C", folder=project)
    assert (result.status, result.stderr) == (1, "pipelinekit: the grade is D, and C is asked for\n")


def test_a_badge(project: Path) -> None:
    assert run("doctor", "--badge", "b.svg", folder=project).status == 0
    assert "grade D" in (project / "b.svg").read_text("utf-8")
    result = run("doctor", "--badge", "train.py/b.svg", folder=project)
    assert (result.status, "Traceback" in result.stderr) == (2, False)


def test_it_changes_nothing_unless_it_is_told_to(project: Path) -> None:
    def files() -> dict[str, bytes]:
        paths = (path for path in project.rglob("*") if path.is_file() and ".git/" not in path.as_posix())
        return {str(path): path.read_bytes() for path in paths if "/.dvc/tmp/" not in path.as_posix()}

    before = files()
    run("doctor", folder=project)
    assert files() == before


def test_nothing_of_the_project_is_run(project: Path) -> None:
    for name in ("prepare.py", "train.py", "evaluate.py", "pipeline.py", "sitecustomize.py"):
        (project / name).write_text("open('ran', 'w')\n")
    run("doctor", "--fix", folder=project)
    assert not list(project.rglob("ran"))


def test_an_empty_folder(tmp_path: Path) -> None:
    result = run("doctor", folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert "is in no DVC project" in result.stderr
    assert "'pipelinekit init' starts one" in result.stderr


def test_a_project_without_a_pipeline(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    result = run("doctor", folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert "there is no dvc.yaml in" in result.stderr
    assert "pipelinekit init" in result.stderr


def test_no_such_folder(tmp_path: Path) -> None:
    assert run("doctor", "--project", "gone", folder=tmp_path).status == 2


def test_without_git_and_without_dvc(project: Path) -> None:
    shutil.rmtree(project / ".git")
    shutil.rmtree(project / ".dvc")
    result = run("doctor", folder=project)
    assert result.status == 0
    assert "there is neither git nor a .dvc folder" in result.stdout
    mended = run("doctor", "--fix", folder=project)
    assert (project / ".dvc/config").is_file()
    assert (project / ".git").is_dir()
    assert "wrote .dvc/config" in mended.stdout


def test_above_several_projects(tmp_path: Path) -> None:
    for name in ("a", "b"):
        SmallPipeline(tmp_path / name)
        shutil.rmtree(tmp_path / name / ".git")
    (tmp_path / "a/dvc.lock").unlink()
    text = run("doctor", folder=tmp_path).stdout
    assert re.findall(r"^(?:a|b): grade .", text, re.MULTILINE) == ["a: grade F", "b: grade F"]
    data = json.loads(run("doctor", "--format", "json", folder=tmp_path).stdout)
    assert [each["project"] for each in data["projects"]] == ["a", "b"]
    assert data["projects"][0]["percent"] < data["projects"][1]["percent"]


def test_the_json_adds_up(project: Path) -> None:
    data = json.loads(run("doctor", "--format", "json", "--fix", folder=project).stdout)["projects"][0]
    assert data["score"] == sum(point["score"] for point in data["points"])
    assert data["most"] == sum(point["weight"] for point in data["points"] if point["state"] != "not-needed")
    assert "PIPELINE.md" in data["fixed"]["made"]
    for point in data["points"]:
        assert point["evidence"]
        assert (point["command"] or point["step"]) if point["state"] in ("partly", "missing") else not point["command"]


def test_settings_that_can_not_be_read(project: Path) -> None:
    (project / "pipelinekit.toml").write_text("[mlflow]\nexperimnt = 1\n")
    result = run("doctor", folder=project)
    assert (result.status, result.stdout) == (2, "")
    assert "pipelinekit.toml:2" in result.stderr


@pytest.mark.parametrize("output_format", ["text", "markdown", "json"])
def test_hostile_names(output_format: str, tmp_path: Path) -> None:
    root = make_hostile(tmp_path / "h")
    (root / "\x1b[31m\u202ex.txt").write_text("")
    name = "\x1b[31m|<b>"
    config = f"[core]\n    remote = {name}\n['remote \"{name}\"']\n    url = s3://\x1b[2J|<img src=x>\n"
    (root / ".dvc/config").write_text(config)
    result = run("doctor", "--format", output_format, folder=root)
    assert result.status == 0
    if output_format == "json":
        json.loads(result.stdout)
        return
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", result.stdout)
    if output_format == "markdown":
        assert not re.search(r"(?<!\\)<(?!br>)", result.stdout)
        rows = [line for line in result.stdout.splitlines() if line.startswith("|")]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_colour_only_where_it_is_wanted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("doctor", folder=project).stdout
    assert "\x1b" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = run("doctor", folder=project).stdout
    assert re.sub(r"\x1b\[[0-9]*m", "", coloured).replace(" ", "") == plain.replace(" ", "")
    assert os.environ["FORCE_COLOR"] == "1"
    assert "\x1b[31mmissing" in coloured
