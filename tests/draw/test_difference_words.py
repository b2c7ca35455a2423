"""The difference in words: short whatever has changed, and nothing hidden that fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.draw.difference_words import difference_lines
from pipelinekit.draw.json_difference import json_difference
from pipelinekit.freshness.inputs import ABSENT
from pipelinekit.impact.graph_diff import EdgeDiff, GraphDiff, graph_diff
from pipelinekit.impact.param_diff import ParamDiff
from pipelinekit.impact.stage_diff import FieldChange, StageDiff
from tests.small_projects import graph


def lines(diff: GraphDiff, width: int = 80) -> list[str]:
    return list(difference_lines(diff, "main", width=width, arrows=True))[1:]


def words(folder: Path, old: str | Mapping[str, str], new: str | Mapping[str, str]) -> list[str]:
    return lines(graph_diff(graph(folder / "old", old), graph(folder / "new", new)))


def changed(*changes: FieldChange) -> GraphDiff:
    return GraphDiff((StageDiff("dvc.yaml:a", "changed", changes),), (), (), ())


def param(old: object, new: object, *users: str, template: bool = False) -> GraphDiff:
    return GraphDiff((), (), (ParamDiff("params.yaml", "k", old, new, users, template),), ())


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("python a.py", "python b.py", ["    command: python a.py → python b.py"]),
        ("a\nb\n", ["a", "b"], ["    command: a; b → [a, b]"]),
        ("x " * 30 + "--lr 1", "x " * 30 + "--lr 2 --fast", ["    command: --lr 1 → 2 --fast"]),
        ("x " * 30 + "--slow y", "x " * 30 + "y z z", ["    command: - --slow", "             + z z"]),
        ("x " * 60, "x  " * 60, [f"    command: {'x ' * 33}…"]),
        ("x " * 30 + "a", "x " * 30 + "b " * 60, [f"    command: x a → {'b ' * 30}…"]),
        ("\x1b[2J", "", ["    command: \\x1b[2J → ''"]),
    ],
)
def test_commands(old: object, new: object, shown: list[str]) -> None:
    assert lines(changed(FieldChange("cmd", old, new))) == ["~ a", *shown]


def test_fields() -> None:
    assert lines(
        changed(
            FieldChange("wdir", ".", "sub"),
            FieldChange("deps", None, "x", "x"),
            FieldChange("deps", "y", None, "y"),
            FieldChange("params", None, "p.yaml:k", "p.yaml:k"),
            FieldChange("plots", "outs", "plots", "p.csv", "section"),
            FieldChange("outs", None, "s3", "m", "remote"),
            FieldChange("always_changed", False, True),
        )
    ) == [
        "~ a",
        "    wdir: . → sub",
        "    + dep x",
        "    - dep y",
        "    + param p.yaml:k",
        "    p.csv: outs → plots",
        "    out m: remote null → s3",
        "    always changed: false → true",
    ]


@pytest.mark.parametrize(
    ("diff", "shown"),
    [
        (param(1, 2, "dvc.yaml:a"), "~ params.yaml: k 1 → 2 (used by a)"),
        (param(1, 2, *"abc"), "~ params.yaml: k 1 → 2 (used by a, b, c)"),
        (param(1, 2, *"abcd"), "~ params.yaml: k 1 → 2 (used by a, b and 2 more)"),
        (param(1, 2, template=True), "~ params.yaml: k 1 → 2 (used in a template)"),
        (param(ABSENT, None), "+ params.yaml: k null (no stage uses it)"),
        (param(1, "1"), "~ params.yaml: k 1 → '1' (no stage uses it)"),
        (param([1, True], ABSENT, "sub/dvc.yaml:a"), "- params.yaml: k [1, true] (used by sub/dvc.yaml:a)"),
    ],
)
def test_values(diff: GraphDiff, shown: str) -> None:
    assert lines(diff) == [shown]


def test_edges_say_what_passes_unless_the_stage_is_new() -> None:
    edges = (
        EdgeDiff("dvc.yaml:b", "dvc.yaml:a", "added", (), ("x", "y")),
        EdgeDiff("dvc.yaml:c", "dvc.yaml:a", "changed", ("x",), ("1", "2", "3", "4")),
        EdgeDiff("dvc.yaml:new", "dvc.yaml:a", "added", (), ("x",)),
    )
    assert lines(GraphDiff((StageDiff("dvc.yaml:new", "added"),), edges, (), ())) == [
        "+ new",
        "+ b needs a (x, y)",
        "~ c needs something else of a: x → 1 and 3 more",
    ]


def test_the_like_is_said_once(tmp_path: Path) -> None:
    old = "stages:\n  g:\n    foreach: [a, b]\n    do: {cmd: 'x ${item}', outs: ['${item}']}\n"
    old += "".join(f"  s{n}: {{cmd: x, outs: [o{n}]}}\n" for n in range(5))
    new = old.replace("'x $", "'y $").replace("[a, b]", "[a, b, c, d]").replace("cmd: x,", "cmd: x, deps: [lib],")
    assert words(tmp_path, old, new) == [
        "~ g@…: 2 stages, such as g@a",
        "    command: x → y",
        "+ g@…: 2 stages",
        "~ s0, s1 and 3 more",
        "    + dep lib",
    ]


def test_the_same_word_in_several_commands(tmp_path: Path) -> None:
    old = "stages:\n" + "".join(f"  s{n}: {{cmd: python a.py {n}, outs: [o{n}]}}\n" for n in range(3))
    assert words(tmp_path, old, old.replace("a.py", "b.py")) == ["~ s0, s1, s2", "    command: python a.py → b.py"]


def test_a_group_that_was_renamed(tmp_path: Path) -> None:
    old = "stages:\n  g:\n    foreach: [a, b]\n    do: {cmd: 'x', outs: ['${item}']}\n"
    assert words(tmp_path, old, old.replace("  g:", "  h:")) == ["~ h@…: 2 stages, such as h@a (was g@a)"]


def test_many_values_are_counted(tmp_path: Path) -> None:
    text = "stages:\n  a: {cmd: x, params: [k]}\n"
    old, new = ("k:\n" + "".join(f"  k{n}: {n * factor}\n" for n in range(1, 60)) for factor in (1, 2))
    shown = words(tmp_path, {"dvc.yaml": text, "params.yaml": old}, {"dvc.yaml": text, "params.yaml": new})
    assert len(shown) == 21
    assert shown[-1] == "~ params.yaml: 39 other values"


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=200)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


@given(VALUES, VALUES, st.text(min_size=1, max_size=60))
def test_any_value_is_printable_and_valid_json(old: object, new: object, name: str) -> None:
    diff = GraphDiff(
        (StageDiff(f"dvc.yaml:{name}", "changed", (FieldChange("outs", old, new, name, name),)),),
        (),
        (ParamDiff(name, name, old, new, (name,), False),),
        (name,),
    )
    assert not any(char in line for line in lines(diff) for char in "\x1b\n\r\u202e\u2028")

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    json.loads(json.dumps(json_difference(diff)), parse_constant=refuse)
