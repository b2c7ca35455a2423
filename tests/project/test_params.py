"""Params files: what DVC finds under a key, in each format, and where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.params import ParamsFile

TEXTS = {
    "p.yaml": "train:\n  lr: 0.1\n  layers: [32, {units: 64}]\n1: one\na.b: dotted\n",
    "p.json": '{"train": {"lr": 0.1, "layers": [32, {"units": 64}]}, "1": "one", "a.b": "dotted"}',
    "p.toml": '1 = "one"\n"a.b" = "dotted"\n[train]\nlr = 0.1\nlayers = [32, {units = 64}]\n',
}


def place(file: ParamsFile, *keys: Any) -> str | None:
    """`line: text` of where a key stands."""
    span = file.locate(keys)
    if span is None:
        return None
    return f"{file.document.line_of(span[0])}: {file.document.text[span[0] : span[1]]}"


@pytest.mark.parametrize("path", TEXTS)
def test_keys_are_paths_with_dots(path: str) -> None:
    file = ParamsFile(path, TEXTS[path])
    assert file.find("train.lr") == 0.1
    assert file.find("train") == {"lr": 0.1, "layers": [32, {"units": 64}]}
    assert file.find("train.layers.0") == 32
    assert file.find("train.layers.1.units") == 64
    assert file.find("1") == "one"


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize(
    "key", ["gone", "train.gone", "train.lr.x", "train.layers[0]", "train.layers.2", "a.b", "", "train."]
)
def test_what_dvc_does_not_find(key: str, path: str) -> None:
    with pytest.raises(KeyError):
        ParamsFile(path, TEXTS[path]).find(key)


def test_a_star_may_match_one_value_only() -> None:
    file = ParamsFile("p.yaml", "a: {x1: 1, x2: 2, y: 3}\nb: {c: {d: 4}}\n")
    assert file.find("a.y*") == 3
    assert file.find("*.c.d") == 4
    with pytest.raises(ValueError, match=r"a\.x"):
        file.find("a.x*")


@pytest.mark.parametrize(
    ("path", "text", "data"),
    [
        ("p.yaml", "", {}),
        ("p.yaml", "# nothing\n", {}),
        ("p.yaml", "null\n", {}),
        ("p.yaml", "- 1\n", [1]),
        ("p.txt", "a: 1\n", {"a": 1}),
        ("p.YAML", "a: 1\n", {"a": 1}),
        ("p", "text\n", "text"),
        ("p.json", "{}", {}),
        ("p.json", "null", {}),
        ("p.json", "[1]", [1]),
        ("p.toml", "", {}),
        ("p.toml", "a = 1\r\n[b]\r\nc = 2\r\n", {"a": 1, "b": {"c": 2}}),
        ("p.py", "", {}),
        ("P.PY", "a = 1\n", {"a": 1}),
    ],
)
def test_the_ending_says_the_format(path: str, text: str, data: Any) -> None:
    file = ParamsFile(path, text)
    assert (file.data, file.problem) == (data, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("1e-3", 0.001),
        ("012", 12),
        ("0o17", 15),
        ("12:30:45", "12:30:45"),
        ("1_000", 1000),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = ParamsFile("p.yaml", f"a: {text}\n").find("a")
    assert found == value
    assert type(found) is type(value)


PYTHON = """\
import os
LR = 0.1
SIZES: list = [1, -2]
PAIR = (1, 2)
NOTHING: int
a = b = 3
x, y = 1, 2
COMPUTED = os.getcwd()
LATER = LR
SUM = 1 + 1
LR = 0.2
class Train:
    epochs = 10
    class Deep:
        on = True
    def __init__(self, given):
        self.seed = 42
        self.given = given
        local = 1
        other.seed = 2
    def run(self):
        self.hidden = 1
if True:
    INSIDE = 1
def function():
    x = 1
