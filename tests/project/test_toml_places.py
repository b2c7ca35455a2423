"""Places of keys and values: where they are said to be, they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.toml import parse_toml
from pipelinekit.project.toml_places import toml_places

TEXT = """\
# ü
top = 1
[tool.pipelinekit]
select = ["PK1", # ü
  "ü2"]
ignore = { PK101 = "why", "x.y" = [1, {z = 2}] }
a.'b'.c = '''
[no.table]
'''
[[tool.x]]
z = 1
[[tool.x]]
[tool.x.inner]
z = 2
"""


def parts(text: str) -> dict[str, tuple[str, str]]:
    return {
        ".".join(map(str, path)): (text[place.start : place.end], text[place.value_start : place.value_end])
        for path, place in toml_places(text).items()
    }


def test_keys_and_values() -> None:
    found = parts(TEXT)
    assert found["top"] == ("top", "1")
    assert found["tool.pipelinekit.select.1"] == ('"ü2"', '"ü2"')
    assert found["tool.pipelinekit.ignore.PK101"] == ("PK101", '"why"')
    assert found["tool.pipelinekit.ignore.x.y"] == ('"x.y"', "[1, {z = 2}]")
    assert found["tool.pipelinekit.ignore.x.y.1.z"] == ("z", "2")
    assert found["tool.pipelinekit.a.b.c"][0] == "c"
    assert found["tool.x.0.z"] == ("z", "1")
    assert found["tool.x.1.inner.z"] == ("z", "2")
    assert "no.table" not in found


KEYS = st.sampled_from(["a", "b-c", "x.y", "ü", "", "1", "t t"])
VALUES = st.recursive(
    st.one_of(st.integers(-9, 9), st.booleans(), st.text("ab #[]='ü\"\\")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def every(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """All values in a value, by path."""
    found = {path: value} if path else {}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found |= every(item, (*path, key))
    return found


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=3))
def test_every_value_is_where_it_is_said_to_be(data: dict[str, dict[str, Any]]) -> None:
    lines = ["# ü"]
    for name, table in data.items():
        lines.append(f"[{json.dumps(name, ensure_ascii=False)}]")
        lines += [f"{json.dumps(key, ensure_ascii=False)} = {toml(value)}  # x" for key, value in table.items()]
    text = "\n".join(lines)
    assert parse_toml(text) == data
    places = toml_places(text)
    for path, value in every(data).items():
        if len(path) > 1:
            place = places[path]
            assert parse_toml(f"x = {text[place.value_start : place.value_end]}")["x"] == value


@pytest.mark.parametrize("text", ["", "# c", "a = 1", "[a]"])
def test_small_texts(text: str) -> None:
    assert set(parts(text)) <= {"a"}
