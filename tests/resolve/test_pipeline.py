"""A `dvc.yaml` → its stages: which folder a path is relative to, what is templated, what is lost and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelinekit.resolve.problems import InterpolatedType, UndefinedVariable
from pipelinekit.resolve.stage import Stage
from tests.small_projects import at, index


def stage(folder: Path, body: str) -> Stage:
    """The one stage of a pipeline, nothing being wrong with it; `body` is what stands under its name."""
    files = {"dvc.yaml": f"stages:\n  s:\n    {body}\n", "params.yaml": "lr: 0.1\nname: abc\nn: 3\nsub: deep\n"}
    (pipeline,) = index(folder, files).pipelines
    assert pipeline.problems == []
    (made,) = pipeline.stages
    return made


# --- folders ------------------------------------------------------------------------------------------------


def test_paths_are_relative_to_the_folder_that_the_stage_runs_in(tmp_path: Path) -> None:
    made = stage(
        tmp_path,
        "cmd: x\n    wdir: sub/./dir/\n    deps: [a.csv, ../b.csv, ./c//d.csv]\n    outs: [../../e]\n"
        "    metrics: [m.json]",
    )
    assert made.wdir == "sub/dir"
    assert [dep.path for dep in made.deps] == ["sub/dir/a.csv", "sub/b.csv", "sub/dir/c/d.csv"]
    assert [dep.text for dep in made.deps] == ["a.csv", "../b.csv", "./c//d.csv"]
    assert [out.path for out in made.outs] == ["e", "sub/dir/m.json"]


def test_the_folder_is_relative_to_the_pipeline(tmp_path: Path) -> None:
    (made,) = index(tmp_path, {"sub/dvc.yaml": "stages:\n  s:\n    cmd: x\n    wdir: ../other\n    deps: [a]\n"}).stages
    assert (made.wdir, made.deps[0].path, made.address) == ("other", "other/a", "sub/dvc.yaml:s")


def test_a_folder_outside_of_the_project(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    wdir: ..\n    deps: [a]\n    outs: [{b: {cache: false}}]")
    assert (made.wdir, made.deps[0].path) == ("..", "../a")
    assert made.outs[0].is_outside


def test_a_folder_may_be_templated_with_what_the_file_defines(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    wdir: data/${sub}\n    deps: [a]")
    assert (made.wdir, made.deps[0].path) == ("data/deep", "data/deep/a")


def test_absolute_paths_of_the_project_are_made_relative(tmp_path: Path) -> None:
    made = stage(tmp_path, f"cmd: x\n    deps: ['{tmp_path}/data/a.csv', /etc/hosts]")
    assert made.deps[0].path == "data/a.csv"
    assert made.deps[1].path.startswith("../")


def test_addresses_stay_as_they_are(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    wdir: sub\n    deps: ['s3://b/k', 'ds://data', 'remote://r/x', 'https://h/a']")
    assert [dep.path for dep in made.deps] == ["s3://b/k", "ds://data", "remote://r/x", "https://h/a"]
    assert not any(dep.is_local for dep in made.deps)


# --- parameters ---------------------------------------------------------------------------------------------


def test_params_are_relative_to_the_stages_folder_the_usual_file_too(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    wdir: sub\n    params: [lr, {m.yaml: [k]}, {../params.yaml: [n]}]")
    assert made.params_by_file() == {"sub/params.yaml": ["lr"], "sub/m.yaml": ["k"], "params.yaml": ["n"]}


@pytest.mark.parametrize("entry", ["{m.yaml: }", "{m.yaml: []}", "{m.yaml: null}"])
def test_a_file_as_a_whole_covers_its_keys(entry: str, tmp_path: Path) -> None:
    made = stage(tmp_path, f"cmd: x\n    params: [{{m.yaml: [a]}}, {entry}, {{m.yaml: [b]}}]")
    assert made.params_by_file() == {"m.yaml": []}
    assert [param.key for param in made.params] == ["a", None, "b"]


def test_keys_of_several_entries_are_gathered_each_once(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    params: [a, {params.yaml: [b, a]}, {m.toml: [c], n.json: [d]}, a]")
    assert made.params_by_file() == {"params.yaml": ["a", "b"], "m.toml": ["c"], "n.json": ["d"]}


def test_a_file_name_among_the_keys_is_a_key(tmp_path: Path) -> None:
    assert stage(tmp_path, "cmd: x\n    params: [config.yaml]").params_by_file() == {"params.yaml": ["config.yaml"]}


def test_files_and_keys_of_parameters_may_be_templated(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    params: ['${name}.lr', {'${sub}.yaml': ['${name}']}]")
    assert made.params_by_file() == {"params.yaml": ["abc.lr"], "deep.yaml": ["abc"]}


# --- outputs ------------------------------------------------------------------------------------------------


def test_outputs_of_all_sections_with_their_flags(tmp_path: Path) -> None:
    made = stage(
        tmp_path,
        "cmd: x\n    outs:\n    - a\n    - b: {cache: false, persist: true}\n    - c: {}\n      d: {push: false}\n"
        "    metrics: [{m.json: {cache: false}}]\n    plots: [p.csv: {x: epoch}]",
    )
    found = [(out.path, out.kind, out.cache, out.persist) for out in made.outs]
    assert found == [
        ("a", "out", True, False),
        ("b", "out", False, True),
        ("c", "out", True, False),
        ("d", "out", True, False),
        ("m.json", "metric", False, False),
        ("p.csv", "plot", True, False),
    ]
    assert (made.outs[3].flags, made.outs[5].flags) == ({"push": False}, {"x": "epoch"})
    assert at(made.outs[3].node.place) == "dvc.yaml:8:7 d"


def test_the_same_path_in_one_list_is_one_output_and_later_flags_win(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    outs: [a: {cache: false, persist: true}, a, a: {persist: false}]")
    (out,) = made.outs
    assert out.flags == {"cache": False, "persist": False}


def test_spelled_otherwise_or_in_another_list_it_is_another_one(tmp_path: Path) -> None:
    made = stage(tmp_path, "cmd: x\n    outs: [a, ./a]\n    metrics: [a]")
    assert [out.path for out in made.outs] == ["a", "a", "a"]


def test_sections_may_stand_in_any_order(tmp_path: Path) -> None:
    made = stage(tmp_path, "plots: [p]\n    wdir: sub\n    metrics: [m]\n    outs: [o]\n    cmd: x")
    assert [(out.path, out.kind) for out in made.outs] == [("sub/p", "plot"), ("sub/m", "metric"), ("sub/o", "out")]


# --- commands and flags -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "cmd", "commands"),
    [
        ("run ${lr}", "run 0.1", ["run 0.1"]),
        ("[run, 'say ${name}']", ["run", "say abc"], ["run", "say abc"]),
        ("|\n      one\n      two\n", "one\ntwo\n", ["one\ntwo\n"]),
        (">-\n      one\n      two", "one two", ["one two"]),
        ("[]", [], []),
        ("''", "", [""]),
    ],
)
def test_commands(written: str, cmd: Any, commands: list[str], tmp_path: Path) -> None:
    made = stage(tmp_path, f"cmd: {written}")
    assert (made.cmd, made.commands) == (cmd, commands)


@pytest.mark.parametrize(
    ("written", "is_set"),
    [("true", True), ("True", True), ("false", False)],
)
def test_frozen_and_always_changed(written: str, is_set: bool, tmp_path: Path) -> None:
    made = stage(tmp_path, f"cmd: x\n    frozen: {written}\n    always_changed: {written}")
    assert (made.frozen, made.always_changed) == (is_set, is_set)
    assert not stage(tmp_path, "cmd: x").frozen


def test_yes_is_a_string_and_no_boolean(tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, "stages:\n  s:\n    cmd: x\n    frozen: yes\n").pipelines
    assert [problem.kind for problem in pipeline.shape_problems] == ["wrong-type"]
    assert not pipeline.stages[0].frozen


def test_a_templated_value_is_no_parameter(tmp_path: Path) -> None:
    assert stage(tmp_path, "cmd: run --lr ${lr}").params == []


# --- what can't be known ------------------------------------------------------------------------------------

UNKNOWN_FIELDS = {
    "cmd": ("cmd: run ${x}\n    deps: [a]", {"cmd"}),
    "one dependency": ("cmd: x\n    deps: [a, '${x}', b]", {"deps"}),
    "an output": ("cmd: x\n    outs: ['${x}']", {"outs"}),
    "a flag": ("cmd: x\n    metrics: [m: {desc: '${x}'}]", {"metrics"}),
    "a key": ("cmd: x\n    params: ['${x}']", {"params"}),
    "a params file": ("cmd: x\n    params: [{'${x}': [a]}]", {"params"}),
    "a key of a params file": ("cmd: x\n    params: [{m.yaml: ['${x}']}]", {"params"}),
    "wdir": ("cmd: x\n    wdir: ${x}\n    deps: [a]", {"wdir", "deps", "outs", "metrics", "plots", "params"}),
    "a description": ("cmd: x\n    desc: ${x}", set()),
    "what nobody looks into": ("cmd: x\n    meta: {a: ['${x}']}", set()),
}


@pytest.mark.parametrize("name", UNKNOWN_FIELDS)
def test_of_a_stage_with_a_problem_the_other_fields_are_known(name: str, tmp_path: Path) -> None:
    body, unknown = UNKNOWN_FIELDS[name]
    (pipeline,) = index(tmp_path, f"stages:\n  s:\n    {body}\n  other:\n    cmd: y\n").pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, UndefinedVariable)
    assert at(problem.place).endswith(" ${x}")
    assert pipeline.stages[0].unknown == unknown
    assert pipeline.stages[0].knows("frozen")
    assert not pipeline.stages[1].unknown


def test_of_a_list_with_an_unknown_item_the_others_are_there(tmp_path: Path) -> None:
    (made,) = index(tmp_path, "stages:\n  s:\n    cmd: x\n    deps: [a, '${x}', b]\n    outs: [c, '${y}']\n").stages
    assert ([dep.path for dep in made.deps], [out.path for out in made.outs]) == (["a", "b"], ["c"])


NO_TEXT = {
    "a number as a dependency": ("deps: ['${n}']", "the number 3", "a path"),
    "a number as an output": ("outs: ['${n}']", "the number 3", "a path"),
    "a boolean as a plot": ("plots: ['${yes}']", "a boolean", "a path"),
    "nothing as a dependency": ("deps: ['${none}']", "nothing (null)", "a path"),
    "a number as a parameter": ("params: ['${n}']", "the number 3", "a parameter's name"),
    "a number as a params file": ("params: [{'${n}': [a]}]", "the number 3", "a path"),
    "a number as a key of a params file": ("params: [{m.yaml: ['${n}']}]", "the number 3", "a parameter's name"),
    "a number as a folder": ("wdir: ${n}", "the number 3", "a folder"),
    "an empty path": ("deps: ['']", "an empty string", "a path"),
    "an empty text": ("deps: ['${empty}']", "an empty string", "a path"),
}


@pytest.mark.parametrize("name", NO_TEXT)
def test_what_a_variable_becomes_is_checked_though_dvc_crashes_on_it(name: str, tmp_path: Path) -> None:
    body, value_type, wanted = NO_TEXT[name]
    files = {
        "dvc.yaml": f"stages:\n  s:\n    cmd: x\n    {body}\n",
        "params.yaml": "n: 3\nyes: true\nnone:\nempty: ''\n",
    }
    (pipeline,) = index(tmp_path, files).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, InterpolatedType)
    assert (problem.value_type, problem.wanted) == (value_type, wanted)
    assert problem.place.document.line_of(problem.place.start) == 4


@pytest.mark.parametrize(
    ("cmd", "value_type"),
    [("${n}", "the number 3"), ("${d}", "a mapping"), ("['${d}']", "a mapping"), ("[x, '${n}']", "the number 3")],
)
def test_a_command_must_become_text(cmd: str, value_type: str, tmp_path: Path) -> None:
    files = {"dvc.yaml": f"stages:\n  s:\n    cmd: {cmd}\n", "params.yaml": "n: 3\nd: {a: 1}\n"}
    (pipeline,) = index(tmp_path, files).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, InterpolatedType)
    assert (problem.value_type, problem.wanted) == (value_type, "a command")


def test_a_misspelt_key_leaves_open_what_it_was_meant_to_be(tmp_path: Path) -> None:
    (made,) = index(tmp_path, "stages:\n  s:\n    cmd: x\n    dep: [a]\n    outs: [b]\n").stages
    assert not made.knows("deps")
    assert not made.knows("params")
    (made,) = index(tmp_path, "stages:\n  s:\n    cmd: x\n    outs: [b: {cahce: false}]\n    deps: [a]\n").stages
    assert made.knows("deps")
    assert not made.knows("outs")


# --- names and definitions ----------------------------------------------------------------------------------


def test_names_are_not_templated(tmp_path: Path) -> None:
    (made,) = index(tmp_path, "vars: [{a: b}]\nstages:\n  ${a}:\n    cmd: x\n").stages
    assert made.name == "${a}"


def test_a_plain_stage_with_an_at_in_its_name_can_not_be_found(tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, "stages:\n  a@b:\n    cmd: x\n  c:\n    cmd: x\n").pipelines
    assert [definition.name for definition in pipeline.unreachable] == ["a@b"]
    assert [made.name for made in pipeline.stages] == ["c"]


def test_definitions_know_their_stages_and_where_they_are_written(tmp_path: Path) -> None:
    group = "  b:\n    foreach: [1, 2]\n    do:\n      cmd: y\n"
    text = f"stages:\n  a:\n    cmd: x\n{group}  c:\n    cmd: z\n    matrix: {{k: [1]}}\n"
    (pipeline,) = index(tmp_path, text).pipelines
    assert [(one.kind, one.path, len(one.stages)) for one in pipeline.definitions] == [
        ("plain", ("stages", "a"), 1),
        ("foreach", ("stages", "b", "do"), 2),
        ("matrix", ("stages", "c"), 1),
    ]
    assert [at(made.place) for made in pipeline.stages] == ["dvc.yaml:2:3 a", *["dvc.yaml:4:3 b"] * 2, "dvc.yaml:8:3 c"]


def test_stages_of_a_group_report_their_templates_problem_once(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    foreach: [1, 2, 3]\n    do:\n      cmd: x ${gone} ${item}\n"
    (pipeline,) = index(tmp_path, text).pipelines
    assert [at(problem.place) for problem in pipeline.problems] == ["dvc.yaml:5:14 ${gone}"]


def test_a_problem_of_one_item_only_is_reported_too(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    foreach: [{a: 1}, {b: 2}]\n    do:\n      cmd: x ${item.a}\n"
    (pipeline,) = index(tmp_path, text).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, UndefinedVariable)
    assert problem.name == "item.a"
    assert [made.knows("cmd") for made in pipeline.stages] == [True, False]


@pytest.mark.parametrize("text", ["", "# nothing\n", "stages: {}\n", "vars: []\n", "null\n"])
def test_a_pipeline_without_stages(text: str, tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, text).pipelines
    assert (pipeline.stages, pipeline.problems, pipeline.shape_problems) == ([], [], [])


def test_sections_beside_the_stages_are_templated_too(tmp_path: Path) -> None:
    text = (
        "vars: [{m: m.json, l: [1]}]\nmetrics: ['${m}', '${x1}']\nplots: [{'${x2}': {x: '${l}'}}]\n"
        "params: ['${x3}']\nartifacts: {'${x4}': {path: '${x5}'}}\ndatasets: [{name: '${x6}'}]\nstages: {}\n"
    )
    (pipeline,) = index(tmp_path, text).pipelines
    names = {problem.name for problem in pipeline.problems if isinstance(problem, UndefinedVariable)}
    assert names == {f"x{number}" for number in range(1, 7)}


def test_names_that_some_expression_used(tmp_path: Path) -> None:
    text = "vars: [{a: 1, b: {c: 2}, d: 3}]\nmetrics: ['m${a}']\nstages:\n  s:\n    cmd: x ${b[c]}\n"
    assert index(tmp_path, text).pipelines[0].used == {("a",), ("b", "c")}
