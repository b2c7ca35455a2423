"""Each `${}` of a stage with its value and the line that defines it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.origins import group_origins, origins
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.interpolate import UNKNOWN, to_text
from tests.small_projects import at, graph

FILES = {
    "params.yaml": "lr: 0.1\nsizes:\n- 4\n- 8\nsystems:\n  spring: {k: 2}\n  pendulum: {k: 3}\nnested:\n- [1, 2]\n",
    "more.json": '{"name": "x"}',
    "dvc.yaml": """\
vars:
- more.json
- inline: {a: 1}
stages:
  plain:
    cmd: python a.py --lr ${lr} --name ${name} --lr ${lr} \\${no}
    deps: ["${name}.csv"]
    desc: about ${inline.a}
    outs: ["o-${inline.a}"]
  own:
    wdir: sub
    vars: [own.yaml]
    cmd: x ${depth} ${nested[0][1]}
  matrix:
    matrix:
      size: ${sizes}
      kind: [a, "${name}"]
    cmd: x ${item.size} ${item.kind} ${key}
  over:
    foreach: ${systems}
    do:
      cmd: x ${item} ${item.k} ${key}
  listed:
    foreach:
    - one
    - two
    do:
      cmd: x ${item}
  keyed:
    foreach:
      b: {v: 1}
      c: {v: 2}
    do:
      cmd: x ${key} ${item.v}
  lost:
    cmd: x ${nothing.there} ${}
""",
    "sub/own.yaml": "depth: 7\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return graph(tmp_path_factory.mktemp("p"), FILES)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("plain", {
            "${lr}": (0.1, "params.yaml:1:1 lr", ("cmd",)),
            "${name}": ("x", 'more.json:1:2 "name"', ("cmd", "deps")),
            "${inline.a}": (1, "dvc.yaml:3:12 a", ("desc", "outs")),
        }),
        ("own", {
            "${depth}": (7, "sub/own.yaml:1:1 depth", ("cmd",)),
            "${nested[0][1]}": (2, "params.yaml:9:7 2", ("cmd",)),
        }),
        ("matrix@8-x", {
            "${item.size}": (8, "params.yaml:4:3 8", ("cmd",)),
            "${item.kind}": ("x", 'dvc.yaml:17:17 "${name}"', ("cmd",)),
            "${key}": ("8-x", "dvc.yaml:16:7 size: ${sizes}\n      kind: [a, \"${name}\"]", ("cmd",)),
        }),
        ("over@pendulum", {
            "${item}": ({"k": 3}, "params.yaml:7:3 pendulum", ("cmd",)),
            "${item.k}": (3, "params.yaml:7:14 k", ("cmd",)),
            "${key}": ("pendulum", "params.yaml:7:3 pendulum", ("cmd",)),
        }),
        ("listed@two", {"${item}": ("two", "dvc.yaml:26:7 two", ("cmd",))}),
        ("keyed@c", {
            "${key}": ("c", "dvc.yaml:32:7 c", ("cmd",)),
            "${item.v}": (2, "dvc.yaml:32:11 v", ("cmd",)),
        }),
    ],
)  # fmt: skip
def test_origins_of_a_stage(name: str, found: dict[str, object], project: Graph) -> None:
    (pipeline,) = project.index.pipelines
    stage = next(stage for stage in pipeline.stages if stage.name == name)
    assert {
        origin.text: (origin.value, at(origin.place), origin.fields) for origin in origins(stage, pipeline)
    } == found


def test_what_stands_for_nothing(project: Graph) -> None:
    (pipeline,) = project.index.pipelines
    stage = next(stage for stage in pipeline.stages if stage.name == "lost")
    assert [(origin.text, origin.value, origin.place) for origin in origins(stage, pipeline)] == [
        ("${nothing.there}", UNKNOWN, None)
    ]


def test_origins_of_a_group(project: Graph) -> None:
    (pipeline,) = project.index.pipelines
    definition = next(each for each in pipeline.definitions if each.name == "matrix")
    assert [(origin.text, origin.value, at(origin.place)) for origin in group_origins(definition, pipeline)] == [
        ("${sizes}", [4, 8], "params.yaml:2:1 sizes"),
        ("${name}", "x", 'more.json:1:2 "name"'),
    ]


def test_the_values_are_those_that_the_command_was_made_of() -> None:
    """In examples of every kind: replacing each `${}` of the template by its value gives the command."""
    examples = Path(__file__).parents[2] / "examples"
    checked = 0
    for folder in ("basic", "matrix"):
        index = Index(Project(str(examples / folder)))
        for pipeline in index.pipelines:
            for stage in pipeline.stages:
                cmd = stage.definition.field("cmd")
                assert cmd is not None
                text = cmd.data
                for origin in origins(stage, pipeline):
                    assert origin.place is not None
                    text = text.replace(origin.text, to_text(origin.value))
                    checked += 1
                assert text == stage.cmd
    assert checked > 20
