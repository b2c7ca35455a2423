"""Where variables come from: `params.yaml`, files and mappings under `vars`; and what is wrong with those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.resolve.context import Context, UndefinedError, as_variable, lookup
from pipelinekit.resolve.problems import (
    InvalidExpression,
    MissingVarsFile,
    Problem,
    RedefinedVariable,
    UnusableVars,
)
from tests.small_projects import at, index

Files = dict[str, str]


def variables(folder: Path, vars_text: str, files: Files, stages: str = "stages: {}\n") -> dict[str, Any]:
    """What `${}` can name in a `dvc.yaml` that begins with some `vars`, nothing being wrong with them."""
    (pipeline,) = index(folder, {"dvc.yaml": vars_text + stages, **files}).pipelines
    assert pipeline.problems == []
    return pipeline.context.data


def problems(folder: Path, vars_text: str, files: Files) -> list[Problem]:
    return index(folder, {"dvc.yaml": vars_text + "stages: {}\n", **files}).pipelines[0].problems


def problem(folder: Path, vars_text: str, files: Files) -> Any:
    (found,) = problems(folder, vars_text, files)
    return found


# --- files --------------------------------------------------------------------------------------------------


def test_params_yaml_is_always_read_and_need_not_be_there(tmp_path: Path) -> None:
    assert variables(tmp_path, "", {"params.yaml": "lr: 0.1\n"}) == {"lr": 0.1}
    (tmp_path / "params.yaml").unlink()
    assert variables(tmp_path, "", {}) == {}


def test_it_is_the_one_beside_the_pipeline_whatever_the_folder_of_the_stage(tmp_path: Path) -> None:
    stages = "stages:\n  a:\n    cmd: run ${where}\n    wdir: inner\n"
    files = {
        "sub/dvc.yaml": stages,
        "params.yaml": "where: root\n",
        "sub/params.yaml": "where: sub\n",
        "sub/inner/params.yaml": "where: inner\n",
    }
    (stage,) = index(tmp_path, files).stages
    assert stage.cmd == "run sub"


FORMATS = {
    "yaml": ("more.yaml", "lr: 1e-3\nsize: [1, {a: yes}]\nday: 12:30\nn: 012\n"),
    "any other name is YAML": ("more.params", "lr: 0.001\nsize: [1, {a: yes}]\nday: 12:30\nn: 12\n"),
    "json": ("more.json", '{"lr": 0.001, "size": [1, {"a": "yes"}], "day": "12:30", "n": 12}'),
    "toml": ("more.toml", 'lr = 0.001\nsize = [1, {a = "yes"}]\nday = "12:30"\nn = 12\n'),
    "python": ("more.py", 'lr = 0.001\nsize: list = [1, {"a": "yes"}]\nday = "12:30"\nn = 12\nx = len("no literal")\n'),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_read_by_its_ending(name: str, tmp_path: Path) -> None:
    file, text = FORMATS[name]
    assert variables(tmp_path, f"vars: [{file}]\n", {file: text}) == {
        "lr": 0.001,
        "size": [1, {"a": "yes"}],
        "day": "12:30",
        "n": 12,
    }


def test_classes_of_a_python_file_are_mappings(tmp_path: Path) -> None:
    text = "class A:\n    lr = 0.1\n    class B:\n        flip = True\n    def __init__(self):\n        self.seed = 1\n"
    assert variables(tmp_path, "vars: [more.py]\n", {"more.py": text}) == {
        "A": {"lr": 0.1, "B": {"flip": True}, "seed": 1}
    }


def test_paths_are_relative_to_the_pipeline(tmp_path: Path) -> None:
    files = {"sub/dvc.yaml": "vars: [../a.yaml, b.yaml]\nstages: {}\n", "a.yaml": "a: 1\n", "sub/b.yaml": "b: 2\n"}
    (pipeline,) = index(tmp_path, files).pipelines
    assert pipeline.context.data == {"a": 1, "b": 2}


def test_only_some_keys_of_a_file(tmp_path: Path) -> None:
    files = {"more.yaml": "a: 1\nb: {c: 2}\nd: 3\n"}
    assert variables(tmp_path, "vars: ['more.yaml:a,b']\n", files) == {"a": 1, "b": {"c": 2}}
    assert variables(tmp_path, "vars: ['more.yaml:d', 'more.yaml:a']\n", files) == {"d": 3, "a": 1}


def test_an_empty_file_defines_nothing(tmp_path: Path) -> None:
    assert variables(tmp_path, "vars: [a.yaml, b.json]\n", {"a.yaml": "# nothing\n", "b.json": "{}"}) == {}


def test_the_same_whole_file_twice_is_fine(tmp_path: Path) -> None:
    files = {"params.yaml": "a: 1\n", "more.yaml": "b: 1\n"}
    assert variables(tmp_path, "vars: [params.yaml, more.yaml, ./more.yaml]\n", files) == {"a": 1, "b": 1}


# --- merges -------------------------------------------------------------------------------------------------


def test_mappings_are_merged_at_any_depth(tmp_path: Path) -> None:
    files = {"params.yaml": "a: {b: {c: 1}}\n", "more.yaml": "a: {b: {d: 2}}\n"}
    assert variables(tmp_path, "vars: [more.yaml, {a: {b: {e: 3}, f: 4}}]\n", files) == {
        "a": {"b": {"c": 1, "d": 2, "e": 3}, "f": 4}
    }


REDEFINED = {
    "a value": ("vars: [more.yaml]\n", "d: {a: 1}\n", "d: {b: 1, a: 1}\n", "d.a", "more.yaml:1:11 a"),
    "a list": ("vars: [more.yaml]\n", "l: [1]\n", "l: [2]\n", "l", "more.yaml:1:1 l"),
    "a mapping by a value": ("vars: [more.yaml]\n", "d: {a: 1}\n", "d: 1\n", "d", "more.yaml:1:1 d"),
    "a value by a mapping": ("vars: [more.yaml]\n", "d: 1\n", "d: {a: 1}\n", "d", "more.yaml:1:1 d"),
    "inline": ("vars:\n- x: 1\n- d: {a: 2}\n", "d: {a: 1}\n", "", "d.a", "dvc.yaml:3:7 a"),
}


@pytest.mark.parametrize("name", REDEFINED)
def test_a_value_may_not_be_defined_twice(name: str, tmp_path: Path) -> None:
    vars_text, params, more, variable, place = REDEFINED[name]
    found = problem(tmp_path, vars_text, {"params.yaml": params, "more.yaml": more})
    assert isinstance(found, RedefinedVariable)
    assert (found.name, at(found.place)) == (variable, place)
    assert at(found.first) == f"params.yaml:1:{params.index(variable[-1]) + 1} {variable[-1]}"


def test_an_inline_source_is_named_by_its_number(tmp_path: Path) -> None:
    found = problem(tmp_path, "vars: [{a: 1}, {b: 1}, {a: 2}]\n", {})
    assert (found.source, at(found.first), at(found.place)) == ("vars[2]", "dvc.yaml:1:9 a", "dvc.yaml:1:25 a")


@pytest.mark.parametrize(
    "items",
    [
        "['params.yaml:x']",
        "['more.yaml:a', 'more.yaml:a']",
        "['more.yaml:a', 'more.yaml:b,a']",
        "['more.yaml:a', more.yaml]",
        "[more.yaml, 'more.yaml:a']",
    ],
)
def test_a_file_may_not_be_loaded_in_part_and_again(items: str, tmp_path: Path) -> None:
    found = problem(
        tmp_path,
        f"vars: {items}\n",
        {"params.yaml": "x: 1\n", "more.yaml": "a: 1\nb: 2\n"},
    )
    assert isinstance(found, RedefinedVariable)
    assert found.source == "vars"
    assert found.name == items.strip("[]").split(", ")[-1].strip("'")


# --- what can't be used -------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    found = problem(tmp_path, "vars:\n- 'gone.yaml:a'\n", {})
    assert isinstance(found, MissingVarsFile)
    assert (at(found.place), found.file, found.key) == ("dvc.yaml:2:3 'gone.yaml:a'", "gone.yaml", None)


@pytest.mark.parametrize("key", ["gone", "a.b"])
def test_a_key_that_is_not_at_the_top_of_the_file(key: str, tmp_path: Path) -> None:
    found = problem(tmp_path, f"vars: ['m.yaml:a,{key}']\n", {"m.yaml": "a: {b: 1}\nc: 2\n"})
    assert isinstance(found, MissingVarsFile)
    assert (found.file, found.key, found.candidates) == ("m.yaml", key, ("a", "c"))


UNUSABLE = {
    "a list": ("- 1\n", "params.yaml:1:1 - 1", "it holds a list, not a mapping"),
    "a text": ("text\n", "params.yaml:1:1 text", "it holds a string, not a mapping"),
    "a number": ("3\n", "params.yaml:1:1 3", "it holds a number, not a mapping"),
    "a date": ("a: {b: 2024-01-31}\n", "params.yaml:1:5 b", "'a.b' is a date, which DVC can't use as a variable"),
    "a date in a list": (
        "a: [1, 2024-01-31]\n",
        "params.yaml:1:8 2024-01-31",
        "'a.1' is a date, which DVC can't use as a variable",
    ),
    "a time": ("a: 2024-01-31 10:00:00\n", "params.yaml:1:1 a", "'a' is a datetime, which DVC can't use as a variable"),
    "a set": ("a: !!set {x, y}\n", "params.yaml:1:1 a", "'a' is a set, which DVC can't use as a variable"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_dvc_can_not_take_variables_from(name: str, tmp_path: Path) -> None:
    text, place, reason = UNUSABLE[name]
    found = problem(tmp_path, "", {"params.yaml": text})
    assert isinstance(found, UnusableVars)
    assert (at(found.place), found.reason, found.syntax) == (place, reason, False)


def test_dates_of_other_formats(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "vars: [m.toml]\n", {"m.toml": "a = 1\n[t]\nday = 2024-01-31\n"})
    assert isinstance(found, UnusableVars)
    assert found.reason == "'t.day' is a date, which DVC can't use as a variable"
    (found,) = problems(tmp_path, "vars: [m.py]\n", {"m.py": "a = 1\nb = (1, 2)\n"})
    assert isinstance(found, UnusableVars)
    assert at(found.place) == "m.py:2:1 b = (1, 2)"
    (found,) = problems(tmp_path, "vars:\n- a: {when: 2024-01-31}\n", {})
    assert isinstance(found, UnusableVars)
    assert at(found.place) == "dvc.yaml:2:13 2024-01-31"


BROKEN = {
    "params.yaml": ("a: 1\nb: {c: d: e}\n", 2),
    "m.json": ('{"a": 1,\n "b" 2}', 2),
    "m.toml": ("a = 1\nb = = 2\n", 2),
    "m.py": ("a = 1\nb = (\n", 2),
}


@pytest.mark.parametrize("file", BROKEN)
def test_a_broken_file_is_told_with_its_line(file: str, tmp_path: Path) -> None:
    text, line = BROKEN[file]
    found = problem(tmp_path, f"vars: [{file}]\n" if file != "params.yaml" else "", {file: text})
    assert isinstance(found, UnusableVars)
    assert found.syntax
    assert (found.file, found.place.document.line_of(found.place.start)) == (file, line)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    found = problem(tmp_path, "vars: [more]\n", {})
    assert isinstance(found, UnusableVars)
    assert (at(found.place), found.reason, found.unreadable) == ("dvc.yaml:1:8 more", "it is a folder", True)


def test_no_expression_may_stand_under_vars(tmp_path: Path) -> None:
    found = problems(tmp_path, 'vars:\n- a: 1\n- b: ["${a}"]\n- ${a}: 1\n- c: \\${a}\n', {})
    assert [(type(one), at(one.place)) for one in found] == [
        (InvalidExpression, 'dvc.yaml:3:7 "${a}"'),
        (InvalidExpression, "dvc.yaml:4:3 ${a}"),
    ]


def test_what_could_not_be_read_makes_nothing_undefined(tmp_path: Path) -> None:
    stages = "stages:\n  a:\n    cmd: x ${more.lr}\n"
    (pipeline,) = index(tmp_path, "vars: [gone.yaml]\n" + stages).pipelines
    assert [type(one) for one in pipeline.problems] == [MissingVarsFile]
    assert pipeline.stages[0].unknown == {"cmd"}


def test_a_problem_of_params_yaml_does_not_hide_what_vars_define(tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, {"dvc.yaml": "vars: [{a: 1}]\nstages: {}\n", "params.yaml": "- 1\n"}).pipelines
    assert pipeline.context.data == {"a": 1}
    assert len(pipeline.problems) == 1


# --- keys and values ----------------------------------------------------------------------------------------


def test_keys_that_are_no_strings_are_dropped(tmp_path: Path) -> None:
    text = "2: a\ntrue: b\nnull: c\n2024-01-31: d\n'2': e\nf: {3: g, h: i}\n"
    assert variables(tmp_path, "", {"params.yaml": text}) == {"2": "e", "f": {"h": "i"}}


def test_a_key_with_a_dot_can_not_be_reached(tmp_path: Path) -> None:
    data = variables(tmp_path, "", {"params.yaml": "a.b: 1\n"})
    with pytest.raises(UndefinedError):
        lookup(data, ("a", "b"))


def test_a_name_that_repeats_another_leads_to_its_value(tmp_path: Path) -> None:
    text = "base: &base {lr: 1}\nbig: *base\nmore:\n  <<: *base\n  n: 2\n"
    assert variables(tmp_path, "", {"params.yaml": text}) == {
        "base": {"lr": 1},
        "big": {"lr": 1},
        "more": {"lr": 1, "n": 2},
    }


# --- vars of a stage ----------------------------------------------------------------------------------------

STAGES = """\
stages:
  a:
    cmd: run ${lr} ${own}
    wdir: sub
    vars: [more.yaml]
  b:
    cmd: run ${own}
