"""`foreach` and `matrix`: which stages they stand for, what DVC calls them, and which of them get lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.resolve.problems import InterpolatedType, NameCollision, UndefinedVariable
from tests.small_projects import at, index

PARAMS = """\
list: [1, true, x y, null, 2.50]
dicts: [{n: 1}, {n: 2}]
mapping: {a: {n: 1}, b: {n: 2}, 3: lost}
empty: []
nothing: {}
number: 3
text: abc
small: x
"""


def foreach(folder: Path, items: str, cmd: str = "run") -> dict[str, object]:
    """The commands of the stages, by what stands behind the `@` of their names; nothing being wrong."""
    text = f"stages:\n  s:\n    foreach: {items}\n    do:\n      cmd: {cmd}\n"
    return _commands(folder, text)


def matrix(folder: Path, axes: str, cmd: str = "run") -> dict[str, object]:
    return _commands(folder, f"stages:\n  s:\n    matrix: {axes}\n    cmd: {cmd}\n")


def _commands(folder: Path, text: str) -> dict[str, object]:
    (pipeline,) = index(folder, {"dvc.yaml": text, "params.yaml": PARAMS}).pipelines
    assert pipeline.problems == []
    return {stage.name.removeprefix("s@"): stage.cmd for stage in pipeline.stages}


def collisions(folder: Path, text: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The names of the stages that are left; and of each problem its place, the name and the reason."""
    (pipeline,) = index(folder, {"dvc.yaml": text, "params.yaml": PARAMS}).pipelines
    found = []
    for problem in pipeline.problems:
        assert isinstance(problem, NameCollision)
        found.append((at(problem.place), problem.name, problem.reason))
    return [stage.name for stage in pipeline.stages], found


# --- foreach ------------------------------------------------------------------------------------------------


def test_a_list_of_values_names_stages_after_them(tmp_path: Path) -> None:
    assert foreach(tmp_path, "[a, 1, 2.5, true, null, x y, a/b, 'c:d', v1.0]", "run ${item}") == {
        "a": "run a",
        "1": "run 1",
        "2.5": "run 2.5",
        "true": "run true",
        "None": "run None",
        "x y": "run x y",
        "a/b": "run a/b",
        "c:d": "run c:d",
        "v1.0": "run v1.0",
    }


def test_a_list_that_is_a_variable(tmp_path: Path) -> None:
    # `True`, where the same list in the file itself makes a stage called `true`
    assert list(foreach(tmp_path, "${list}")) == ["1", "True", "x y", "None", "2.5"]
    assert list(foreach(tmp_path, "['${small}', '${list[1]}', '<${list[1]}>']")) == ["x", "True", "<true>"]


def test_a_list_with_a_mapping_or_a_list_in_it_names_stages_by_number(tmp_path: Path) -> None:
    assert foreach(tmp_path, "[a, {n: 1}, b]", "run ${item}") == {"0": "run a", "1": "run --n 1", "2": "run b"}
    assert list(foreach(tmp_path, "[a, [b]]")) == ["0", "1"]
    assert foreach(tmp_path, "${dicts}", "run ${item.n}") == {"0": "run 1", "1": "run 2"}
    assert list(foreach(tmp_path, "['${small}', '${dicts[0]}']")) == ["0", "1"]


def test_a_mapping_names_stages_after_its_keys(tmp_path: Path) -> None:
    expected = {"a": "run a 1", "b": "run b 2"}
    assert foreach(tmp_path, "{a: {n: 1}, b: {n: 2}}", "run ${key} ${item.n}") == expected
    assert foreach(tmp_path, "${mapping}", "run ${key} ${item.n}") == expected


def test_keys_that_are_no_strings_are_lost_in_files_and_kept_in_the_pipeline(tmp_path: Path) -> None:
    assert list(foreach(tmp_path, "{3: x, 2.5: y, true: z, null: n}", "run ${key}")) == ["3", "2.5", "true", "None"]
    assert "3" not in foreach(tmp_path, "${mapping}")


def test_expressions_in_items_at_any_depth(tmp_path: Path) -> None:
    assert foreach(tmp_path, "{a: {deep: ['${number}']}}", "run ${item.deep[0]}") == {"a": "run 3"}
    assert foreach(tmp_path, "{'${small}-1': '<${small}>'}", "run ${key} ${item}") == {"x-1": "run x-1 <x>"}
    assert matrix(tmp_path, "{'a-${small}': ['${small}']}", "run ${item.a-x}") == {"x": "run x"}


