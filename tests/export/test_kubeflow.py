"""A pipeline for Kubeflow as it is written and read; tests/end_to_end/test_kubeflow.py has kfp compile and run it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipelinekit.export.conformance import ConformanceError, ReadStep, check_conformance
from pipelinekit.export.kubeflow import for_kubeflow, kubeflow_cron, read_kubeflow, write_kubeflow
from pipelinekit.export.kubeflow_python import read_python, write_lightweight, write_python
from pipelinekit.export.meta import StageMeta
from pipelinekit.export.options import Options
from pipelinekit.export.plan import ExportError, Input, Output, Plan, Step
from tests.export.containers import run_containers
from tests.export.graphs import plan
from tests.export.pipelines import NASTY
from tests.snapshots import check_snapshot

SNAPSHOTS = Path(__file__).parent / "snapshots"


class Form(NamedTuple):
    write: Callable[[Plan], str]
    read: Callable[[str], list[ReadStep]]


FORMS = {
    "yaml": Form(write_kubeflow, read_kubeflow),
    "python": Form(write_python, read_python),
    "lightweight": Form(lambda meant: write_lightweight(meant, ".."), read_python),
}
OPTIONS = Options("churn model", schedule="0 4 * * *", retries=1, environment={"TZ": "UTC"})


@pytest.mark.parametrize("kind", FORMS)
def test_the_whole_file(tmp_path: Path, kind: str) -> None:
    meant = for_kubeflow(plan(tmp_path, NASTY, OPTIONS))
    text = FORMS[kind].write(meant)
    check_conformance(meant, FORMS[kind].read(text))
    check_snapshot(SNAPSHOTS / f"kubeflow_{kind}.txt", text)


@pytest.mark.parametrize("kind", ["python", "lightweight"])
def test_it_is_formatted_and_uses_all_that_it_imports(tmp_path: Path, kind: str) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    (tmp_path / "pipeline.py").write_text((SNAPSHOTS / f"kubeflow_{kind}.txt").read_text())
    check = [*ruff, "check", "--isolated", "--select", "E,F,I,B,UP", "--ignore", "E501", "pipeline.py"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    form = [*ruff, "format", "--isolated", "--line-length", "120", "--diff", "pipeline.py"]
    assert subprocess.run(form, cwd=tmp_path, check=False).returncode == 0


def ir(folder: Path, files: dict[str, str], options: Options | None = None) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(write_kubeflow(for_kubeflow(plan(folder, files, options))))
    return loaded


def test_containers_run_what_a_shell_would(tmp_path: Path) -> None:
    files = {
        name: text.replace("    deps: [data/raw.csv]\n", "").replace("cp data/raw.csv", "cp README")
        for name, text in NASTY.items()
    }
    late = "date() { echo called; }; echo $(date) > late; echo $$ | grep -c [0-9] >> late"
    files["dvc.yaml"] += f"  late: {{cmd: '{late}', outs: [late]}}\n"
    files["README"] = "raw\n"
    workspace = tmp_path / "it's work"
    run_containers(
        ir(tmp_path / "image", files, Options("x", workspace=str(workspace))),
        tmp_path / "image",
        workspace,
        {"PATH": "/usr/bin:/bin", "date": "replaced"},
    )
    made = tmp_path / "artifacts"
    report = (made / "sub-dvc-yaml-report" / "reports_report_txt").read_text()
    assert report == (
        "most: 3\n"
        "it's {{ ds }} {% raw %} {{$.inputs}} {{=1}}  $x b \\ %s é ☃\n"
        "{{ params.x }} 'single' \"double\"\n"
        "limits\n"
        "it's {{ blue }}\n"
    )
    assert (made / "late" / "late").read_text() == "called\n1\n"
    assert (made / "lines" / "lines_txt").read_text() == "each line is a command: []\n"
    assert (made / "split" / "parts" / "deep" / "b").read_text() == "raw\n"


def test_a_container_leaves_persistent_outputs_and_takes_empty_folders(tmp_path: Path) -> None:
    text = """\
stages:
  kept:
    cmd: echo new >> kept; echo new >> gone; mkdir -p empty
    outs: [gone, empty, {kept: {persist: true}}]
  after: {cmd: 'ls empty > listing; test -d empty', deps: [empty], outs: [listing]}
