from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.run.lock_order import entries_of, entry_of, in_order, with_entry
from pipelinekit.yaml.reader import parse

HEAD = "schema: '2.0'\nstages:\n"


def entry(name: str, lines: str = "") -> str:
    return f"  {name}:\n    cmd: echo\n{lines}"


A = entry("a", "    outs:\n    - path: a.txt\n      hash: md5\n      md5: 0\n")
B = entry("b", "    params:\n      params.yaml:\n        text: |2\n\n            odd\n")
C = entry("'1'")


def test_the_entries_are_put_in_order_and_others_stay_behind() -> None:
    assert in_order(HEAD + A + B + C, ["b", "1", "a"]) == HEAD + B + C + A
    assert in_order(HEAD + A + B + C, ["c", "b"]) == HEAD + B + A + C
    assert in_order(HEAD + A, []) == HEAD + A


def test_what_stands_around_the_stages_stays() -> None:
    text = "# a comment\nschema: '2.0'\nstages:\n" + A + B + "datasets:\n- name: x\n"
    assert in_order(text, ["b", "a"]) == "# a comment\nschema: '2.0'\nstages:\n" + B + A + "datasets:\n- name: x\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema: '2.0'\n",
        "stages: {}\n",
        HEAD,
        HEAD + "  # a comment\n" + A,
        HEAD + A + A,
        HEAD + "  ? long\n  :\n    cmd: echo\n" + A,
        HEAD + A.rstrip("\n"),
        HEAD + "   three:\n     cmd: x\n",
    ],
)
def test_a_lock_in_another_form_is_left_alone(text: str) -> None:
    assert in_order(text, ["b", "a"]) is None


@given(st.lists(st.sampled_from(["a", "b", "x@1-2", "'null'", "'it''s'"]), unique=True, min_size=1), st.randoms())
def test_no_entry_is_lost_or_changed(names: list[str], random: object) -> None:
    text = HEAD + "".join(entry(name) for name in names)
    plain = [name[1:-1].replace("''", "'") if name.startswith("'") else name for name in names]
    wanted = sorted(plain, key=lambda _: random.random())  # type: ignore[attr-defined]
    ordered = in_order(text, wanted)
    assert ordered is not None
    data = parse(ordered, "dvc.lock").root
    assert data is not None
    assert list(data.data["stages"]) == wanted
    assert data.data["stages"] == parse(text, "dvc.lock").root.data["stages"]  # type: ignore[union-attr]


def test_an_entry_takes_its_place_or_the_last_one() -> None:
    changed = entry("a", "    params: {}\n")
    assert with_entry(HEAD + A + B, "a", changed) == HEAD + changed + B
    assert with_entry(HEAD + A + "datasets: []\n", "'1'", C) == HEAD + A + C + "datasets: []\n"
    assert with_entry(None, "a", A) == HEAD + A
    assert with_entry("schema: '2.0'\n", "a", A) == HEAD + A
    assert with_entry("<<<<<<< ours\n", "a", A) is None


def test_some_entries_alone_are_a_lock() -> None:
    assert entries_of(HEAD + A + B + C, ["1", "a", "none"]) == HEAD + C + A
    assert entries_of(HEAD + A, ["b"]) == "schema: '2.0'\n"
    assert entries_of("nothing", ["a"]) is None
    assert entry_of(HEAD + A + B, "b") == B
    assert entry_of(HEAD + A + B, "c") is None
