from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelinekit.yaml import reader
from pipelinekit.yaml.reader import MAX_DEPTH, parse
from pipelinekit.yaml.tree import Document, YamlProblem
from tests.corpus import corpus_files
from tests.yaml import portability
from tests.yaml.documents import mutate, mutated, texts
from tests.yaml.portability import Case, Refused
from tests.yaml.random_edits import is_same
from tests.yaml.reading_checks import (
    RefusedError,
    holds_itself,
    load,
    misplaced,
    unlike_ruamel,
    unlike_without_libyaml,
)

FOLDER = Path(__file__).parent / "files"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())}
RECORDED = [*portability.DISAGREED, *portability.AGREED, *portability.CALLED_UNPORTABLE_THOUGH_BOTH_REFUSE]


def data_of(text: str) -> Any:
    document = parse(text, "x")
    assert not document.is_broken, document.problems
    return document.root.data if document.root is not None else None


def only_problem(text: str) -> YamlProblem:
    (problem,) = parse(text, "x").problems
    return problem


class TestReadsAsDvcDoes:
    """The reference is ruamel.yaml's safe loader, which is what DVC calls."""

    @settings(max_examples=settings().max_examples * 5)
    @given(text=texts())
    def test_any_document(self, text: str) -> None:
        assert unlike_ruamel(text) is None

    @settings(max_examples=settings().max_examples * 3)
    @given(text=mutated(list(FILES.values())))
    def test_damaged_files(self, text: str) -> None:
        assert unlike_ruamel(text) is None

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("name", FILES)
    def test_files(self, name: str, newline: str, mark: str) -> None:
        text = mark + FILES[name].replace("\n", newline)
        assert parse(text, name).problems == []
        assert unlike_ruamel(text) is None
        assert unlike_without_libyaml(text) is None

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("", None),
            ("\ufeff", None),
            ("# nothing\n", None),
            ("---\n", None),
            ("a", "a"),
            ("- - a\n  - b\n- k: v\n  l: w", [["a", "b"], {"k": "v", "l": "w"}]),
            ("a:\n- b\nc:\n  - d\n", {"a": ["b"], "c": ["d"]}),
            ("a: # why\n  # indeed\n\n  b\n", {"a": "b"}),
            ("a: b\n  c\n\n  d", {"a": "b c\nd"}),
            ("a: |+\n  b\n\nc: >-\n  d\n  e\n", {"a": "b\n\n", "c": "d e"}),
            ("a: |2\n    b\n", {"a": "  b\n"}),
            ("? a\n: b\n? c\n", {"a": "b", "c": None}),
            ("{a: [b, {c: }], d}", {"a": ["b", {"c": None}], "d": None}),
            ("[a: b, c]", [{"a": "b"}, "c"]),
            ("a: &x [1]\nb: *x\n", {"a": [1], "b": [1]}),
            ("b: &x {c: 1}\na: {<<: *x, d: 2}\n", {"b": {"c": 1}, "a": {"c": 1, "d": 2}}),
            ("a: {d: 2, <<: {c: 1, d: 1}}\n", {"a": {"c": 1, "d": 2}}),
            ("<<: [{a: 1, b: 1}, {b: 2, c: 2}]\n", {"b": 1, "c": 2, "a": 1}),
            ("'<<': {a: 1}\n", {"<<": {"a": 1}}),
            ("<<: {}\n<<: {a: 1}\n", {"a": 1}),
            ("a: !!str 12\nb: ! '12'\n", {"a": "12", "b": 12}),
            ("yes: no\n012: 1e3\n", {"yes": "no", 12: 1000.0}),
            ("? [a, b]\n: c\n", {("a", "b"): "c"}),
            ("{=: a}", {"=": "a"}),
        ],
    )
    def test_construct(self, text: str, value: Any) -> None:
        data = data_of(text)
        assert is_same(data, value) or (isinstance(data, dict) and data == value == load(text))
        assert unlike_ruamel(text) is None

    @pytest.mark.corpus
    def test_corpus(self) -> None:
        for path in corpus_files("dvc.yaml", "*.dvc", "*.yaml", "*.yml"):
            text = path.read_bytes().decode("utf-8", errors="replace")
            if len(text) < 100_000:
                assert unlike_ruamel(text) is None, path

    @pytest.mark.corpus
    def test_corpus_damaged(self) -> None:
        rng = random.Random(1)
        paths = corpus_files("dvc.yaml", "*.dvc", "params.yaml")
        for path in rng.sample(paths, min(len(paths), 150)):
            text = mutate(path.read_bytes().decode("utf-8", errors="replace")[:3000], rng)
            assert unlike_ruamel(text) is None, (path, text)


