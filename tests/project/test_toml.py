from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.toml import TomlError, parse_toml


def test_data() -> None:
    assert parse_toml('a = 1\r\nb = "x"\r\n[c]\r\nd = [true, 2.5]\r\n') == {"a": 1, "b": "x", "c": {"d": [True, 2.5]}}
    assert parse_toml("") == {}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\nb = \n", 2, "Invalid value"),
        ("a = 1\n\na = 2\n", 3, "Cannot overwrite a value"),
        ("[x\n", 1, "Expected ']' at the end of a table declaration"),
        ("a = 1\n\nb", 3, "Expected '=' after a key in a key/value pair"),
    ],
)
def test_an_error_has_its_line_apart_from_its_message(text: str, line: int, message: str) -> None:
    with pytest.raises(TomlError) as raised:
        parse_toml(text)
    assert (raised.value.message, raised.value.line) == (message, line)


def test_depth_is_no_crash() -> None:
    with pytest.raises(TomlError):
        parse_toml("a = " + "[" * 5000)


@given(st.text(max_size=20) | st.text(st.sampled_from("a=[]\"'\n1.#\r-:T{},"), max_size=20))
def test_any_text_is_data_or_an_error(text: str) -> None:
    line = 1
    try:
        parse_toml(text)
    except TomlError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1
