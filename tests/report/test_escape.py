from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.report.escape import printable, printable_with_tabs


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("train ü 日本", "train ü 日本"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\tb\nc\r", "a b\\x0ac\\x0d"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
def test_what_does_not_print_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_gets_through_that_moves_a_cursor(text: str) -> None:
    for shown in (printable(text), printable_with_tabs(text).replace("\t", "")):
        categories = {unicodedata.category(char) for char in shown}
        assert not categories & {"Cc", "Cs", "Zl", "Zp"}
        assert not any(unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "LRI", "RLI"} for char in shown)
        shown.encode()


def test_tabs_stay_in_lines_of_a_file() -> None:
    assert printable_with_tabs("\ta\x1b") == "\ta\\x1b"
