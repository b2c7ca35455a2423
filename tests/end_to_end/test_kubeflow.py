"""What `export kubeflow` writes, compiled and run by the real kfp: the outputs must be those of `dvc repro`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.programs import ENVIRONMENT, call
from tests.export.containers import run_containers
from tests.export.kfp_home import loaded, run_python, why_no_kfp
from tests.export.pipelines import COLOUR, MADE, NASTY, TRACKED
from tests.run.pipelines import pipelinekit, project

EXAMPLES = Path(__file__).parents[2] / "examples"
BASIC = ("data/raw/dataset.csv", "data/processed/test.csv", "models/model.pkl", "metrics.json", "eval.json")
#: Where the artifacts of the nasty pipeline lie: by task, and by name.
PLACES = {
    **{f"parts/{path}": f"split/parts/{path}" for path in ("a", "deep/b", "with space")},
    **{f"grid-{size}.txt": f"grid-{size}/grid_{size}_txt" for size in (1, 2)},
    "hostile.txt": "hostile/hostile_txt",
    "lines.txt": "lines/lines_txt",
    "a-b.txt": "each-a-b-4a031a/a_b_txt",
    "a_b.txt": "each-a-b-25f01a/a_b_txt",
    "limits.yaml": "limits/limits_yaml",
    "measured.txt": "measured/measured_txt",
    "metrics.json": "measured/metrics_json",
    "reports/report.txt": "sub-dvc-yaml-report/reports_report_txt",
}

pytestmark = pytest.mark.slow
needs_kfp = pytest.mark.skipif(why_no_kfp() is not None, reason=str(why_no_kfp()))


@pytest.fixture
def nasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pipeline with all that may go wrong, whose data lies in a remote; `dvc repro` was not run."""
    folder = project(tmp_path / "nasty", NASTY)
    call("dvc", "add", "-q", *TRACKED, folder=folder)
    call("dvc", "remote", "add", "-q", "-d", "store", os.fspath(tmp_path / "store"), folder=folder)
    call("dvc", "push", folder=folder)
    call("git", "add", "-A", folder=folder)
    call("git", "commit", "-qm", "the project", folder=folder)
    monkeypatch.setitem(ENVIRONMENT, "COLOUR", COLOUR)  # which the stage has from its meta elsewhere
    return folder


@pytest.fixture
def basic(tmp_path: Path) -> Path:
    folder = tmp_path / "basic"
    shutil.copytree(EXAMPLES / "basic", folder)
    call("git", "init", "-q", folder=folder)
    return folder


def clone(of: Path, folder: Path) -> Path:
    call("git", "clone", "-q", os.fspath(of), os.fspath(folder), folder=of)
    for path in TRACKED:
        assert not (folder / path).exists()
    return folder


def contents(folder: Path, paths: tuple[str, ...]) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() for path in paths}


def test_containers_make_what_dvc_makes(tmp_path: Path, nasty: Path) -> None:
    image, workspace = clone(nasty, tmp_path / "image"), tmp_path / "work"
    pipelinekit("export", "kubeflow", "--workspace", str(workspace), "-o", "../pipeline.yaml", folder=image)
    ir = yaml.safe_load((tmp_path / "pipeline.yaml").read_text())
    without = {name: value for name, value in ENVIRONMENT.items() if name != "COLOUR"}
    run_containers(ir, image, workspace, without)
    call("dvc", "repro", "-P", folder=nasty)
    made = {path: (workspace.parent / "artifacts" / place).read_bytes() for path, place in PLACES.items()}
    assert made == contents(nasty, MADE)
    assert sum(path.is_file() for path in (tmp_path / "artifacts").rglob("*")) == len(MADE)