"""
    image, workspace = tmp_path / "image", tmp_path / "work"
    files = {"dvc.yaml": text, "kept": "old\n", "gone": "old\n"}
    pipeline = ir(image, files, Options("x", workspace=str(workspace)))
    run_containers(pipeline, image, workspace, {"PATH": "/usr/bin:/bin"})
    made = tmp_path / "artifacts"
    assert (made / "kept" / "kept").read_text() == "old\nnew\n"
    assert (made / "kept" / "gone").read_text() == "new\n"
    (made / "kept" / "empty").rmdir()  # what an object store does with it
    shell = pipeline["deploymentSpec"]["executors"]["exec-after"]["container"]
    words = [*shell["command"], *shell["args"][:2], str(made / "kept" / "empty"), str(made / "listing")]
    subprocess.run(words, check=True)


def test_an_output_that_a_stage_does_not_make_fails_it(tmp_path: Path) -> None:
    image, workspace = tmp_path / "image", tmp_path / "work"
    pipeline = ir(image, {"dvc.yaml": "stages: {a: {cmd: 'true', outs: [x]}}"}, Options("x", workspace=str(workspace)))
    with pytest.raises(subprocess.CalledProcessError):
        run_containers(pipeline, image, workspace, {"PATH": "/usr/bin:/bin"})


def test_names_stay_apart_and_no_word_of_python_is_one(tmp_path: Path) -> None:
    text = "stages:\n" + "".join(
        f"  {name}: {{cmd: x, outs: ['{out}']}}\n"
        for name, out in [
            ("a_b", "p/x"),
            ("a-b", "p_x"),
            ("a__b", "class"),
            ("import", "2"),
            ("x", "y"),
            ("x_task", "z"),
        ]
    )
    meant = for_kubeflow(plan(tmp_path, {"dvc.yaml": text + "  all: {cmd: x, deps: [p/x, p_x, class, '2', y, z]}\n"}))
    tasks = yaml.safe_load(write_kubeflow(meant))["root"]["dag"]["tasks"]
    assert sorted(re.sub("[0-9a-f]{6}$", "#", name) for name in tasks) == [
        *("a-b", "a-b-#", "a-b-#", "all", "import-#", "x", "x-task"),
    ]
    assert sorted(re.sub("[0-9a-f]{6}$", "#", name) for name in tasks["all"]["inputs"]["artifacts"]) == [
        *("class_#", "file_2", "p_x", "p_x_#", "y", "z"),
    ]
    for kind in ("python", "lightweight"):
        compile(FORMS[kind].write(meant), "pipeline.py", "exec")
        assert "    x_task_ = x(" in FORMS[kind].write(meant)


def test_a_stage_waits_for_one_whose_output_lies_elsewhere(tmp_path: Path) -> None:
    text = "stages: {a: {cmd: x, outs: ['s3://b/x': {cache: false}]}, b: {cmd: x, deps: ['s3://b/x'], outs: [c]}}"
    meant = for_kubeflow(plan(tmp_path, {"dvc.yaml": text}))
    task = yaml.safe_load(write_kubeflow(meant))["root"]["dag"]["tasks"]["b"]
    assert (task["dependentTasks"], task.get("inputs")) == (["a"], None)
    assert "    b_task.after(a_task)\n" in write_python(meant)


def resources(written: str) -> str:
    return f"stages: {{a: {{cmd: x, meta: {{pipelinekit: {{resources: {written}}}}}}}}}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{cpu: 2, memory: 16Gi, gpu: 1}", {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": "1"}),
        ("{cpu: 0.5, memory: 1.5Gi}", {"cpu": "0.5", "memory": "1610612736"}),
        ("{cpu: 0.00001, memory: 500k, gpu: 0}", {"cpu": "1m", "memory": "500000"}),
        ("{example.com/fpga: 1k}", {"example.com/fpga": "1000"}),
    ],
)
def test_amounts_as_kfp_spells_them(tmp_path: Path, written: str, read: dict[str, str]) -> None:
    meant = for_kubeflow(plan(tmp_path, {"dvc.yaml": resources(written)}))
    for form in FORMS.values():
        assert form.read(form.write(meant))[0].resources == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("resources: {disk: 1Gi}", "can't ask for disk"),
        ("resources: {gpu: 1, amd.com/gpu: 1}", "one kind of device, and these are 2: nvidia.com/gpu, amd.com/gpu"),
        ("resources: {gpu: 0.5}", "no whole number"),
        ("env: {a.b: x}", "'a.b' is no name of a variable"),
        ("image: '{{x}}'", "no name of an image"),
    ],
)
def test_what_kubeflow_has_no_word_for_is_said(tmp_path: Path, written: str, said: str) -> None:
    text = f"stages: {{a: {{cmd: x, meta: {{pipelinekit: {{{written}}}}}}}}}"
    with pytest.raises(ExportError, match=re.escape(said)):
        for_kubeflow(plan(tmp_path, {"dvc.yaml": text}))


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("yaml", "        - split\n", "        - hostile\n"),
        ("yaml", "producerTask: split", "producerTask: hostile"),
        ("yaml", "mkdir -p parts/deep", "mkdir -p parts"),
        ("yaml", "run ./reports", "run ."),
        ("yaml", "maxRetryCount: 2", "maxRetryCount: 3"),
        ("yaml", "resourceCpuLimit: 500m", "resourceCpuLimit: 600m"),
        ("yaml", "value: UTC", "value: utc"),
        ("yaml", 'copy ./hostile.txt "$1"', 'copy ./hostile.txt "$2"'),
        ("yaml", "set -e\n", "set -x\n"),
        ("python", "set_retry(2)", "set_retry(3)"),
        ("python", '_task.outputs["measured_txt"]', '_task.outputs["measured_txt"].x'),
        ("python", '"set -e\\n"', '"set -x\\n"'),
        ("lightweight", "mkdir -p parts/deep", "mkdir -p parts"),
        ("lightweight", "paths = [hostile_txt.path]", "paths = []"),
    ],
)
def test_whatever_else_stands_there_is_found(tmp_path: Path, kind: str, old: str, new: str) -> None:
    meant = for_kubeflow(plan(tmp_path, NASTY, OPTIONS))
    text = FORMS[kind].write(meant)
    assert old in text
    with pytest.raises((ConformanceError, ValueError)):
        check_conformance(meant, FORMS[kind].read(text.replace(old, new)))


@pytest.mark.parametrize("kind", FORMS)
def test_a_pipeline_without_stages(tmp_path: Path, kind: str) -> None:
    meant = for_kubeflow(plan(tmp_path, {"dvc.yaml": "stages: {}\n"}))
    assert FORMS[kind].read(FORMS[kind].write(meant)) == []


def test_a_schedule_as_kubeflow_has_it() -> None:
    assert [kubeflow_cron(one) for one in ("0 4 * * *", "30 0 4 * * *", "@daily")] == [
        *("0 0 4 * * *", "30 0 4 * * *", "@daily"),
    ]


_TEXTS = st.text(
    st.sampled_from(list("{}$()'\"\\ \n\t`#:-|")) | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=30,
)
_AMOUNTS = {
    "cpu": st.sampled_from(["1", "500m", "0.5", "2.25"]),
    "memory": st.sampled_from(["1", "5G", "16Gi", "100K"]),
    "gpu": st.integers(1, 9),
}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Steps with any names and contents, each of which may need some that stand before it."""
    names = draw(st.lists(_TEXTS.filter(bool), unique=True, min_size=1, max_size=6))
    steps: list[Step] = []
    for name in names:
        needs = draw(st.lists(st.sampled_from(steps), unique_by=lambda step: step.address)) if steps else []
        inputs = [
            Input(path, path + draw(st.sampled_from(["", "/part"])), step.address)
            for step in needs
            for path in [draw(st.sampled_from([*(out.path for out in step.outputs), "s3://elsewhere"]))]
        ]
        meta = StageMeta(
            draw(st.sampled_from(["python:3.12", "registry.example.com/a/b@sha256:0"])),
            draw(st.dictionaries(st.from_regex("[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True), _TEXTS, max_size=2)),
            draw(st.integers(0, 3)),
            {key: draw(_AMOUNTS[key]) for key in draw(st.lists(st.sampled_from(sorted(_AMOUNTS)), unique=True))},
        )
        steps.append(
            Step(
                f"dvc.yaml:{name}",
                name,
                tuple(draw(st.lists(_TEXTS, max_size=2))),
                draw(_TEXTS),
                tuple(step.address for step in needs),
                tuple(inputs),
                tuple(
                    Output(f"{len(steps)}{path}", "out", True, True, False)
                    for path in draw(st.lists(_TEXTS, max_size=2, unique=True))
                ),
                meta,
            )
        )
    options = Options(draw(_TEXTS), schedule=draw(_TEXTS), retries=draw(st.integers(0, 2)), workspace=draw(_TEXTS))
    return Plan(tuple(steps), options, ())


@pytest.mark.parametrize("kind", FORMS)
@given(drawn=plans())
def test_whatever_stands_in_a_pipeline_is_read_back(kind: str, drawn: Plan) -> None:
    meant = for_kubeflow(drawn)
    text = FORMS[kind].write(meant)
    check_conformance(meant, FORMS[kind].read(text))
    assert text == FORMS[kind].write(meant)
    if kind != "yaml":
        compile(text, "pipeline.py", "exec")


@settings(max_examples=15)
@given(drawn=plans())
def test_every_reader_of_yaml_reads_the_same_and_placeholders_are_only_ours(drawn: Plan) -> None:
    text = write_kubeflow(for_kubeflow(drawn))
    read = yaml.load(text, yaml.SafeLoader)
    assert read == YAML(typ="safe", pure=True).load(StringIO(text))
    places = re.compile(r"\{\{\$\.(?:in|out)puts\.artifacts\['[a-z0-9_]+'\]\.path\}\}")
    for executor in read["deploymentSpec"]["executors"].values():
        container = executor["container"]
        words = [*container["args"], *(one["value"] for one in container.get("env", ()))]
        assert not [word for word in words if "{{" in word and not places.fullmatch(word)]
        assert not [word for word in words if "$(" in word or "$$" in word]
