from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Style
from pipelinekit.yaml.write import Folded, block_lines, flow_text, is_plain, is_text_block, scalar_text
from tests.yaml.documents import texts
from tests.yaml.random_edits import is_same
from tests.yaml.reading_checks import load

STYLES: list[Style] = ["", "'", '"']


def assert_reads(text: str, value: Any) -> None:
    """DVC, we, and the YAML 1.1 readers that other tools have make the same of a text."""
    document = parse(text, "x")
    assert document.problems == [], text
    data = document.root.data if document.root is not None else None
    assert is_same(data, value), text
    assert is_same(load(text), value), text
    assert is_same(yaml.safe_load(text), value), text


_LOOKS_LIKE_SOMETHING = st.one_of(
    st.text("0123456789_+-.eExob:", min_size=1, max_size=8),
    st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2}:[0-9]{2})?", fullmatch=True),
    st.sampled_from(
        ["yes", "No", "ON", "off", "y", "N", "true", "Null", "~", "<<", "=", "", ".inf", ".NaN", "---", "..."]
    ),
    st.text(":-?[]{}!&*|>'\"%@`#, \n\tab", max_size=12),
    st.sampled_from(
        ["# a", "a #b", "a: b", "a:", "- a", "-", "? a", " a", "a ", "\ta", "a\t", "\n", "a\n", "it's", '"']
    ),
    st.sampled_from(
        ["\x00", "\x07", "\x1b[0m", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\ufffe", "\uffff", "😀", "é"]
    ),
)
STRINGS = st.one_of(st.text(), _LOOKS_LIKE_SOMETHING, st.tuples(_LOOKS_LIKE_SOMETHING, st.text()).map("".join))
SCALARS = st.one_of(STRINGS, st.none(), st.booleans(), st.integers(), st.floats())
KEYS = st.one_of(STRINGS, STRINGS, STRINGS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


class TestScalars:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("data/raw.csv", "data/raw.csv"),
            ("python train.py --lr ${lr}", "python train.py --lr ${lr}"),
            ("two words", "two words"),
            ("-x", "-x"),
            ("a-b", "a-b"),
            ("a:b", "a:b"),
            ("a#b", "a#b"),
            ("it's", "it's"),
            ('say "x"', 'say "x"'),
            ("C:\\data", "C:\\data"),
            ("a, b", "a, b"),
            ("é😀", "é😀"),
            ("", "''"),
            (" lead", "' lead'"),
            ("trail ", "'trail '"),
            ("a: b", "'a: b'"),
            ("a:", "'a:'"),
            ("a #b", "'a #b'"),
            ("# a", "'# a'"),
            ("- a", "'- a'"),
            ("-", "'-'"),
            ("--lr", "'--lr'"),
            ("*.csv", "'*.csv'"),
            ("[a", "'[a'"),
            ("'a'", "'''a'''"),
            ("---", "'---'"),
            ("true", "'true'"),
            ("yes", "'yes'"),
            ("Off", "'Off'"),
            ("null", "'null'"),
            ("~", "'~'"),
            ("~/x", "~/x"),
            ("12", "'12'"),
            ("1e3", "'1e3'"),
            ("0x1F", "'0x1F'"),
            ("12:30:45", "'12:30:45'"),
            ("2024-01-31", "'2024-01-31'"),
            ("2024-13-45", "'2024-13-45'"),
            ("<<", "'<<'"),
            ("=", "'='"),
            ("v1.2", "v1.2"),
            ("1.2.3", "1.2.3"),
            ("tab\there", '"tab\\there"'),
            ("two\nlines", '"two\\nlines"'),
            ("\x07", '"\\u0007"'),
            ("\x7f", '"\\x7F"'),
            ("\u2028", '"\\u2028"'),
            ("a\ufeff", '"a\\ufeff"'),
            ("\x00\U0010ffff", '"\\u0000\\U0010FFFF"'),
            (None, "null"),
            (True, "true"),
            (False, "false"),
            (0, "0"),
            (-3, "-3"),
            (0.1, "0.1"),
            (1e-05, "1.0e-05"),
            (1.5e300, "1.5e+300"),
            (math.inf, ".inf"),
            (-math.inf, "-.inf"),
            (math.nan, ".nan"),
        ],
    )
    def test_written_as_people_would(self, value: Any, text: str) -> None:
        assert scalar_text(value) == text
        assert_reads(f"a: {text}\n", {"a": value})

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("a, b", "'a, b'"),
            ("${x}", "'${x}'"),
            ("x]", "'x]'"),
            ("https://x.org/", "'https://x.org/'"),
            ("a?b", "'a?b'"),
            ("a b", "a b"),
        ],
    )
    def test_quoted_between_brackets_where_parsers_want_it(self, value: str, text: str) -> None:
        assert scalar_text(value, flow=True) == text
        assert_reads(f"[{text}]", [value])

    @pytest.mark.parametrize(
        ("value", "style", "text"),
        [
            ("a", "'", "'a'"),
            ("a", '"', '"a"'),
            ("it's", "'", "'it''s'"),
            ('say "x"', '"', '"say \\"x\\""'),
            ("a\\b", '"', '"a\\\\b"'),
            ("tab\t", "'", '"tab\\t"'),
        ],
    )
    def test_quotes_can_be_asked_for(self, value: str, style: Style, text: str) -> None:
        assert scalar_text(value, style=style) == text
        assert_reads(text, value)

    @settings(max_examples=settings().max_examples * 5)
    @given(value=STRINGS, style=st.sampled_from(STYLES))
    @example(value="\x85", style="")
    @example(value="a\n", style="'")
    def test_string_stays_itself_wherever_it_stands(self, value: str, style: Style) -> None:
        text = scalar_text(value, style=style)
        assert "\n" not in text
        assert_reads(f"- {text}\n", [value])
        assert_reads(f"{text}: {text} # c\n", {value: value})
        text = scalar_text(value, flow=True, style=style)
        assert_reads(f"[{text}, {text}]", [value, value])
        assert_reads(f"{{{text}: {text}}}", {value: value})

    @given(value=st.one_of(st.floats(), st.integers(), st.booleans(), st.none()))
    def test_other_scalars_keep_value_and_type(self, value: Any) -> None:
        assert_reads(f"a: {scalar_text(value)}\nb: [{scalar_text(value, flow=True)}]\n", {"a": value, "b": [value]})

    @settings(max_examples=settings().max_examples * 3)
    @given(value=STRINGS, flow=st.booleans())
    def test_plain_strings_need_no_quotes(self, value: str, flow: bool) -> None:
        if is_plain(value, flow=flow):
            assert_reads(f"[{value}, {value}]" if flow else f"- {value}\n", [value, value] if flow else [value])

    @pytest.mark.parametrize("value", [date(2024, 1, 31), b"x", ("a",), {"a"}, Decimal(1), object()])
    def test_nothing_else_is_a_scalar(self, value: Any) -> None:
        name = type(value).__name__
        with pytest.raises(TypeError, match=f"{name} is no YAML scalar"):
            scalar_text(value)
        with pytest.raises(TypeError, match=name):
            flow_text({"a": [value]})
        with pytest.raises(TypeError, match=name):
            block_lines({"a": [{"b": value}]})

    @pytest.mark.parametrize("value", [[], {}, ["a"], {"a": 1}])
    def test_collections_are_no_scalars(self, value: Any) -> None:
        with pytest.raises(TypeError):
            scalar_text(value)