@pytest.mark.parametrize(
    "group",
    [
        "foreach: {a: 1, '${small}': 1}\n    do: {cmd: run}",
        "foreach: [a, {'${small}': 1}]\n    do: {cmd: run}",
        "matrix: {'${small}': [1]}\n    cmd: run",
        "matrix: {a: [{b: {'${small}': 1}}]}\n    cmd: run",
    ],
)
def test_a_key_that_is_nothing_but_an_expression_makes_dvc_crash(group: str, tmp_path: Path) -> None:
    (pipeline,) = index(tmp_path, {"dvc.yaml": f"stages:\n  s:\n    {group}\n", "params.yaml": PARAMS}).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, InterpolatedType)
    assert (problem.text, problem.value_type, problem.wanted) == ("${small}", "a variable alone", "a key")
    assert at(problem.place).endswith(" '${small}'")
    assert pipeline.stages == []


def test_key_is_not_there_for_a_list(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    foreach: [a, b]\n    do:\n      cmd: run ${key}\n"
    (pipeline,) = index(tmp_path, text).pipelines
    (problem,) = pipeline.problems  # one, though two stages have it
    assert isinstance(problem, UndefinedVariable)
    assert (at(problem.place), problem.candidates) == ("dvc.yaml:5:16 ${key}", ("item",))


def test_item_and_key_come_before_variables_of_those_names(tmp_path: Path) -> None:
    text = (
        "vars: [{item: global, key: global}]\nstages:\n  s:\n    foreach: {a: 1}\n    do:\n      cmd: ${item} ${key}\n"
    )
    (stage,) = index(tmp_path, text).stages
    assert stage.cmd == "1 a"


@pytest.mark.parametrize(
    ("items", "words"),
    [("${number}", "the number 3"), ("${text}", "a string"), ("abc", "a string"), ("${list[3]}", "nothing (null)")],
)
def test_only_lists_and_mappings_can_be_iterated(items: str, words: str, tmp_path: Path) -> None:
    text = f"stages:\n  s:\n    foreach: {items}\n    do:\n      cmd: run\n"
    (pipeline,) = index(tmp_path, {"dvc.yaml": text, "params.yaml": PARAMS}).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, InterpolatedType)
    assert (at(problem.place), problem.value_type) == (f"dvc.yaml:3:14 {items}", words)
    assert pipeline.stages == []


