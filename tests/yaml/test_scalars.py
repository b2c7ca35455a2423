from __future__ import annotations

import math
import sys
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipelinekit.yaml.scalars import NOT_A_STRING_STARTS, UnresolvableScalarError, construct, resolve
from tests.yaml.random_edits import is_same


def loaded(text: str) -> Any:
    """What DVC's loader makes of a plain scalar. Raises whatever it raises."""
    (value,) = YAML(typ="safe", pure=True).load(f"- {text}\n")
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("nULL", "nULL"),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        # YAML 1.1 had more booleans
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("+12", 12),
        ("-7", -7),
        # a leading zero makes no octal number any more, `0o` does
        ("012", 12),
        ("08", 8),
        ("0o17", 15),
        ("0o8", "0o8"),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("1__0_", 10),
        ("_1", "_1"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("1.5e+3", 1500.0),
        ("1_0.5", 10.5),
        ("1e", "1e"),
        ("e3", "e3"),
        (".e3", ".e3"),
        ("1.2.3", "1.2.3"),
        (".inf", math.inf),
        ("+.INF", math.inf),
        ("-.Inf", -math.inf),
        (".nan", math.nan),
        ("-.nan", "-.nan"),
        ("1e999", math.inf),
        ("2024-01-31", date(2024, 1, 31)),
        ("2024-1-1", "2024-1-1"),
        ("2024-1-1 10:00:00", datetime(2024, 1, 1, 10)),
        ("2024-01-31T10:00:00Z", datetime(2024, 1, 31, 10, tzinfo=timezone.utc)),
        (
            "2001-12-14t21:59:43.10-05:00",
            datetime(2001, 12, 14, 21, 59, 43, 100000, tzinfo=timezone(timedelta(hours=-5))),
        ),
        # YAML 1.1 read these as numbers of base 60
        ("12:30:45", "12:30:45"),
        ("1:20", "1:20"),
        ("-", "-"),
        ("--", "--"),
        ("+", "+"),
        (".", "."),
        ("..", ".."),
        ("<", "<"),
        ("==", "=="),
        ("<<<", "<<<"),
        ("two words", "two words"),
        ("é😀", "é😀"),
    ],
)
def test_plain_scalar_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    assert is_same(resolve(text), value)
    if text != "-":  # which is an empty item of a list, behind a dash
        assert is_same(loaded(text), value)


@pytest.mark.parametrize(
    "text", ["2024-13-45", "2024-02-30", "2024-01-01 25:00:00", "+_", "0x_", "-0b_", "=", "<<", "._"]
)
def test_what_looks_like_a_value_but_is_none_is_refused_as_dvc_does(text: str) -> None:
    with pytest.raises(UnresolvableScalarError):
        resolve(text)
    with pytest.raises(Exception, match=r".*"):
        loaded(text)


@pytest.mark.skipif(not hasattr(sys, "get_int_max_str_digits"), reason="this Python reads numbers of any length")
def test_number_of_more_digits_than_python_reads_is_refused() -> None:
    with pytest.raises(UnresolvableScalarError, match="digits"):
        resolve("1" * 5000)


_LOOKS_LIKE_SOMETHING = st.one_of(
    st.text("0123456789_+-.eE", min_size=1, max_size=8),
    st.text("01278abefxo_+-", min_size=1, max_size=8),
    st.text("0123456789-:TZt.+", min_size=1, max_size=22),
    st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?)?", fullmatch=True),
    st.from_regex(r"[-+]?[0-9_]{1,4}(\.[0-9_]{0,3})?([eE][-+]?[0-9]{1,3})?", fullmatch=True),
    st.from_regex(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN|iNF)", fullmatch=True),
    st.sampled_from(["true", "null", "yes", "no", "on", "off", "~", "<<", "="]).flatmap(
        lambda word: st.sampled_from([word, word.title(), word.upper(), word[:-1], word + word[-1]])
    ),
)


@settings(max_examples=settings().max_examples * 5)
@given(text=_LOOKS_LIKE_SOMETHING)
def test_every_plain_scalar_is_resolved_as_ruamel_does(text: str) -> None:
    assume(text == text.strip() and text not in ("", "-", "---", "...") and not text.endswith(":"))
    try:
        expected = loaded(text)
    except Exception:  # ruamel.yaml dies of whatever int() or date() raise
        with pytest.raises(UnresolvableScalarError):
            resolve(text)
    else:
        assert is_same(resolve(text), expected)


@given(text=st.text())
def test_nothing_else_is_raised(text: str) -> None:
    try:
        value = resolve(text)
    except UnresolvableScalarError:
        return
    if text and text[0] not in NOT_A_STRING_STARTS:
        assert value == text


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("12", "str", "12"),
        ("12", "int", 12),
        ("12", "float", 12.0),
        ("yes", "bool", True),
        ("x", "null", None),
        ("aGk=", "binary", b"hi"),
        ("2024-01-31", "timestamp", date(2024, 1, 31)),
    ],
)
def test_tag_decides(text: str, tag: str, value: Any) -> None:
    assert is_same(construct(text, f"tag:yaml.org,2002:{tag}"), value)


@pytest.mark.parametrize(
    ("text", "tag"), [("x", "int"), ("", "int"), ("x", "bool"), ("é", "binary"), ("x", "timestamp")]
)
def test_tag_that_does_not_fit_is_refused(text: str, tag: str) -> None:
    with pytest.raises(UnresolvableScalarError):
        construct(text, f"tag:yaml.org,2002:{tag}")


def test_yaml_1_1_is_read_as_such_where_a_file_declares_it() -> None:
    assert construct("yes", version=(1, 1)) is True
    assert construct("012", version=(1, 1)) == 10
    assert construct("1:30", version=(1, 1)) == 90
    assert construct("yes", quoted=True, version=(1, 1)) == "yes"
    assert construct("1e3", version=(1, 1)) == 1000.0