@needs_kfp
@pytest.mark.parametrize("name", ["nasty", "basic"])
def test_kfp_compiles_the_source_to_the_same_pipeline(
    tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    folder: Path = request.getfixturevalue(name)
    options = ("--retries", "1", "--env", "TZ=UTC", "--env", "PRICE=$(x) $$", "--name", "my pipeline")
    pipelinekit("export", "kubeflow", *options, "-o", "ours.yaml", folder=folder)
    pipelinekit("export", "kubeflow", *options, "--format", "python", "-o", "theirs.py", folder=folder)
    run_python("theirs.py", folder=folder)
    ours, theirs = loaded(folder / "ours.yaml"), loaded(folder / "theirs.yaml")
    assert ours["spec"].pop("sdkVersion") == "pipelinekit"
    assert theirs["spec"].pop("sdkVersion").startswith("kfp-")
    assert ours == theirs
    if name == "nasty":
        assert ours["needs"]["sub-dvc-yaml-report"] == ["hostile", "measured"]
        assert len(ours["needs"]) == 10
    else:
        assert ours["needs"] == {
            "fetch-data": [],
            "preprocess": ["fetch-data"],
            "train": ["preprocess"],
            "evaluate": ["preprocess", "train"],
        }


@needs_kfp
def test_the_lightweight_variant_makes_what_dvc_makes(tmp_path: Path, nasty: Path) -> None:
    copy = clone(nasty, tmp_path / "clone")
    pipelinekit("export", "kubeflow", "--lightweight", "-o", "kubeflow/pipeline.py", folder=copy)
    run_python("kubeflow/pipeline.py", folder=copy, COLOUR="")
    call("dvc", "repro", "-P", folder=nasty)
    assert contents(copy, MADE) == contents(nasty, MADE)


@needs_kfp
def test_the_lightweight_variant_of_the_example(tmp_path: Path, basic: Path) -> None:
    theirs = tmp_path / "theirs"
    shutil.copytree(basic, theirs)
    pipelinekit("export", "kubeflow", "--lightweight", "-o", "pipeline.py", folder=basic)
    run_python(str(basic / "pipeline.py"), folder=tmp_path)
    call("dvc", "repro", folder=theirs)
    assert contents(basic, BASIC) == contents(theirs, BASIC)


@needs_kfp
def test_a_stage_that_fails_fails_the_run(tmp_path: Path, basic: Path) -> None:
    text = (basic / "dvc.yaml").read_text()
    (basic / "dvc.yaml").write_text(text.replace("python src/train.py", "python src/train.py --no-such-option"))
    pipelinekit("export", "kubeflow", "--lightweight", "-o", "pipeline.py", folder=basic)
    output = run_python("pipeline.py", folder=basic, status=1)
    assert "unrecognized arguments: --no-such-option" in output
    assert (basic / "data" / "processed" / "train.csv").exists()
    assert not (basic / "eval.json").exists()


@needs_kfp
def test_devices_and_amounts_as_kfp_has_them(tmp_path: Path) -> None:
    text = """\
stages:
  import: {cmd: x, outs: [class], meta: {pipelinekit: {resources: {cpu: 1500m, memory: 7Mi, gpu: 2}}}}
  a__b: {cmd: x, outs: [A/b.C], meta: {pipelinekit: {resources: {cpu: .25, memory: 3T, example.com/fpga: 1}}}}
  a-b: {cmd: x, deps: [class, A/b.C], outs: ['s3://b/x': {cache: false}], meta: {pipelinekit: {resources: {memory: 5}}}}
  late@1: {cmd: x, deps: ['s3://b/x', A/b.C]}
"""
    folder = project(tmp_path / "project", {"dvc.yaml": text.replace("late@1", "late")})
    for caching in ([], ["--caching"]):
        pipelinekit("export", "kubeflow", *caching, "-o", "ours.yaml", folder=folder)
        pipelinekit("export", "kubeflow", *caching, "--format", "python", "-o", "theirs.py", folder=folder)
        run_python("theirs.py", folder=folder)
        ours, theirs = loaded(folder / "ours.yaml"), loaded(folder / "theirs.yaml")
        del ours["spec"]["sdkVersion"], theirs["spec"]["sdkVersion"]
        assert ours == theirs