class TestFlow:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ([], "[]"),
            ({}, "{}"),
            ([1, "a", None, [True]], "[1, a, null, [true]]"),
            ({"a": {"b c": "d, e"}, "f": []}, "{a: {b c: 'd, e'}, f: []}"),
            ({"cmd": "two\nlines"}, '{cmd: "two\\nlines"}'),
            (Folded.of(["a", "b"]), "a b"),
        ],
    )
    def test_one_line(self, value: Any, text: str) -> None:
        assert flow_text(value) == text

    def test_quotes_are_those_of_strings_only(self) -> None:
        assert flow_text(["a", 1, {"k": "b"}], "'") == "['a', 1, {k: 'b'}]"

    @settings(max_examples=settings().max_examples * 3)
    @given(value=VALUES, style=st.sampled_from(STYLES))
    def test_reads_back(self, value: Any, style: Style) -> None:
        text = flow_text(value, style)
        assert "\n" not in text
        assert_reads(text, value)
        assert_reads(f"a:\n- {text} # c\n", {"a": [value]})


STAGE = {
    "stages": {
        "train": {
            "desc": "two\nlines\n",
            "cmd": Folded.of(["python train.py", "--lr 1"]),
            "deps": ["train.py", {"x": None}],
            "outs": [{"model.pkl": {"cache": False, "desc": ""}}],
            "params": [],
        }
    }
}


