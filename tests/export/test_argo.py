"""A workflow as it is written and read back; tests/end_to_end/test_argo.py compares what it makes with `dvc repro`."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.export.argo import Store, notes_of, read_argo, write_argo
from pipelinekit.export.conformance import check_conformance
from pipelinekit.export.meta import StageMeta
from pipelinekit.export.options import Options
from pipelinekit.export.plan import ExportError, Input, Output, Plan, Step
from pipelinekit.export.remote import Remote
from tests.command_line import run
from tests.export.argo_cluster import Cluster, TaskError, expand, problems_of, replace_tags
from tests.export.graphs import plan
from tests.export.pipelines import MADE, NASTY
from tests.small_projects import write
from tests.snapshots import check_snapshot

SNAPSHOTS = Path(__file__).parent / "snapshots"
EXAMPLES = Path(__file__).parents[2] / "examples"
MD5 = "0123456789abcdef0123456789abcdef"
S3 = Remote("s3", "s3", "team", "data/store", "http://minio.example:9000", "eu-west-1")
GS = Remote("gs", "gs", "team", "")
STORES = {
    "cluster": Store(None),
    "s3": Store(S3, keeps_artifacts=True),
    "gs": Store(GS, "keys", keeps_artifacts=True),
    "roles": Store(Remote("s3", "s3", "team", ""), "", keeps_artifacts=True),
    "azure": Store(Remote("a", "azure", "container", "path")),
}
#: The nasty pipeline with data that DVC tracks: a file, a folder, a file of DVC 2, and one that no remote has.
TRACKED = {
    **NASTY,
    "data/raw.csv.dvc": f"outs:\n- md5: {MD5}\n  hash: md5\n  path: raw.csv\n",
    "folder.dvc": f"outs:\n- md5: {MD5}.dir\n  hash: md5\n  path: folder\n",
    "reports/limits.txt.dvc": f"outs:\n- md5: {MD5}\n  path: limits.txt\n",
}


def documents_of(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def templates_of(text: str) -> dict[str, Any]:
    return {template["name"]: template for template in documents_of(text)[0]["spec"]["templates"]}


@pytest.mark.parametrize("kind", STORES)
def test_the_whole_file(tmp_path: Path, kind: str) -> None:
    options = Options("churn model", schedule="0 4 * * *", retries=1, environment={"TZ": "UTC"})
    meant = plan(tmp_path, TRACKED, options)
    text = write_argo(meant, STORES[kind])
    check_conformance(meant, read_argo(text))
    assert list(problems_of(documents_of(text))) == []
    check_snapshot(SNAPSHOTS / f"argo_{kind}.yaml", text)


@pytest.mark.parametrize("example", ["basic", "matrix"])
def test_examples(example: str) -> None:
    result = run("export", "argo", folder=EXAMPLES / example)
    assert (result.status, result.stderr) == (0, "")
    assert list(problems_of(documents_of(result.stdout))) == []
    check_snapshot(SNAPSHOTS / f"argo_example_{example}.yaml", result.stdout)


def test_containers_make_what_the_commands_make(tmp_path: Path) -> None:
    image = write(tmp_path / "image", NASTY)
    cluster = Cluster(tmp_path / "cluster", image, {"PATH": os.environ["PATH"]})
    meant = plan(image, NASTY, Options("nasty", workspace=str(cluster.workspace)))
    text = write_argo(meant, Store(None))
    cluster.run(text)
    cluster.collect(tmp_path / "made", text)
    expected = write(tmp_path / "expected", NASTY)
    for step in meant.steps:
        for command in step.commands:
            environment = {"PATH": os.environ["PATH"], **step.meta.environment}
            subprocess.run(["/bin/sh", "-c", command], cwd=expected / step.wdir, env=environment, check=True)
    made = {path: (tmp_path / "made" / path).read_bytes() for path in MADE}
    assert made == {path: (expected / path).read_bytes() for path in MADE}


# --- what a shell gets -------------------------------------------------------------------------------------------


def stage(command: str, **meta: Any) -> Plan:
    options = Options("one", workspace=meta.pop("workspace", "/project"))
    wdir = meta.pop("wdir", ".")
    found = StageMeta("image", meta.pop("environment", {}), 0, {})
    return Plan((Step("dvc.yaml:one", "one", (command,), wdir, (), (), (), found),), options, ())


def run_as_argo_does(text: str, variables: dict[str, str] | None = None) -> bytes:
    """What the container of the stage `one` prints."""
    template = templates_of(text)["one"]
    container = json.loads(replace_tags(json.dumps(template), {}))["container"]
    environment = {one["name"]: one["value"] for one in container.get("env", ())}
    environment = {name: expand(value, {**environment, **(variables or {})}) for name, value in environment.items()}
    command = [expand(word, environment) for word in (*container["command"], *container["args"])]
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return result.stdout


# what Argo, Kubernetes, YAML and a shell each take for something else, between whatever else there may be
SPECIAL = ["{{", "}}", "{{=", "{{x}}", "{", "}", "$", "$$", "$(", ")", "${HOME}", "`", "'", '"', "\\", "\n", "\r", "\t"]
SPECIAL += [
    " ",
    "  ",
    "\n\n",
    " \n",
    "#",
    " #",
    ": ",
    "- ",
    "%",
    "\u2028",
    "\x85",
    "\ufeff",
    "\x7f",
    "é",
    "☃",
    "😀",
    "!",
    "*",
]
TEXTS = st.lists(
    st.sampled_from(SPECIAL) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    max_size=12,
).map("".join)


@given(text=TEXTS, value=TEXTS)
def test_any_text_arrives_in_the_shell_as_it_is_here(text: str, value: str) -> None:
    command = f"printf '%s|%s' {shlex.quote(text)} \"$VALUE\""
    meant = stage(command, environment={"VALUE": value, "HOME": "/other"}, workspace="/")
    written = write_argo(meant, Store(None))
    check_conformance(meant, read_argo(written))
    assert run_as_argo_does(written) == f"{text}|{value}".encode()


@pytest.mark.parametrize(
    "command",
    [
        "echo '{{workflow.name}}' {{=1+1}} {{{a}}} '{''{' }}",
        "echo $HOME $(echo b) $((1 + 2)) $(( 1 ))$(echo '$(HOME)')",
        "test $$ -gt 1 && echo $$$$ | tr 0-9 n",
        "echo 'a\n\n  b\t\n' \"it's\"\n",
        "# {{ no command }}",
        "cat <<'END'\n{{x}} $(y)\nEND\n",
    ],
)
def test_commands_that_argo_or_kubernetes_would_change(command: str) -> None:
    here = subprocess.run(["/bin/sh", "-c", command], env={"HOME": "/h"}, stdout=subprocess.PIPE, check=True)
    there = run_as_argo_does(write_argo(stage(command, environment={"HOME": "/h"}, workspace="/"), Store(None)))
    assert there == here.stdout


def test_each_command_has_a_shell_of_its_own_and_the_first_that_fails_ends_the_task(tmp_path: Path) -> None:
    files = {"dvc.yaml": "stages:\n  a:\n    cmd: ['x=1; cd /', 'echo [$x] > out', 'exit 7', 'echo no > out']\n"}
    image = write(tmp_path / "image", files)
    cluster = Cluster(tmp_path / "cluster", image, {"PATH": os.environ["PATH"]})
    text = write_argo(plan(image, files, Options("x", workspace=str(cluster.workspace))), Store(None))
    with pytest.raises(TaskError, match="a ended with 7"):
        cluster.run(text)
    assert (cluster.workspace / "out").read_text() == "[]\n"


@pytest.mark.parametrize("shell", ["", "bash"])
def test_the_shell_is_that_of_the_environment_as_dvc_has_it(tmp_path: Path, shell: str) -> None:
    found = shutil.which(shell) if shell else None
    environment = {"SHELL": found} if found else {}
    written = write_argo(stage("echo ${BASH_VERSION:+bash}", environment=environment, workspace="/"), Store(None))
    assert run_as_argo_does(written).decode().strip() == ("bash" if found else "")


def test_outputs_are_removed_before_and_persistent_ones_are_not(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: ls > seen\n    outs: [old.txt, seen, kept.txt: {persist: true}]\n"
    files = {"dvc.yaml": text.replace("kept.txt: {persist: true}", "{kept.txt: {persist: true}}")}
    image = write(tmp_path / "image", {**files, "old.txt": "", "kept.txt": "", "-f": ""})
    cluster = Cluster(tmp_path / "cluster", image, {"PATH": os.environ["PATH"]})
    written = write_argo(plan(image, files, Options("x", workspace=str(cluster.workspace))), Store(None))
    with pytest.raises(TaskError, match=r"old\.txt was not made"):
        cluster.run(written)
    assert (cluster.workspace / "seen").read_text().split() == ["-f", "dvc.yaml", "kept.txt", "seen"]


@pytest.mark.parametrize("command", ["mv data out", "cp -r data out", "cp -R data/. out"])
def test_what_a_command_does_with_its_input_gives_an_output_of_its_own(tmp_path: Path, command: str) -> None:
    files = {
        "dvc.yaml": "stages:\n  a: {cmd: mkdir data; echo 1 > data/x, outs: [data]}\n"
        f"  b: {{cmd: '{command}', deps: [data], outs: [out]}}\n  c: {{cmd: cat out/x > y, deps: [out], outs: [y]}}\n"
    }
    image = write(tmp_path / "image", files)
    cluster = Cluster(tmp_path / "cluster", image, {"PATH": os.environ["PATH"]})
    text = write_argo(plan(image, files, Options("x", workspace=str(cluster.workspace))), Store(None))
    cluster.run(text)
    cluster.collect(tmp_path / "made", text)
    assert (tmp_path / "made" / "y").read_text() == "1\n"


@pytest.mark.parametrize(
    "value", ["yes", "NO", "On", "y", "N", "~", "null", "Null", "0x1", "0o7", "017", "1_0", "1:30", "1e3"]
)
def test_words_that_mean_something_to_some_reader_of_yaml_are_quoted(value: str) -> None:
    text = write_argo(stage("x", environment={"A": value}), Store(None))
    assert f"            value: '{value}'\n" in text


def test_dvc_tells_a_stage_who_it_is_and_so_do_we(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": "stages:\n  a:\n    foreach: [1]\n    do: {cmd: 'echo $DVC_STAGE $DVC_ROOT > a', outs: [a]}\n",
        "sub/dvc.yaml": "stages:\n  a: {cmd: 'echo $DVC_STAGE > b', outs: [b]}\n",
    }
    image = write(tmp_path / "image", files)
    cluster = Cluster(tmp_path / "cluster", image, {"PATH": os.environ["PATH"]})
    text = write_argo(plan(image, files, Options("x", workspace=str(cluster.workspace))), Store(None))
    cluster.run(text)
    cluster.collect(tmp_path / "made", text)
    assert (tmp_path / "made" / "a").read_text() == f"a@1 {cluster.workspace}\n"
    assert (tmp_path / "made" / "sub" / "b").read_text() == "sub/dvc.yaml:a\n"


# --- data --------------------------------------------------------------------------------------------------------


def inputs_of(folder: Path, store: Store, files: dict[str, str]) -> tuple[list[Any], list[str]]:
    """Of a stage `a` that reads `data`: its input artifacts, and what it pulls."""
    text = "stages:\n  a: {cmd: cat data, deps: [data]}\n"
    template = templates_of(write_argo(plan(folder, {"dvc.yaml": text, **files}), store))["a"]
    lines = template["container"]["args"][0].splitlines()
    return template.get("inputs", {}).get("artifacts", []), [line for line in lines if line.startswith("dvc")]


def test_a_file_comes_from_the_bucket_by_its_md5(tmp_path: Path) -> None:
    found, pulled = inputs_of(tmp_path, Store(S3), {"data.dvc": f"outs:\n- {{md5: {MD5}, hash: md5, path: data}}\n"})
    assert pulled == []
    assert found == [
        {
            "name": "data",
            "path": "/inputs/data",
            "mode": 0o755,
            "recurseMode": True,
            "archive": {"none": {}},
            "s3": {
                "endpoint": "minio.example:9000",
                "insecure": True,
                "region": "eu-west-1",
                "bucket": "team",
                "key": f"data/store/files/md5/{MD5[:2]}/{MD5[2:]}",
                "accessKeySecret": {"name": "dvc-remote", "key": "accessKey"},
                "secretKeySecret": {"name": "dvc-remote", "key": "secretKey"},
            },
        }
    ]


@pytest.mark.parametrize(
    ("store", "data"),
    [
        (Store(S3), f"outs:\n- {{md5: {MD5}.dir, hash: md5, path: data}}\n"),
        (Store(S3), f"outs:\n- {{md5: {MD5}, hash: md5, path: data, remote: other}}\n"),
        (Store(S3), f"outs:\n- {{md5: {MD5}, hash: md5, path: data, push: false}}\n"),
        (Store(S3), f"deps:\n- {{path: d, repo: {{url: u}}}}\nouts:\n- {{md5: {MD5}, hash: md5, path: data}}\n"),
        (Store(S3), "outs:\n- {md5: '{{x}}', hash: md5, path: data}\n"),
        (Store(S3._replace(is_versioned=True)), f"outs:\n- {{md5: {MD5}, hash: md5, path: data}}\n"),
        (Store(S3._replace(endpoint="http://host/path")), f"outs:\n- {{md5: {MD5}, hash: md5, path: data}}\n"),
        (Store(S3._replace(path="{{x}}")), f"outs:\n- {{md5: {MD5}, hash: md5, path: data}}\n"),
        (Store(Remote("x", "ssh", "host", "x")), f"outs:\n- {{md5: {MD5}, hash: md5, path: data}}\n"),
        (Store(None), f"outs:\n- {{md5: {MD5}, hash: md5, path: data}}\n"),
    ],
)
def test_dvc_brings_what_does_not_lie_there_by_its_md5(tmp_path: Path, store: Store, data: str) -> None:
    assert inputs_of(tmp_path, store, {"data.dvc": data}) == ([], ["dvc pull --force -- data"])


def test_what_nobody_keeps_is_brought_by_nobody(tmp_path: Path) -> None:
    assert inputs_of(tmp_path, Store(S3), {"data.dvc": "outs:\n- {path: data}\n"}) == ([], [])
    data = f"outs:\n- {{md5: {MD5}, hash: md5, path: data, cache: false}}\n"
    assert inputs_of(tmp_path, Store(S3), {"data.dvc": data}) == ([], [])


def test_what_dvc_needs_to_reach_the_remote_is_there_only_where_it_pulls(tmp_path: Path) -> None:
    templates = templates_of(write_argo(plan(tmp_path, TRACKED), Store(S3)))
    having = [name for name, one in templates.items() if "AWS_ACCESS_KEY_ID" in str(one)]
    assert having == ["grid-1", "grid-2"]


def test_notes(tmp_path: Path) -> None:
    meant = plan(tmp_path, TRACKED)
    assert notes_of("", meant, S3) == []
    (note,) = notes_of("", meant, None)
    assert note == (
        "4 of the containers run 'dvc pull', the first that of dvc.yaml:split, and there is no remote, which no "
        "container reaches: 'pipelinekit init --remote ADDRESS' sets one up"
    )
    assert "the remote is the folder /mnt/x, which" in notes_of("", meant, Remote("x", "file", "", "/mnt/x"))[0]
    large = Plan(
        tuple(stage("x" * 1000).steps[0]._replace(address=f"dvc.yaml:{i}", target=str(i)) for i in range(1600)),
        Options("x"),
        (),
    )
    assert notes_of(write_argo(large, Store(None)), large, None)[0].startswith(
        "the workflow has 1.9 MiB, and a cluster"
    )


# --- what can't be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--schedule", "daily"], "the schedule 'daily' is no cron expression of 5 parts, such as '0 4 * * *'"),
        (["--image", "x:{{tag}}"], "the image of dvc.yaml:a is 'x:{{tag}}': Argo or Kubernetes would put something"),
        (["--workspace", "here"], "the workspace 'here' is no absolute path"),
        (["--workspace", "/{{x}}"], "the workspace is '/{{x}}': Argo"),
        (["--env", "A B=1"], "dvc.yaml:a: 'A B' is no name of a variable that Kubernetes takes"),
        (["--env", "a-b={{x}}"], "dvc.yaml:a: a shell can't set 'a-b', and Argo would change '{{x}}'"),
        (["--artifact-repository", "remote"], "with an address like s3://… or gs://… only, and there is none: leave"),
    ],
)
def test_what_argo_would_not_take_is_an_error(tmp_path: Path, change: list[str], message: str) -> None:
    write(tmp_path, {"dvc.yaml": "stages:\n  a: {cmd: x}\n"})
    result = run("export", "argo", "-o", "out.yaml", *change, folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert message in result.stderr
    assert not (tmp_path / "out.yaml").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stages: {}\n", "there is no stage to export"),
        ("stages:\n  a: {cmd: x, outs: ['{{x}}']}\n", "an output of dvc.yaml:a is '/project/{{x}}': Argo"),
        ("stages:\n  a: {cmd: x, outs: ['$$']}\n", "an output of dvc.yaml:a is '/project/$$': Argo"),
        ('stages:\n  a: {cmd: "x\\0"}\n', "a command of dvc.yaml:a has the character U+0000, which can't be passed"),
        (f"stages:\n  a: {{cmd: {'x' * 140_000}}}\n", "the commands of dvc.yaml:a have more than 128 KiB"),
    ],
)
def test_pipelines_that_argo_would_not_run(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ExportError, match=re.escape(message)):
        write_argo(plan(tmp_path, {"dvc.yaml": text}), Store(None))


def test_what_is_written_goes_to_a_file_and_notes_do_not(tmp_path: Path) -> None:
    write(tmp_path, {"dvc.yaml": "stages:\n  a: {cmd: x, deps: [data]}\n", "data.dvc": TRACKED["folder.dvc"]})
    (tmp_path / "data.dvc").write_text(TRACKED["folder.dvc"].replace("folder", "data"))
    result = run("export", "argo", "-o", "out.yaml", folder=tmp_path)
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr.startswith("pipelinekit: 1 of the containers run 'dvc pull'")
    assert read_argo((tmp_path / "out.yaml").read_text())[0].address == "dvc.yaml:a"


@pytest.mark.parametrize("schedule", ["@daily", "@every 1h", "*/5 0-6 * * MON,TUE", " 0 4 * * * "])
def test_schedules(tmp_path: Path, schedule: str) -> None:
    meant = stage("x")
    text = write_argo(meant._replace(options=meant.options._replace(schedule=schedule)), Store(None))
    assert documents_of(text)[1]["spec"]["schedules"] == [schedule.strip()]


# --- read back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("      dag:", "      steps:"), "dag"),
        (("    - name: split\n", "    - name: lines\n"), "two templates have the same name"),
        (("          - name: split\n", "          - name: lines\n"), "two tasks have the same name"),
        (
            (
                "            nvidia.com/gpu: '1'\n          limits",
                "            nvidia.com/gpu: '2'\n          limits",
            ),
            "asks for other",
        ),
        (("        image:", "        image: x\n        image:"), "'image' stands there twice"),
    ],
)
def test_what_is_not_ours_is_not_read(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    text = write_argo(plan(tmp_path, NASTY), Store(None))
    assert change[0] in text
    with pytest.raises((ValueError, KeyError), match=message):
        read_argo(text.replace(*change))


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Steps with any names and contents, each of which may need some that stand before it."""
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=4))
    paths = TEXTS.map(lambda text: re.sub(r"\{\{|\$[$(]|\{$|\$$", "x", text))
    steps: list[Step] = []
    for name in names:
        needs = draw(st.lists(st.sampled_from(steps), unique_by=lambda step: step.address)) if steps else []
        variables = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
        meta = StageMeta(
            draw(paths),
            draw(st.dictionaries(variables, TEXTS, max_size=2)),
            draw(st.integers(0, 3)),
            draw(
                st.dictionaries(
                    st.sampled_from(["cpu", "gpu", "memory", "x/y", "on"]), st.integers(0, 9) | st.just("1Gi")
                )
            ),
        )
        before = draw(st.lists(st.builds(Input, paths, paths, st.just(""), st.sampled_from([MD5, f"{MD5}.dir", ""]))))
        passed = [Input(out.path, out.path, step.address) for step in needs for out in step.outputs]
        steps.append(
            Step(
                f"dvc.yaml:{name}",
                name,
                tuple(draw(st.lists(TEXTS, max_size=2))),
                draw(TEXTS),
                tuple(step.address for step in needs),
                (*passed, *before),
                tuple(
                    Output(path, kind, True, True, False)
                    for path, kind in draw(st.dictionaries(paths, st.sampled_from(["out", "plot"]), max_size=2)).items()
                ),
                meta,
            )
        )
    return Plan(tuple(steps), Options(draw(TEXTS), retries=draw(st.integers(0, 2))), ())


def texts_of(value: Any) -> Iterator[Any]:
    """All that stands in a document, but what is meant to be a number or a truth."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            if key not in ("limit", "mode", "recurseMode", "insecure", "readOnly", "useSDKCreds"):
                yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)
    else:
        yield value


@given(plans(), st.sampled_from(sorted(STORES)))
def test_whatever_stands_in_a_pipeline_is_read_back(meant: Plan, kind: str) -> None:
    text = write_argo(meant, STORES[kind])
    check_conformance(meant, read_argo(text))
    assert write_argo(meant, STORES[kind]) == text
    documents = list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    assert all(isinstance(one, str) for document in documents for one in texts_of(document))
    assert [one for one in problems_of(documents) if "the same path" not in one] == []