class TestSpans:
    @settings(max_examples=settings().max_examples * 3)
    @given(text=texts())
    def test_every_node_reads_back_from_its_span(self, text: str) -> None:
        assert misplaced(parse(text, "x")) is None

    @settings(max_examples=settings().max_examples * 2)
    @given(text=mutated(list(FILES.values())))
    def test_damaged_files(self, text: str) -> None:
        assert misplaced(parse(text, "x")) is None

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    @pytest.mark.parametrize("name", FILES)
    def test_files(self, name: str, newline: str) -> None:
        assert misplaced(parse("\ufeff" + FILES[name].replace("\n", newline), name)) is None

    @pytest.mark.corpus
    def test_corpus(self) -> None:
        for path in corpus_files("dvc.yaml", "*.dvc", "params.yaml"):
            text = path.read_bytes().decode("utf-8", errors="replace")
            if len(text) < 30_000:
                assert misplaced(parse(text, "x")) is None, path


class TestWithoutLibyaml:
    """PyYAML may be built without it: then ruamel.yaml's Python parser reads everything."""

    @settings(max_examples=settings().max_examples * 3)
    @given(text=texts())
    def test_any_document(self, text: str) -> None:
        assert unlike_without_libyaml(text) is None

    @given(text=mutated(list(FILES.values())))
    def test_damaged_files(self, text: str) -> None:
        # on anchors and separators of lines in odd places the parsers themselves disagree
        if not any(char in text for char in "\u2028\x85") and "\ufeff" not in text[1:]:
            assert unlike_without_libyaml(text) is None

    def test_libyaml_is_here(self) -> None:
        assert reader.CParser is not None, "install a PyYAML that is built with libyaml: it is what users have"

    @pytest.mark.corpus
    def test_corpus(self) -> None:
        for path in corpus_files("dvc.yaml", "*.dvc", "params.yaml"):
            text = path.read_bytes().decode("utf-8", errors="replace")
            if len(text) < 30_000:
                assert unlike_without_libyaml(text) is None, path


