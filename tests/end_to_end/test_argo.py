"""What `export argo` writes, as hera's models see it, and run: the outputs must be those of `dvc repro`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.export.options import Options
from pipelinekit.export.plan import plan_of
from pipelinekit.export.remote import object_key
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.end_to_end.programs import ENVIRONMENT, call
from tests.export.argo_cluster import Cluster
from tests.export.hera_models import refused, why_no_hera
from tests.export.moto_server import push_tracked, s3_server, why_no_server
from tests.export.pipelines import COLOUR, MADE, NASTY, TRACKED
from tests.run.pipelines import pipelinekit, project

EXAMPLES = Path(__file__).parents[2] / "examples"
SNAPSHOTS = Path(__file__).parents[1] / "export" / "snapshots"
FILES = sorted(SNAPSHOTS.glob("argo_*.yaml"))
KEYS = {"accessKey": "k", "secretKey": "s"}
_DOWNLOAD = """
import json, sys, boto3
at = json.loads(sys.argv[1])
address = f"{'http' if at.get('insecure') else 'https'}://{at['endpoint']}"
keys = dict(aws_access_key_id=at["accessKey"], aws_secret_access_key=at["secretKey"], region_name="us-east-1")
boto3.client("s3", endpoint_url=address, **keys).download_file(at["bucket"], at["key"], sys.argv[2])
"""

pytestmark = pytest.mark.slow
needs_hera = pytest.mark.skipif(why_no_hera() is not None, reason=str(why_no_hera()))


@needs_hera
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_hera_knows_all_that_stands_there(path: Path) -> None:
    assert refused(path.read_text("utf-8")) == ""


@needs_hera
@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("  entrypoint:", "  entryPoint:", "entryPoint\n  Extra inputs are not permitted"),
        ("            value: UTC\n", "            value: 1\n", "Input should be a valid string"),
        ("  concurrencyPolicy:", "  concurrency:", "spec.concurrency\n  Extra inputs"),
        ("        image: python:3.12\n", "        image: [x]\n", "Input should be a valid string"),
    ],
)
def test_hera_refuses_what_is_wrong(right: str, wrong: str, message: str) -> None:
    text = (SNAPSHOTS / "argo_s3.yaml").read_text("utf-8")
    assert right in text
    assert message in refused(text.replace(right, wrong))


@pytest.mark.parametrize("example", ["basic", "matrix"])
def test_containers_make_what_dvc_makes(tmp_path: Path, example: str) -> None:
    image = tmp_path / "image"
    shutil.copytree(EXAMPLES / example, image)
    cluster = Cluster(tmp_path / "cluster", image, ENVIRONMENT)
    text = pipelinekit("export", "argo", "--workspace", str(cluster.workspace), folder=image)
    cluster.run(text)
    cluster.collect(tmp_path / "made", text)
    call("git", "init", "-q", folder=image)
    call("dvc", "repro", "-P", folder=image)
    made = {path.relative_to(tmp_path / "made"): path for path in (tmp_path / "made").rglob("*") if path.is_file()}
    listed = json.loads(call("dvc", "ls", "--json", "-R", "--dvc-only", ".", folder=image))
    assert made.keys() >= {Path(one["path"]) for one in listed}
    assert made
    assert {path: made[path].read_bytes() for path in made} == {path: (image / path).read_bytes() for path in made}


def test_data_comes_from_s3_and_from_dvc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = why_no_server()
    if reason is not None:
        pytest.skip(reason)
    folder = project(tmp_path / "nasty", NASTY)
    for name, value in (("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s")):
        monkeypatch.setitem(ENVIRONMENT, f"AWS_{name}", value)
    with s3_server("team") as endpoint:
        dvc = push_tracked(folder, endpoint, TRACKED)
        # an image as `init --docker` builds it: the files of git, without git and without data
        image = tmp_path / "image"
        call("git", "add", "-A", folder=folder)
        call("git", "commit", "-qm", "the project", folder=folder)
        call("git", "clone", "-q", str(folder), str(image), folder=folder)
        shutil.rmtree(image / ".git")
        (image / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n")
        assert not any((image / path).exists() for path in TRACKED)
        # the container has no keys but those of the Secret
        inside = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("AWS_")}
        inside["PATH"] = f"{os.environ['PIPELINEKIT_S3']}/bin{os.pathsep}{inside['PATH']}"
        cluster = Cluster(tmp_path / "cluster", image, inside, secrets={"dvc-remote": KEYS}, fetch=download)
        text = pipelinekit("export", "argo", "--workspace", str(cluster.workspace), folder=image)
        cluster.run(text)
    cluster.collect(tmp_path / "made", text)
    monkeypatch.setitem(ENVIRONMENT, "COLOUR", COLOUR)  # which the container has from the stage's meta
    call(dvc, "repro", "-P", folder=folder)
    made = {path: (tmp_path / "made" / path).read_bytes() for path in MADE}
    assert made == {path: (folder / path).read_bytes() for path in MADE}
    assert (text.count("/inputs/data-raw-csv\n"), text.count("dvc pull --force -- folder")) == (1, 2)


def test_what_is_looked_for_in_the_remote_is_what_push_brings_there(tmp_path: Path) -> None:
    source = project(tmp_path / "source", {"imported": "imported\n"})
    folder = project(tmp_path / "folder", {name: f"{name}\n" for name in ("pushed", "kept", "elsewhere")})
    call("dvc", "add", "-q", "imported", folder=source)
    call("git", "add", "-A", folder=source)
    call("git", "commit", "-qm", "data", folder=source)
    call("dvc", "remote", "add", "-q", "-d", "store", str(tmp_path / "store"), folder=folder)
    call("dvc", "remote", "add", "-q", "other", str(tmp_path / "other"), folder=folder)
    names = ("pushed", "kept", "elsewhere", "imported")
    call("dvc", "add", "-q", *names[:3], folder=folder)
    call("dvc", "import", "-q", str(source), "imported", folder=folder)
    for name, flag in (("kept", "push: false"), ("elsewhere", "remote: other")):
        with (folder / f"{name}.dvc").open("a") as file:
            file.write(f"  {flag}\n")
    (folder / "dvc.yaml").write_text(f"stages:\n  a: {{cmd: x, deps: [{', '.join(names)}]}}\n")
    call("dvc", "push", folder=folder)
    inputs = plan_of(Graph(Index(Project(str(folder)))), Options("x")).steps[0].inputs
    found = {one.path: (tmp_path / "store" / object_key(one.md5, is_legacy=one.is_legacy)).exists() for one in inputs}
    assert found == {one.path: one.is_in_remote for one in inputs}
    assert found == {"pushed": True, "kept": False, "elsewhere": False, "imported": False}


def download(place: Mapping[str, Any], target: Path) -> None:
    """As Argo's executor does it, from what stands in the artifact and in the Secret."""
    keys = {place[f"{name}Secret"]["key"]: KEYS[place[f"{name}Secret"]["key"]] for name in ("accessKey", "secretKey")}
    python = Path(os.environ["PIPELINEKIT_MOTO"]) / "bin" / "python"
    subprocess.run([python, "-c", _DOWNLOAD, json.dumps({**place, **keys}), target], check=True)