"""


def test_vars_of_a_stage_are_its_own_and_lie_in_its_folder(tmp_path: Path) -> None:
    files = {"dvc.yaml": STAGES, "params.yaml": "lr: 1\n", "sub/more.yaml": "own: 2\n", "more.yaml": "own: 3\n"}
    (pipeline,) = index(tmp_path, files).pipelines
    assert pipeline.stages[0].cmd == "run 1 2"
    assert pipeline.stages[1].unknown == {"cmd"}
    assert [at(one.place) for one in pipeline.problems] == ["dvc.yaml:7:14 ${own}"]


def test_the_params_yaml_of_the_stages_folder_is_another_file(tmp_path: Path) -> None:
    text = "stages:\n  a:\n    cmd: ${a} ${b}\n    wdir: sub\n    vars: [params.yaml]\n"
    (stage,) = index(tmp_path, {"dvc.yaml": text, "params.yaml": "a: 1\n", "sub/params.yaml": "b: 2\n"}).stages
    assert stage.cmd == "1 2"


def test_vars_of_a_stage_may_not_redefine_those_of_the_file(tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, "vars: [{a: 1}]\nstages:\n  s:\n    cmd: x\n    vars: [{a: 2}]\n").pipelines
    (found,) = pipeline.problems
    assert isinstance(found, RedefinedVariable)
    assert (at(found.place), at(found.first)) == ("dvc.yaml:5:13 a", "dvc.yaml:1:9 a")
    assert pipeline.context.data == {"a": 1}


@pytest.mark.parametrize(
    ("name", "group"), [("item", "foreach: [a]"), ("item", "foreach: {a: 1}"), ("key", "foreach: {a: 1}")]
)
def test_item_and_key_belong_to_groups(name: str, group: str, tmp_path: Path) -> None:
    text = f"stages:\n  s:\n    {group}\n    do:\n      cmd: x\n      vars: [{{{name}: 1}}]\n"
    (pipeline,) = index(tmp_path, text).pipelines
    (found,) = pipeline.problems
    assert isinstance(found, RedefinedVariable)
    assert (found.name, at(found.place)) == (name, f"dvc.yaml:6:15 {name}")


@pytest.mark.parametrize(
    "group", ["foreach: [a]\n    do: {cmd: '${key}', vars: [{key: a}]}", "cmd: ${key}\n    vars: [key: a]"]
)
def test_where_there_is_no_key_the_name_is_free(group: str, tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, f"stages:\n  s:\n    {group}\n").pipelines
    assert (pipeline.problems, pipeline.stages[0].cmd) == ([], "a")


# --- the parts ----------------------------------------------------------------------------------------------


def test_lookup() -> None:
    data: dict[str, Any] = {"a": {"b": [1, {"c": 2}]}, "n": 1}
    assert lookup(data, ("a", "b", "1", "c")) == 2
    assert lookup(data, ("a", "b", "-1", "c")) == 2
    for keys in (("x",), ("a", "x"), ("a", "b", "2"), ("a", "b", "-3"), ("a", "b", "x"), ("n", "0"), ("n", "x")):
        with pytest.raises(UndefinedError):
            lookup(data, keys)


def test_a_copy_can_grow_without_its_original() -> None:
    context = Context()
    context.data = {"a": {"b": 1}}
    copy = context.copy()
    copy.data["a"]["c"] = 2
    copy.loaded["x"] = None
    assert (context.data, context.loaded) == ({"a": {"b": 1}}, {})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_of_what_yaml_and_json_hold_only_keys_that_are_no_strings_are_lost(value: Any) -> None:
    def without(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: without(item) for key, item in part.items() if not isinstance(key, int)}
        return [without(item) for item in part] if isinstance(part, list) else part

    assert as_variable(value) == without(value)
