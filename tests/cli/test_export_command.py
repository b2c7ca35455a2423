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


KUBEFLOW = {**FILES, "dvc.yaml": FILES["dvc.yaml"].replace(", frozen: true", "")}


@pytest.mark.parametrize(
    ("arguments", "begin", "line"),
    [
        ([], "# PIPELINE DEFINITION\n# Name: demo\n", "        cachingOptions: {}\n"),
        (["--format", "yaml", "--caching"], "# PIPELINE DEFINITION\n# Name: demo\n", "          enableCache: true\n"),
        (["--format", "python"], '"""The pipeline demo for', "    a_task.set_caching_options(False)\n"),
        (["--lightweight", "--caching"], '"""The pipeline demo for', "    a_task.set_caching_options(True)\n"),
    ],
)
def test_the_forms_for_kubeflow(tmp_path: Path, arguments: list[str], begin: str, line: str) -> None:
    write(tmp_path, KUBEFLOW)
    result = run("export", "kubeflow", "--name", "demo", *arguments, folder=tmp_path)
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith(begin)
    assert line in result.stdout


def test_kubeflow_is_told_of_no_schedule_and_the_user_is(tmp_path: Path) -> None:
    write(tmp_path, KUBEFLOW)
    result = run("export", "kubeflow", "--schedule", "0 4 * * *", folder=tmp_path)
    assert result.stderr == (
        "pipelinekit: a pipeline of Kubeflow has no schedule: make a recurring run of it (the file says how)\n"
    )
    assert "# Client().create_recurring_run(…, cron_expression='0 0 4 * * *')\n" in result.stdout


def test_kubeflow_fetches_what_stages_made_that_are_not_exported(tmp_path: Path) -> None:
    out = "{path: a, hash: md5, md5: 68b329da9893e34099c7d8ad5cb9c940, size: 1}"
    lock = f"schema: '2.0'\nstages:\n  a: {{cmd: echo > a, outs: [{out}]}}\n"
    write(tmp_path, {**KUBEFLOW, "dvc.lock": lock})
    text = run("export", "kubeflow", "--stages", "b", folder=tmp_path).stdout
    assert "need ./a\n" in text
    assert "comp-a" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["airflow", "--lightweight"], "No such option"),
        (["slurm"], "'slurm' is none of airflow, kubeflow, argo"),
        (["kubeflow", "--lightweight", "--format", "yaml"], "--lightweight writes Python"),
        (["kubeflow", "--env", "a.b=1"], "dvc.yaml:a: 'a.b' is no name of a variable that a shell passes on"),
        (["kubeflow", "--image", "{{x}}"], "'{{x}}' is no name of an image"),
    ],
)
def test_what_is_wrong_for_kubeflow_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    write(tmp_path, KUBEFLOW)
    result = run("export", *arguments, folder=tmp_path)
    assert result.status == 2
    assert said in result.stderr
