from __future__ import annotations

import ast
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.export.python_source import comment, literal, text

VALUES = st.recursive(
    st.text() | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.text())
def test_any_text_is_itself_again(value: str) -> None:
    source = text(value)
    assert ast.literal_eval(source) == value
    assert source.isprintable()


@given(VALUES, st.integers(0, 12), st.integers(0, 110))
def test_any_value_is_itself_again(value: Any, indent: int, used: int) -> None:
    assert ast.literal_eval(literal(value, indent, used)) == value


def test_double_quotes_where_they_need_no_backslash() -> None:
    assert [text(value) for value in ("a", "it's", 'say "x"', "\\", "\n", "\u202e", "☃")] == [
        '"a"',
        '"it\'s"',
        "'say \"x\"'",
        '"\\\\"',
        '"\\n"',
        '"\\u202e"',
        '"☃"',
    ]


def test_long_values_have_a_line_for_each_part() -> None:
    assert literal(["a" * 80, "b" * 80], 4) == f'[\n        "{"a" * 80}",\n        "{"b" * 80}",\n    ]'
    assert literal({"k": ["a" * 120]}).splitlines()[0] == "{"


@given(st.text())
def test_no_text_leaves_a_comment(value: str) -> None:
    assert "\n" not in comment(value)
    assert comment(value).isprintable()