def test_of_an_item_that_is_unknown_the_others_are_left(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    foreach: [a, '${gone}', b]\n    do:\n      cmd: run\n"
    (pipeline,) = index(tmp_path, text).pipelines
    assert [at(problem.place) for problem in pipeline.problems] == ["dvc.yaml:3:19 ${gone}"]
    assert [stage.name for stage in pipeline.stages] == ["s@a", "s@b"]


# --- matrix -------------------------------------------------------------------------------------------------


def test_every_combination_the_last_list_turning_first(tmp_path: Path) -> None:
    stages = matrix(tmp_path, "{model: [cnn, mlp], n: [1, 2]}", "run ${item.model} ${item.n} ${key}")
    assert stages == {
        "cnn-1": "run cnn 1 cnn-1",
        "cnn-2": "run cnn 2 cnn-2",
        "mlp-1": "run mlp 1 mlp-1",
        "mlp-2": "run mlp 2 mlp-2",
    }
    assert list(stages) == ["cnn-1", "cnn-2", "mlp-1", "mlp-2"]


def test_a_combination_can_be_unpacked(tmp_path: Path) -> None:
    assert matrix(tmp_path, "{model: [cnn], n: [1]}", "run ${item}") == {"cnn-1": "run --model cnn --n 1"}


def test_mappings_and_lists_are_named_by_their_axis_and_number(tmp_path: Path) -> None:
    assert list(matrix(tmp_path, "{m: [a, {n: 1}, [1]], k: [x]}")) == ["a-x", "m1-x", "m2-x"]
    assert list(matrix(tmp_path, "{m: '${dicts}'}")) == ["m0", "m1"]


def test_an_axis_may_be_a_variable(tmp_path: Path) -> None:
    assert list(matrix(tmp_path, "{a: '${list}'}")) == ["1", "True", "x y", "None", "2.5"]
    assert list(matrix(tmp_path, "{a: '${mapping}'}")) == ["a", "b"]  # the keys of a mapping


def test_a_text_as_an_axis_is_taken_letter_by_letter(tmp_path: Path) -> None:
    assert list(matrix(tmp_path, "{a: xyz}")) == ["x", "y", "z"]


def test_a_number_as_an_axis_can_not_be(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    cmd: run\n    matrix:\n      a: ${number}\n"
    (pipeline,) = index(tmp_path, {"dvc.yaml": text, "params.yaml": PARAMS}).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, InterpolatedType)
    assert (at(problem.place), problem.value_type, problem.wanted) == (
        "dvc.yaml:5:10 ${number}",
        "the number 3",
        "a list",
    )


def test_inside_of_a_foreach_a_matrix_does_nothing(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    foreach: [a]\n    do:\n      cmd: run\n      matrix: {x: [1, 2]}\n"
    assert [stage.name for stage in index(tmp_path, text).stages] == ["s@a"]


# --- names that are lost ------------------------------------------------------------------------------------

TWICE = "is the name of two stages, and DVC drops one without a word"
EMPTY = "has nothing to iterate over, so it makes no stage at all"


@pytest.mark.parametrize("items", ["[a, b, a]", "[a, b, a, a]"])
def test_an_item_that_is_there_twice(items: str, tmp_path: Path) -> None:
    text = f"stages:\n  s:\n    foreach: {items}\n    do:\n      cmd: run\n"
    names, found = collisions(tmp_path, text)
    assert names == ["s@a", "s@b"]
    assert found == [("dvc.yaml:3:21 a", "s@a", TWICE)]


def test_a_number_and_its_text_are_the_same_name(tmp_path: Path) -> None:
    names, found = collisions(tmp_path, "stages:\n  s:\n    foreach: [1, '1']\n    do:\n      cmd: run\n")
    assert (names, found) == (["s@1"], [("dvc.yaml:3:18 '1'", "s@1", TWICE)])


def test_the_first_of_two_is_told_and_the_later_one_counts(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    foreach: {1: first, '1': second, b: other}\n    do:\n      cmd: run ${item}\n"
    (pipeline,) = index(tmp_path, text).pipelines
    (problem,) = pipeline.problems
    assert isinstance(problem, NameCollision)
    assert (at(problem.first), at(problem.place)) == ("dvc.yaml:3:15 1", "dvc.yaml:3:25 '1'")
    assert [(stage.name, stage.cmd) for stage in pipeline.stages] == [("s@1", "run second"), ("s@b", "run other")]


def test_combinations_that_read_alike(tmp_path: Path) -> None:
    text = "stages:\n  s:\n    cmd: run\n    matrix:\n      a: [x, x-y]\n      b: [y-z, z]\n"
    names, found = collisions(tmp_path, text)
    assert names == ["s@x-y-z", "s@x-z", "s@x-y-y-z"]
    assert found == [("dvc.yaml:6:16 z", "s@x-y-z", TWICE)]


@pytest.mark.parametrize(
    ("group", "place"),
    [
        ("foreach: []\n    do: {cmd: run}", "dvc.yaml:3:14 []"),
        ("foreach: {}\n    do: {cmd: run}", "dvc.yaml:3:14 {}"),
        ("foreach: ${empty}\n    do: {cmd: run}", "dvc.yaml:3:14 ${empty}"),
        ("foreach: ${nothing}\n    do: {cmd: run}", "dvc.yaml:3:14 ${nothing}"),
        ("matrix: {a: [1], b: []}\n    cmd: run", "dvc.yaml:3:13 {a: [1], b: []}"),
    ],
)
def test_nothing_to_iterate_over(group: str, place: str, tmp_path: Path) -> None:
    assert collisions(tmp_path, f"stages:\n  s:\n    {group}\n") == ([], [(place, "s", EMPTY)])


def test_a_matrix_without_axes(tmp_path: Path) -> None:
    names, found = collisions(tmp_path, "stages:\n  s:\n    cmd: run\n    matrix: {}\n")
    assert names == []
    assert found == [("dvc.yaml:4:13 {}", "s", "is a matrix without values, on which DVC crashes")]


def test_names_that_dvc_can_not_find_again(tmp_path: Path) -> None:
    names, found = collisions(tmp_path, "stages:\n  s:\n    foreach: ['', a@b, c]\n    do:\n      cmd: run\n")
    assert names == ["s@c"]
    assert found == [
        ("dvc.yaml:3:15 ''", "s", "makes a stage without a name, on which DVC crashes"),
        ("dvc.yaml:3:19 a@b", "s@a@b", "has an '@' in it, so DVC can't find the stage"),
    ]


def test_a_matrix_of_millions_is_not_made(tmp_path: Path) -> None:
    axes = "".join(f"      k{n}: [{', '.join(map(str, range(10)))}]\n" for n in range(7))
    names, found = collisions(tmp_path, f"stages:\n  s:\n    cmd: run\n    matrix:\n{axes}")
    assert names == []
    ((_, name, reason),) = found
    assert (name, reason) == ("s", "would make 10,000,000 stages, more than DVC could load in a day's work")