class TestBlock:
    def test_dashes_stand_below_their_key(self) -> None:
        assert "\n".join(block_lines(STAGE)) == (
            "stages:\n"
            "  train:\n"
            "    desc: |\n"
            "      two\n"
            "      lines\n"
            "    cmd: >-\n"
            "      python train.py\n"
            "      --lr 1\n"
            "    deps:\n"
            "    - train.py\n"
            "    - x:\n"
            "    outs:\n"
            "    - model.pkl:\n"
            "        cache: false\n"
            "        desc: ''\n"
            "    params: []"
        )

    def test_dashes_stand_one_step_to_the_right(self) -> None:
        assert block_lines({"a": {"deps": ["x"]}}, step=4, indent_lists=True) == [
            "a:",
            "    deps:",
            "        - x",
        ]

    def test_lists_in_lists_and_mappings_in_lists_are_compact(self) -> None:
        assert block_lines([["a", ["b"]], {"c": 1, "d": {"e": 2}}]) == [
            "- - a",
            "  - - b",
            "- c: 1",
            "  d:",
            "    e: 2",
        ]

    @pytest.mark.parametrize(
        ("value", "lines"),
        [
            ("a\nb", ["|-", "a", "b"]),
            ("a\nb\n", ["|", "a", "b"]),
            ("a\n\n  b", ["|-", "a", "", "  b"]),
            ("# a\n- b", ["|-", "# a", "- b"]),
            ("a\n", ["|", "a"]),
        ],
    )
    def test_text_over_lines_is_written_as_such(self, value: str, lines: list[str]) -> None:
        assert is_text_block(value)
        assert block_lines({"k": value}) == [f"k: {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]
        assert_reads("\n".join([*block_lines({"k": value}), ""]), {"k": value})

    @pytest.mark.parametrize("value", ["\na", " a\nb", "a\n\n", "a \nb", "a\n\tb\x07", "a\r\nb", "a\n\u2028", "\n"])
    def test_text_that_would_not_stay_itself_is_quoted(self, value: str) -> None:
        assert not is_text_block(value)
        assert len(block_lines({"k": value})) == 1
        assert_reads(block_lines({"k": value})[0], {"k": value})

    @pytest.mark.parametrize(("value", "text"), [([], "[]"), ({}, "{}"), ("a: b", "'a: b'"), (None, "null"), (1, "1")])
    def test_what_has_no_block_form_is_one_line(self, value: Any, text: str) -> None:
        assert block_lines(value) == [text]

    @settings(max_examples=settings().max_examples * 5)
    @given(
        value=VALUES,
        step=st.sampled_from([1, 2, 2, 3, 4]),
        indent_lists=st.booleans(),
        style=st.sampled_from(STYLES),
    )
    def test_reads_back(self, value: Any, step: int, indent_lists: bool, style: Style) -> None:
        lines = block_lines(value, step, indent_lists, style)
        assert all("\n" not in line and line == line.rstrip() for line in lines)
        assert_reads("\n".join([*lines, ""]), value)

    @given(text=texts())
    def test_data_of_any_document_can_be_written(self, text: str) -> None:
        document = parse(text, "x")
        if document.is_broken or document.root is None:
            return
        data = document.root.data
        try:
            lines = block_lines(data)
        except TypeError:
            return  # dates, and keys that are lists
        assert is_same(load("\n".join([*lines, ""])), data)


class TestFolded:
    _WORDS = st.text("ab#-:'\"&|>{}[]$é", min_size=1, max_size=6)

    def test_is_the_string_that_its_lines_make(self) -> None:
        folded = Folded.of(["python train.py", "--lr 1"])
        assert folded == "python train.py --lr 1"
        assert folded.lines == ("python train.py", "--lr 1")

    @given(lines=st.lists(st.lists(_WORDS, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=5))
    def test_reads_back(self, lines: list[str]) -> None:
        folded = Folded.of(lines)
        expected = " ".join(lines)
        assert_reads("\n".join(block_lines({"k": folded})), {"k": expected})
        assert_reads(
            "\n".join([*block_lines([{"k": [folded, 1]}, folded], 4, True), ""]), [{"k": [expected, 1]}, expected]
        )