class TestProblems:
    @pytest.mark.parametrize(
        ("text", "line", "marked", "message"),
        [
            ("a: [1,\n  2\nb: 3\n", 3, ":", "expected ',' or ']'"),
            ("a:\n  - b\n c: d\n", 3, "c:", "expected <block end>"),
            ("a:\n\tb: c\n", 2, "\t", "found character '\\t'"),
            ("a: 'b\nc\n", 3, "", "unexpected end of stream"),
            ("a: b: c\n", 1, ":", "mapping values are not allowed here"),
            ("a: *b\n", 1, "*b", "the alias *b has no anchor &b before it"),
            ("a: &b [*b]\n", 1, "*b]", "the alias *b stands inside of what it repeats"),
            ("a: 1\n---\nb: 2\n", 2, "---", "a second YAML document starts here"),
            ("a: 2024-13-45\n", 1, "2024-13-45", "'2024-13-45' looks like a number or a date, but is none"),
            ("a: <<\n", 1, "<<", "'<<' looks like a number or a date, but is none"),
            ("a: !!int x\n", 1, "!!int x", "'x' is no valid !!int"),
            ("a: !thing 1\n", 1, "!thing 1", "DVC does not know the tag !thing"),
            ("a: !thing [1]\n", 1, "!thing", "DVC does not know the tag !thing"),
            ("a: !!seq {b: 1}\n", 1, "!!seq", "expected a sequence node"),
            ("{a: 1}: b\n", 1, "{a: 1}", "a mapping can't be a key"),
            ("<<: a\n", 1, "a", "only a mapping, or a list of mappings"),
            ("<<: [{a: 1}, b]\n", 1, "b", "only a mapping, or a list of mappings"),
            ("a: b\x07\n", 1, "\x07", "special characters are not allowed"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, text: str, line: int, marked: str, message: str) -> None:
        document = parse(text, "x")
        problem = next(problem for problem in document.problems if problem.refused)
        assert problem.kind == "syntax"
        assert message in problem.message
        assert document.line_of(problem.start) == line
        assert text[problem.start : problem.end].startswith(marked)
        with pytest.raises(RefusedError) if not holds_itself(document) else pytest.raises(AssertionError):
            load(text)
            raise AssertionError  # DVC's loader itself takes what holds itself

    def test_unclosed_bracket_is_related_to_where_it_opens(self) -> None:
        problem = only_problem("a:\n  b: [1,\n\nc: 2\n")
        assert problem.related == len("a:\n  b: ")

    def test_duplicate_key_is_related_to_the_first(self) -> None:
        problem = only_problem("a: 1\n'a': 2\n")
        assert problem == YamlProblem("duplicate-key", "a", 5, 8, 0)

    def test_every_duplicate_is_reported(self) -> None:
        document = parse("a: {b: 1, b: 2}\na: 1\nc: 1\na: 2\n", "x")
        assert [problem.message for problem in document.problems] == ["b", "a", "a"]
        assert document.root is not None

    def test_keys_that_are_equal_are_duplicates(self) -> None:
        assert only_problem("1: a\n1.0: b\n").kind == "duplicate-key"
        assert parse("1: a\n'1': b\n", "x").problems == []

    def test_merging_twice_is_a_duplicate(self) -> None:
        assert only_problem("<<: {a: 1}\n<<: {b: 1}\n").message == "<<"

    def test_keys_beside_a_merge_are_not_compared(self) -> None:
        # ruamel.yaml looks for duplicates only where nothing is merged
        assert data_of("<<: {a: 1}\nb: 2\nb: 3\n") == {"a": 1, "b": 3}

    def test_offsets_count_the_byte_order_mark(self) -> None:
        problem = only_problem("\ufeffa: *b\n")
        assert (problem.start, problem.end) == (4, 6)


class TestPortability:
    """DVC has one of two parsers: what they read differently is a problem of kind "unportable"."""

    @pytest.mark.parametrize("case", portability.DISAGREED, ids=lambda case: repr(case.text))
    def test_disagreement_is_reported_once(self, case: Case) -> None:
        document = parse(case.text, "x")
        (problem,) = (problem for problem in document.problems if problem.kind == "unportable")
        assert problem.refused is isinstance(case.python, Refused)
        assert document.is_broken is problem.refused
        assert case.text[problem.start : problem.end]
        if not problem.refused:
            assert is_same(data_of(case.text), case.python)

    @pytest.mark.parametrize("case", portability.AGREED, ids=lambda case: repr(case.text))
    def test_agreement_is_not(self, case: Case) -> None:
        document = parse(case.text, "x")
        assert [problem for problem in document.problems if problem.kind == "unportable"] == []
        assert document.is_broken is isinstance(case.python, Refused)
        if not document.is_broken:
            assert is_same(data_of(case.text), case.python)

    @pytest.mark.parametrize("case", portability.CALLED_UNPORTABLE_THOUGH_BOTH_REFUSE, ids=lambda case: repr(case.text))
    def test_exception(self, case: Case) -> None:
        document = parse(case.text, "x")
        assert document.is_broken
        assert any(problem.kind == "unportable" for problem in document.problems)

    @pytest.mark.parametrize(
        ("text", "marked", "message"),
        [
            ("a:\tb\n", "\t", "found character"),
            ("a: b\u2028c\n", "\u2028", ""),
            ("a: [x, https://x.org/]\n", "https://x.org/", "flow"),
            ("a: [&x C:\\data]\n", "C:\\data", "flow"),
            ("a: &x 1\nb: &x 2\n", "&x", "anchor"),
            ("%YAML 1.1\n---\na: yes\n", "yes", ""),
        ],
    )
    def test_marks_what_is_not_portable(self, text: str, marked: str, message: str) -> None:
        problem = only_problem(text)
        assert problem.start == text.rindex(marked)
        assert message in problem.message

    @pytest.mark.parametrize("case", RECORDED, ids=lambda case: repr(case.text))
    def test_python_parser_says_what_is_recorded(self, case: Case) -> None:
        assert_says(case.text, case.python, pure=True)

    @pytest.mark.parametrize("case", RECORDED, ids=lambda case: repr(case.text))
    def test_c_parser_says_what_is_recorded(self, case: Case, c_parser: None) -> None:
        assert_says(case.text, case.c, pure=False)

    @settings(max_examples=settings().max_examples * 3)
    @given(text=st.one_of(texts(), mutated(list(FILES.values()))))
    def test_whatever_the_parsers_disagree_about_is_reported(self, c_parser: None, text: str) -> None:
        document = parse(text, "x")
        if holds_itself(document):
            return
        python, c = said(text, pure=True), said(text, pure=False)
        found = [problem for problem in document.problems if problem.kind == "unportable"]
        if isinstance(python, Refused) and isinstance(c, Refused):
            assert document.is_broken
        else:
            assert bool(found) is not is_same(python, c)
            assert any(problem.refused for problem in found) is isinstance(python, Refused)


@pytest.fixture(scope="session")
def c_parser() -> None:
    """DVC's optional parser."""
    pytest.importorskip("_ruamel_yaml", reason="ruamel.yaml.clib, DVC's optional C parser, is not installed")


def said(text: str, *, pure: bool) -> Any:
    """What a parser makes of a text, be it nothing."""
    try:
        return load(text, pure=pure)
    except RefusedError as error:
        return Refused(str(error))


def assert_says(text: str, expected: Any, *, pure: bool) -> None:
    found = said(text, pure=pure)
    if isinstance(expected, Refused):
        assert isinstance(found, Refused)
        assert expected.reason in found.reason
    else:
        assert is_same(found, expected)


class TestBadInput:
    """`parse` takes any text, tells what is wrong with it, and comes back soon."""

    @settings(max_examples=settings().max_examples * 3)
    @given(
        text=st.one_of(
            st.text(), st.text(st.characters(categories=["C", "P", "Z"])), st.text(":-?[]{}!&*|>'\"%@` \n#a")
        )
    )
    @example(text="\ud800")
    @example(text="a: \x00")
    @example(text="\ufeff\ufeff")
    @example(text="!<")
    @example(text="%")
    @example(text="&")
    @example(text="*")
    @example(text="? : ? :")
    @example(text="--- --- ---")
    def test_any_text(self, text: str) -> None:
        document = parse(text, "x")
        for problem in document.problems:
            assert 0 <= problem.start <= problem.end <= len(text)
            assert document.line_of(problem.start) >= 1
        assert unlike_ruamel(text) is None

    @given(content=st.binary(max_size=200), encoding=st.sampled_from(["utf-8", "latin-1", "utf-16"]))
    def test_random_bytes(self, content: bytes, encoding: str) -> None:
        text = content.decode(encoding, errors="replace")
        assert isinstance(parse(text, "x"), Document)

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 1000,
            "[" * 1000 + "]" * 1000,
            "{a: " * 1000 + "}" * 1000,
            "".join(" " * level + f"k{level}:\n" for level in range(1000)),
            "- " * 1000 + "a",
            "? " * 1000 + "a",
            "? " * 1000,
            "{? " * 1000,
            "&a " * 1000,
            "!a " * 1000,
        ],
        ids=lambda text: text[:12],
    )
    def test_a_thousand_levels(self, text: str) -> None:
        assert parse(text, "x").is_broken

    @pytest.mark.parametrize("template", ["[{}]", "{{a: {}}}"])
    def test_as_deep_as_is_read(self, template: str) -> None:
        opening, closing = template.format("\0").split("\0")
        deepest = opening * (MAX_DEPTH - 1) + "a" + closing * (MAX_DEPTH - 1)
        document = parse(deepest, "x")
        assert not document.is_broken
        assert document.root is not None
        assert document.root.data
        assert only_problem(f"{opening * 2}{deepest}{closing * 2}").message == f"nested deeper than {MAX_DEPTH} levels"

    def test_aliases_that_multiply(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
        problem = only_problem("\n".join(lines))
        assert "aliases repeat each other into more than 1,000,000 values" in problem.message
        assert problem.start == lines[0].__len__() + 1 + lines[1].index("*")

    def test_aliases_that_multiply_where_both_parsers_are_asked(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]\t# a tab"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
        assert parse("\n".join(lines), "x").is_broken

    def test_aliases_that_multiply_a_little(self) -> None:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x] # a\ttab"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 5)]
        assert not parse("\n".join(lines), "x").is_broken

    def test_merges_that_multiply(self) -> None:
        lines = ["a0: &a0 {k: 1}"]
        lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}], k{n}: 1}}" for n in range(1, 25)]
        assert isinstance(parse("\n".join(lines), "x"), Document)

    def test_scalar_of_ten_megabytes(self) -> None:
        long = "x" * 10_000_000
        assert data_of(f"a: {long}\n") == {"a": long}
        assert data_of(f"a: '{long}'\n") == {"a": long}
        assert data_of(f"a: |\n  {long}\n") == {"a": long + "\n"}

    def test_mapping_of_a_hundred_thousand_entries(self) -> None:
        text = "".join(f"key{n}: {n}\n" for n in range(100_000))
        assert len(data_of(text)) == 100_000

    def test_list_of_a_hundred_thousand_items_in_brackets(self) -> None:
        assert len(data_of(f"[{', '.join(map(str, range(100_000)))}]")) == 100_000

    def test_list_of_empty_items(self) -> None:
        assert len(data_of("-\n" * 20_000)) == 20_000

    def test_mapping_of_empty_values(self) -> None:
        assert len(data_of("".join(f"key{n}:\n" for n in range(20_000)))) == 20_000

    def test_many_unclosed_quotes(self) -> None:
        assert parse("a: '" * 5_000, "x").is_broken

    def test_key_that_never_ends(self) -> None:
        assert parse("x" * 2_000 + ": 1", "x").is_broken


def test_collection_of_garbage_is_left_as_it_was() -> None:
    import gc

    assert gc.isenabled()
    parse("a: [", "x")
    assert gc.isenabled()
    gc.disable()
    try:
        parse("a: 1", "x")
        assert not gc.isenabled()
    finally:
        gc.enable()
