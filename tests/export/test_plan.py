from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.export.meta import MetaError
from pipelinekit.export.options import Options
from pipelinekit.export.plan import ExportError, Input, plan_of
from tests.export.graphs import graph_of, plan
from tests.export.pipelines import NASTY

MD5 = "0123456789abcdef0123456789abcdef"
CHAIN = {
    "dvc.yaml": """\
stages:
  last:
    cmd: cat b > c
    deps: [b, raw.csv, old.csv, ../lib.py, code.py]
    outs: [c]
  middle:
    frozen: true
    cmd: cat a > b
    deps: [a]
    outs: [b]
  first:
    cmd: echo > a
    outs: [a]
""",
    "dvc.lock": f"""\
schema: '2.0'
stages:
  middle:
    cmd: cat a > b
    outs:
    - path: b
      hash: md5
      md5: {MD5}
      size: 1
""",
    "raw.csv.dvc": f"outs:\n- md5: {MD5}\n  hash: md5\n  size: 1\n  path: raw.csv\n",
    "old.csv.dvc": f"outs:\n- md5: {MD5}\n  size: 1\n  path: old.csv\n",
    "code.py": "",
}


def test_what_dvc_never_runs_is_an_input(tmp_path: Path) -> None:
    found = plan(tmp_path, CHAIN)
    assert [step.address for step in found.steps] == ["dvc.yaml:first", "dvc.yaml:last"]
    assert found.frozen == ("dvc.yaml:middle",)
    last = found.steps[1]
    assert last.needs == ()
    assert last.inputs == (
        Input("b", "b", md5=MD5),
        Input("raw.csv", "raw.csv", md5=MD5),
        Input("old.csv", "old.csv", md5=MD5, is_legacy=True),
    )


def test_a_part_of_the_pipeline_takes_the_rest_as_it_is(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, {**CHAIN, "dvc.yaml": CHAIN["dvc.yaml"].replace("    frozen: true\n", "")})
    chosen = [stage for stage in graph.index.stages if stage.name in ("last", "first")]
    found = plan_of(graph, Options("x"), chosen)
    assert [(step.address, step.needs) for step in found.steps] == [("dvc.yaml:first", ()), ("dvc.yaml:last", ())]
    assert found.steps[1].inputs[0] == Input("b", "b", md5=MD5)
    whole = plan_of(graph, Options("x"))
    assert [step.needs for step in whole.steps] == [(), ("dvc.yaml:first",), ("dvc.yaml:middle",)]


def test_commands_are_those_that_dvc_runs(tmp_path: Path) -> None:
    steps = {step.target: step for step in plan(tmp_path, NASTY).steps}
    assert steps["lines"].commands == ("x=1", 'echo "each line is a command: [$x]" > lines.txt')
    assert len(steps["hostile"].commands) == 2
    assert steps["hostile"].commands[1].count("\n") == 3
    assert steps["sub/dvc.yaml:report"].wdir == "reports"
    assert steps["each@a-b"].inputs == (Input("parts", "parts/deep", "dvc.yaml:split"),)
    assert steps["measured"].inputs == (Input("limits.yaml", "limits.yaml", "dvc.yaml:limits", is_cached=False),)


def test_stages_say_how_they_are_run(tmp_path: Path) -> None:
    meta = "{pipelinekit: {image: 'x:1', env: {A: 1, B: b}, retries: 3, resources: {gpu: 1}}}"
    text = f"stages:\n  a:\n    cmd: x\n    meta: {meta}\n  b:\n    cmd: x\n"
    options = Options("x", image="all:2", retries=1, environment={"A": "0", "C": "c"})
    one, other = plan(tmp_path, {"dvc.yaml": text}, options).steps
    assert one.meta == ("x:1", {"A": "1", "C": "c", "B": "b"}, 3, {"gpu": 1})
    assert other.meta == ("all:2", {"A": "0", "C": "c"}, 1, {})


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ("{image: 1}", "dvc.yaml:a: meta.pipelinekit.image is '1', not a text"),
        ("{env: [A]}", "dvc.yaml:a: meta.pipelinekit.env is no mapping of names and texts"),
        ("{env: {A: true}}", "dvc.yaml:a: meta.pipelinekit.env.A is 'True', not a text (put it in quotes)"),
        ("{env: {A: null}}", "dvc.yaml:a: meta.pipelinekit.env.A is 'None', not a text (put it in quotes)"),
        ("{retries: -1}", "dvc.yaml:a: meta.pipelinekit.retries is '-1', not a whole number of 0 or more"),
        ("{retries: '2'}", "dvc.yaml:a: meta.pipelinekit.retries is '2', not a whole number of 0 or more"),
    ],
)
def test_a_meta_that_says_nothing_is_refused(tmp_path: Path, meta: str, message: str) -> None:
    with pytest.raises(MetaError) as error:
        plan(tmp_path, {"dvc.yaml": f"stages:\n  a:\n    cmd: x\n    meta: {{pipelinekit: {meta}}}\n"})
    assert str(error.value) == message


def test_a_circle_is_refused(tmp_path: Path) -> None:
    text = "stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n"
    with pytest.raises(ExportError, match="in a circle"):
        plan(tmp_path, {"dvc.yaml": text})
