"""What `export airflow` writes, run by the real Airflow: the outputs must be those of `dvc repro`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.end_to_end.programs import ENVIRONMENT, call
from tests.export.airflow_home import AirflowHome, why_no_airflow
from tests.export.moto_server import push_tracked, s3_server, why_no_server
from tests.export.pipelines import COLOUR, MADE, NASTY, TRACKED
from tests.run.pipelines import pipelinekit, project

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(why_no_airflow() is not None, reason=str(why_no_airflow()))]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> AirflowHome:
    home = AirflowHome(tmp_path_factory.mktemp("airflow") / "home")
    # stages find the programs that the tests have
    home.environment["PATH"] = ENVIRONMENT["PATH"]
    return home


def fresh_copy(folder: Path, of: Path) -> Path:
    """A clone: the files of git, without data."""
    call("git", "add", "-A", folder=of)
    call("git", "commit", "-qm", "the project", folder=of)
    call("git", "clone", "-q", os.fspath(of), os.fspath(folder), folder=of)
    return folder


def contents(folder: Path, paths: tuple[str, ...]) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() for path in paths}


def test_data_passes_through_s3_and_lies_there_as_dvc_has_it(
    tmp_path: Path, airflow: AirflowHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = why_no_server()
    if reason is not None:
        pytest.skip(reason)
    folder = project(tmp_path / "nasty", NASTY)
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setitem(ENVIRONMENT, f"AWS_{name}", value)
    with s3_server("team") as endpoint:
        dvc = push_tracked(folder, endpoint, TRACKED)
        clone = fresh_copy(tmp_path / "clone", folder)
        for path in TRACKED:
            assert not (clone / path).exists()
        pipelinekit("export", "airflow", "--name", "over-s3", "-o", "dags/pipeline.py", folder=clone)
        shutil.copy(clone / "dags" / "pipeline.py", airflow.dags / "over_s3.py")
        assert airflow.loaded()["over-s3"]["sub_dvc.yaml_report"] == ["hostile", "measured"]
        connection = {"conn_type": "aws", "login": "k", "password": "s", "extra": {"endpoint_url": endpoint}}
        airflow.run(
            "dags", "test", "over-s3", AIRFLOW_CONN_AWS_DEFAULT=json.dumps(connection), OVER_S3_PROJECT=str(clone)
        )
        monkeypatch.setitem(ENVIRONMENT, "COLOUR", COLOUR)  # which the task has from the stage's meta
        call(dvc, "repro", "-P", folder=folder)
        assert contents(clone, MADE) == contents(folder, MADE)
        # what Airflow has stored is what DVC looks for: nothing was pushed by DVC
        pulled = fresh_copy(tmp_path / "pulled", folder)
        call(dvc, "pull", folder=pulled)
        assert contents(pulled, MADE) == contents(folder, MADE)
    (airflow.dags / "over_s3.py").unlink()


def test_a_stage_that_fails_fails_the_run_and_what_needs_it_does_not_run(tmp_path: Path, airflow: AirflowHome) -> None:
    text = (EXAMPLES / "basic" / "dvc.yaml").read_text()
    folder = tmp_path / "basic"
    shutil.copytree(EXAMPLES / "basic", folder)
    (folder / "dvc.yaml").write_text(text.replace("python src/train.py", "python src/train.py --no-such-option"))
    call("git", "init", "-q", folder=folder)
    call("dvc", "remote", "add", "-q", "-d", "store", os.fspath(tmp_path / "store"), folder=folder)
    pipelinekit("export", "airflow", "--name", "broken", "-o", "dags/pipeline.py", folder=folder)
    shutil.copy(folder / "dags" / "pipeline.py", airflow.dags / "broken.py")
    output = airflow.run("dags", "test", "broken", status=1, BROKEN_PROJECT=str(folder))
    assert "ended with 2" in output
    assert (folder / "data" / "processed" / "train.csv").exists()
    assert not (folder / "eval.json").exists()
    (airflow.dags / "broken.py").unlink()


def test_dvc_brings_each_stage_up_to_date_where_it_is_asked_to(tmp_path: Path, airflow: AirflowHome) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        shutil.copytree(EXAMPLES / "basic", folder)
        call("git", "init", "-q", folder=folder)
    pipelinekit("export", "airflow", "--artifacts", "dvc", "--name", "by-dvc", "-o", "dags/pipeline.py", folder=ours)
    shutil.copy(ours / "dags" / "pipeline.py", airflow.dags / "by_dvc.py")
    airflow.run("dags", "test", "by-dvc", BY_DVC_PROJECT=str(ours))
    call("dvc", "repro", folder=theirs)
    assert (ours / "dvc.lock").read_bytes() == (theirs / "dvc.lock").read_bytes()
    assert call("dvc", "status", folder=ours) == "Data and pipelines are up to date.\n"
    (airflow.dags / "by_dvc.py").unlink()
