from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import run
from tests.small_projects import write

FILES = {
    ".dvc/config": "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://team/store\n",
    "dvc.yaml": "stages:\n  a: {cmd: echo > a, outs: [a]}\n  b: {cmd: cat a, deps: [a], frozen: true}\n",
}


def test_into_a_file_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    result = run("export", "airflow", "-o", "dags/deep/x.py", "--name", "demo", folder=tmp_path)
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr == "pipelinekit: dvc.yaml:b is frozen, and so no task: what it has made is used\n"
    source = (tmp_path / "dags" / "deep" / "x.py").read_text()
    assert 'os.environ.get("DEMO_PROJECT") or Path(__file__).resolve().parent / "../..").resolve()' in source
    again = run("export", "airflow", "-o", "dags/deep/x.py", "--name", "demo", folder=tmp_path)
    assert again.status == 0
    assert (tmp_path / "dags" / "deep" / "x.py").read_text() == source


def test_settings_and_options(tmp_path: Path) -> None:
    settings = '[tool.pipelinekit.export]\nname = "one"\nretries = 2\nenv = {A = "1", B = "b"}\n'
    write(tmp_path, {**FILES, "pyproject.toml": settings})
    source = run("export", "airflow", "--env", "A=x=y", "--schedule", "@daily", folder=tmp_path).stdout
    assert 'dag_id="one"' in source
    assert 'default_args={"retries": 2}' in source
    assert 'schedule="@daily"' in source
    assert 'env={"A": "x=y", "B": "b"}' in source


@pytest.mark.parametrize(
    ("arguments", "files", "said"),
    [
        (["--env", "A"], {}, "--env A: a variable is NAME=VALUE"),
        ([], {".dvc/config": ""}, "'pipelinekit init --remote ADDRESS' sets one up"),
        ([], {"pyproject.toml": "[tool.pipelinekit.export]\nretries = -1\n"}, "a whole number of 0 or more"),
        ([], {"pyproject.toml": "[tool.pipelinekit]\nexport = 1\n"}, "'export' is the number 1, not a table"),
        ([], {"pyproject.toml": "[tool.pipelinekit.export]\nimages = 'x'\n"}, "image"),
        (
            [],
            {"dvc.yaml": "stages:\n  a: {cmd: x, deps: [a], outs: [b]}\n  b: {cmd: x, deps: [b], outs: [a]}\n"},
            "circle",
        ),
        (["--stages", "nobody("], {}, "--stages:"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], files: dict[str, str], said: str) -> None:
    write(tmp_path, {**FILES, **files})
    result = run("export", "airflow", *arguments, folder=tmp_path)
    assert result.status == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_part_of_the_stages(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "dvc.yaml": FILES["dvc.yaml"].replace(", frozen: true", "")})
    source = run("export", "airflow", "--stages", "b", folder=tmp_path).stdout
    assert source.count("Stage(\n") == 1