"""


def test_python_is_read_and_never_run() -> None:
    file = ParamsFile("p.py", PYTHON)
    assert file.data == {
        "LR": 0.2,
        "SIZES": [1, -2],
        "PAIR": (1, 2),
        "Train": {"epochs": 10, "Deep": {"on": True}, "seed": 42},
    }
    assert file.find("Train.Deep.on") is True
    assert file.find("PAIR.1") == 2
    assert place(file, "LR") == "11: LR = 0.2"
    assert place(file, "Train", "seed") == "17:         self.seed = 42"
    assert place(file, "Train") == "12: class Train:"
    assert place(file, "COMPUTED") is None


@pytest.mark.parametrize(
    ("path", "text", "line", "message"),
    [
        ("p.yaml", "a: 1\nb: c: d\n", 2, "mapping values are not allowed"),
        ("p.yaml", "a: 1\na: 2\n", 2, "a"),
        ("p.json", '{"a": 1,\n"b"}', 2, "Expecting ':' delimiter"),
        ("p.json", "", 1, "Expecting value"),
        ("p.toml", "a = 1\nb = \n", 2, "Invalid value"),
        ("p.py", "a = 1\nb = (\n", 2, "'(' was never closed"),
        ("p.py", "a = '\0'\n", 1, "null bytes"),
    ],
)
def test_a_broken_file_is_told_with_its_line(path: str, text: str, line: int, message: str) -> None:
    problem = ParamsFile(path, text).problem
    assert problem is not None
    assert problem.line == line
    assert message in problem.message


def test_places_in_yaml_and_json() -> None:
    yaml = ParamsFile("p.yaml", "train:\n  lr: 0.1\n  l: [32, {u: 64}]\n1: x\nbase: &b {k: 1}\nmore: *b\n")
    assert place(yaml, "train") == "1: train"
    assert place(yaml, "train", "lr") == "2: lr"
    assert place(yaml, "train", "l", "0") == "3: 32"
    assert place(yaml, "train", "l", "-1") == "3: {u: 64}"
    assert place(yaml, "train", "l", "1", "u") == "3: u"
    assert place(yaml, "1") == "4: 1"
    assert place(yaml, "more", "k") == "5: k"
    for keys in (("gone",), ("train", "gone"), ("train", "lr", "x"), ("train", "l", "2"), ("train", "l", "x"), ()):
        assert place(yaml, *keys) is None
    json = ParamsFile("p.json", '{\n "a": {"b": [1, 2]}\n}')
    assert place(json, "a", "b", "1") == "2: 2"


def test_what_a_misspelt_key_could_have_meant() -> None:
    assert ParamsFile("p.yaml", "a: {b: {c: 1}, d: [1, {e: 2}]}\n2: x\n").keys() == ["a", "a.b", "a.b.c", "a.d", "2"]
    assert ParamsFile("p.yaml", "- 1\n").keys() == []


names = st.text(st.sampled_from("abc01_-"), min_size=1, max_size=3)
trees = st.recursive(st.integers(), lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=8)


@given(st.dictionaries(names, trees, min_size=1, max_size=3))
def test_every_key_is_found_and_located(tree: dict[str, Any]) -> None:
    import json

    file = ParamsFile("p.json", json.dumps(tree))
    assert file.keys()
    for key in file.keys():  # noqa: SIM118 - a method of its own
        value = file.find(key)
        *_, last = path = tuple(key.split("."))
        assert place(file, *path) == f'1: "{last}"'
        assert not isinstance(value, dict) or all(f"{key}.{name}" in file.keys() for name in value)  # noqa: SIM118


@given(
    st.sampled_from(["p.yaml", "p.json", "p.toml", "p.py"]),
    st.text(st.sampled_from("a1:=[]{}\"'\n -#(),.\\\0é\r\t"), max_size=20),
)
def test_any_text_is_data_or_a_problem_with_a_line(path: str, text: str) -> None:
    file = ParamsFile(path, text)
    if file.problem is not None:
        assert file.problem.message
        assert 1 <= file.problem.line <= text.count("\n") + text.count("\r") + 1
