"""What takes the place of a `${}`: a value of its own type, text, or options of a command; and what can't."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.resolve.context import Context
from pipelinekit.resolve.interpolate import UNKNOWN, Interpolator, NestedListError, as_options
from pipelinekit.resolve.problems import InterpolatedType, InvalidExpression, Problem, UndefinedVariable
from pipelinekit.yaml.reader import parse
from tests.small_projects import at, index


def interpolator(options: dict[str, str] | None = None, /, **variables: Any) -> Interpolator:
    context = Context()
    context.data = variables
    return Interpolator(context, {}, None, options or {}, set())


def replaced(source: str, field: str | None = None, /, **variables: Any) -> Any:
    """What a value of a `dvc.yaml` becomes, nothing being wrong with it."""
    made = interpolator(**variables)
    root = parse(source, "dvc.yaml").root
    assert root is not None
    value = made.anything(root, field)
    assert made.problems == []
    return value


def problems(source: str, field: str | None = None, /, **variables: Any) -> list[Problem]:
    """What keeps a value from being known."""
    made = interpolator(**variables)
    root = parse(source, "dvc.yaml").root
    assert root is not None
    assert made.anything(root, field) is UNKNOWN
    return made.problems


# --- values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1, 0.5, True, False, None, "x", "1", "", [1, [2]], {"a": {"b": 1}}], ids=repr)
def test_alone_it_keeps_its_type(value: Any) -> None:
    result = replaced("${x}", x=value)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (None, "None"),
        (1, "1"),
        (1.0, "1.0"),
        (1e-05, "1e-05"),
        (1e20, "1e+20"),
        (0.1, "0.1"),
        ("", ""),
        ("a b", "a b"),
        ([1, "a"], "[1, 'a']"),
    ],
    ids=repr,
)
def test_inside_of_a_text_it_becomes_text(value: Any, text: str) -> None:
    assert replaced("<${x}>", x=value) == f"<{text}>"


def test_a_text_may_have_several() -> None:
    assert replaced("${a}-${b[0].c}-${a}", a=1, b=[{"c": True}]) == "1-true-1"


def test_what_was_put_in_is_not_looked_at_again() -> None:
    assert replaced("<${a}>", a="$x", x=1) == "<$x>"
    assert replaced("${a}", a="${x}", x=1) == "${x}"


@pytest.mark.parametrize(
    ("source", "text"),
    [(r"echo \${HOME}", "echo ${HOME}"), (r"'\${HOME}'", "${HOME}"), (r"\${x}${x}", "${x}1"), ("$x $(x)", "$x $(x)")],
)
def test_escaped_it_is_left_to_the_shell(source: str, text: str) -> None:
    assert replaced(source, x=1) == text


def test_every_text_and_every_key_at_any_depth() -> None:
    assert replaced("a: ['${x}', {'${k}': {b: '${x}'}}]\nn: 1\n", k="key", x=2) == {
        "a": [2, {"key": {"b": 2}}],
        "n": 1,
    }


def test_variables_of_a_generated_stage_come_before_those_of_the_file() -> None:
    context = Context()
    context.data = {"item": "global", "lr": 1}
    made = Interpolator(context, {"item": "local"}, None, {}, set())
    root = parse("${item} ${lr}", "dvc.yaml").root
    assert made.anything(root, "cmd") == "local 1"  # type: ignore[arg-type]


def test_names_that_were_looked_up_are_kept() -> None:
    made = interpolator(a={"b": 1}, c=2, unused=3)
    root = parse("${a.b} ${a[b]} ${c}", "dvc.yaml").root
    made.anything(root, "cmd")  # type: ignore[arg-type]
    assert made.used == {("a", "b"), ("c",)}


# --- options of a command -----------------------------------------------------------------------------------

UNPACKED: list[tuple[dict[str, Any], dict[str, str], str]] = [
    ({"lr": 0.1, "n": 3}, {}, "--lr 0.1 --n 3"),
    ({"aug": {"flip": {"p": 1}, "crop": 2}}, {}, "--aug.flip.p 1 --aug.crop 2"),
    ({"name": "a b", "quote": "it's", "plain": "x"}, {}, "--name 'a b' --quote 'it'\"'\"'s' --plain x"),
    ({"empty": ""}, {}, "--empty ''"),
    ({"seed": None}, {}, "--seed None"),
    ({"a": {}, "b": []}, {}, ""),
    ({"yes": True, "no": False}, {}, "--yes"),
    ({"yes": True, "no": False}, {"bool": "store_true"}, "--yes"),
    ({"yes": True, "no": False}, {"bool": "boolean_optional"}, "--yes --no-no"),
    ({"k": [1, 2, "a b"]}, {}, "--k 1 2 'a b'"),
    ({"k": [1, 2, "a b"]}, {"list": "nargs"}, "--k 1 2 'a b'"),
    ({"k": [1, 2, "a b"]}, {"list": "append"}, "--k 1 --k 2 --k 'a b'"),
    ({"k": []}, {"list": "append"}, ""),
    ({"k": [True, None]}, {}, "--k True None"),
]


@pytest.mark.parametrize(("mapping", "options", "text"), UNPACKED)
def test_a_mapping_becomes_options(mapping: dict[str, Any], options: dict[str, str], text: str) -> None:
    made = interpolator(options, d=mapping)
    root = parse("python train.py ${d} --end", "dvc.yaml").root
    assert made.anything(root, "cmd") == f"python train.py {text} --end"  # type: ignore[arg-type]


def test_a_mapping_becomes_options_in_each_command_of_a_list() -> None:
    assert replaced("['a ${d}', 'b ${d.x}']", "cmd", d={"x": {"y": 1}}) == ["a --x.y 1", "b --y 1"]


@pytest.mark.parametrize("item", [[1], [], {"a": 1}, {}])
def test_a_list_in_a_list_has_no_options(item: Any) -> None:
    with pytest.raises(NestedListError, match=r"^a\.k$"):
        as_options({"a": {"k": [1, item]}}, {})
    (problem,) = problems("x ${d} y", "cmd", d={"a": {"k": [1, item]}})
    assert isinstance(problem, InterpolatedType)
    assert (at(problem.place), problem.value_type) == (
        "dvc.yaml:1:3 ${d}",
        "a mapping with a list of lists in 'a.k'",
    )


option_names = st.text(st.sampled_from("abc-_"), min_size=1, max_size=4)


@given(st.dictionaries(option_names, st.text(max_size=8), max_size=4))
def test_the_shell_gets_any_text_as_it_is(mapping: dict[str, str]) -> None:
    words = [word for name, value in mapping.items() for word in (f"--{name}", value)]
    assert shlex.split(as_options(mapping, {})) == words


# --- what can't be replaced ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["nokey", "lr.x", "list[2]", "list[-3]", "list.a", "d.x", "d[item]", "text[0]", "none.x"]
)
def test_a_name_that_leads_to_nothing(name: str) -> None:
    (problem,) = problems(f"run --x ${{{name}}}", "cmd", lr=0.1, list=[1, 2], d={"a": 1}, text="abc", none=None)
    assert isinstance(problem, UndefinedVariable)
    assert problem.name == name.replace("[", ".").replace("]", "")
    assert at(problem.place) == f"dvc.yaml:1:9 ${{{name}}}"


@pytest.mark.parametrize(("name", "found"), [("lr..x", "."), ("lr[0]x", "x"), ("[0]", "["), ("", "")])
def test_what_dvc_stumbles_over_is_one_character(name: str, found: str) -> None:
    (problem,) = problems(f"run ${{{name}}}", "cmd", lr=[1])
    assert isinstance(problem, InvalidExpression)
    assert (at(problem.place), problem.found) == (f"dvc.yaml:1:5 ${{{name}}}", found)


def test_what_could_have_been_meant_is_every_name_there_is() -> None:
    (problem,) = problems("${x}", a={"b": {"c": 1}}, d=[{"e": 1}])
    assert isinstance(problem, UndefinedVariable)
    assert problem.candidates == ("a", "a.b", "a.b.c", "d")


def test_each_is_reported_at_its_own_place() -> None:
    found = problems("'${x} ${ok} ${y.} ${l}'", "deps", ok=1, l=[1])
    assert [(type(problem), at(problem.place)) for problem in found] == [
        (UndefinedVariable, "dvc.yaml:1:2 ${x}"),
        (InvalidExpression, "dvc.yaml:1:13 ${y.}"),
        (InterpolatedType, "dvc.yaml:1:19 ${l}"),
    ]


LAYOUTS = {
    "plain": ("cmd: run ${x} now\n", "dvc.yaml:1:10 ${x}"),
    "single quotes": ("cmd: 'it''s ${x}'\n", "dvc.yaml:1:13 ${x}"),
    "double quotes": ('cmd: "a\\tb \\u00e9 ${x}"\n', "dvc.yaml:1:19 ${x}"),
    "an escape in it": ('cmd: "${\\x78}"\n', "dvc.yaml:1:7 ${\\x78}"),
    "folded": ("cmd: >-\n  run\n  --x ${x}\n", "dvc.yaml:3:7 ${x}"),
    "literal": ("cmd: |\n  one\n  two ${x}\n", "dvc.yaml:3:7 ${x}"),
    "several lines": ("cmd: one\n  two ${x}\n", "dvc.yaml:2:7 ${x}"),
    "an anchor": ("cmd: &a run ${x}\n", "dvc.yaml:1:13 ${x}"),
    "a key": ("? run ${x}\n: 1\n", "dvc.yaml:1:7 ${x}"),
    "Windows": ("a: 1\r\ncmd: >-\r\n  run\r\n  ${x}\r\n", "dvc.yaml:4:3 ${x}"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_place_is_exact_however_the_text_is_written(layout: str) -> None:
    source, place = LAYOUTS[layout]
    assert [at(problem.place) for problem in problems(source)] == [place]


def test_a_list_can_not_stand_in_a_field_nor_a_mapping_but_in_cmd() -> None:
    values = {"l": [1], "d": {"a": 1}}
    for field in ("cmd", "deps", "outs", "params", "wdir"):
        for source in ("${l}", "x/${l}"):
            (problem,) = problems(source, field, **values)
            assert isinstance(problem, InterpolatedType)
            assert (problem.text, problem.value_type) == ("${l}", "a list")
    for field in ("deps", "outs", "params", "wdir"):
        (problem,) = problems("x/${d}", field, **values)
        assert isinstance(problem, InterpolatedType)
        assert problem.value_type == "a mapping"


def test_what_only_the_shell_would_read_is_not_called_a_misspelt_name() -> None:
    (problem,) = problems("cp ${FILE:-a.csv} b", "cmd", files=1)
    assert isinstance(problem, InvalidExpression)
    assert (at(problem.place), problem.found) == ("dvc.yaml:1:4 ${FILE:-a.csv}", "")
    assert replaced("cp ${FILE:-a.csv} b", **{"FILE:-a": {"csv": "x"}}) == "cp x b"


def test_nothing_is_undefined_where_something_could_not_be_read() -> None:
    made = interpolator(a=1)
    made.context.incomplete = True
    root = parse("${gone} ${a.}", "dvc.yaml").root
    assert made.anything(root, "cmd") is UNKNOWN  # type: ignore[arg-type]
    assert [type(problem) for problem in made.problems] == [InvalidExpression]


def test_where_the_value_comes_from_is_told(tmp_path: Path) -> None:
    project = index(
        tmp_path,
        {
            "dvc.yaml": "vars:\n- more.yaml\n- inline: [1]\nstages:\n  a:\n    cmd: x\n"
            "    deps: ['${train.files}', '${inline}', '${files}', '${more.last}']\n",
            "params.yaml": "train:\n  files: [a, b]\n",
            "more.yaml": "files: [a]\nmore: {last: {x: 1}}\n",
        },
    )
    found = [problem for _, problem in project.problems_of(InterpolatedType)]
    assert [(at(problem.place), at(problem.defined_at), problem.value_type) for problem in found] == [
        ("dvc.yaml:7:13 ${train.files}", "params.yaml:2:3 files", "a list"),
        ("dvc.yaml:7:31 ${inline}", "dvc.yaml:3:3 inline", "a list"),
        ("dvc.yaml:7:44 ${files}", "more.yaml:1:1 files", "a list"),
        ("dvc.yaml:7:56 ${more.last}", "more.yaml:2:8 last", "a mapping"),
    ]


# --- anything -----------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
texts = st.lists(
    st.sampled_from(
        ["${a}", "${b}", "${a.x}", "${b[0]}", "${a", "}", "\\", "${nothing}", "${.}", " ", "'", "\t", "é", "${1}"]
    ),
    max_size=6,
).map("".join)


@given(texts, values, values, st.sampled_from(["cmd", "deps", None]))
def test_a_text_is_known_or_a_problem_says_why_not(text: str, a: Any, b: Any, field: str | None) -> None:
    import json

    made = interpolator(a=a, b=b)
    document = parse(json.dumps(text), "dvc.yaml")
    assert document.root is not None
    value = made.anything(document.root, field)
    assert (value is UNKNOWN) == bool(made.problems)
    for problem in made.problems:
        assert 0 <= problem.place.start < problem.place.end <= len(document.text)
