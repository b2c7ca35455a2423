from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Place, Scalar, Sequence, at, walk

STAGES = """\
# a comment
stages:
  train: &train
    cmd: python train.py   # trailing
    deps: [train.py, 'data.csv']

    outs:
    - model.pkl:
        cache: false

  again:
    <<: *train
    cmd: >-
      python train.py
      --again

"""


@pytest.fixture
def document() -> Document:
    return parse(STAGES, "dvc.yaml")


def source_at(document: Document, *path: str | int) -> str:
    node = at(document.root, path)
    assert node is not None
    return node.source


class TestSpans:
    def test_scalar_is_covered_with_its_quotes(self, document: Document) -> None:
        assert source_at(document, "stages", "train", "cmd") == "python train.py"
        assert source_at(document, "stages", "train", "deps", 1) == "'data.csv'"

    def test_flow_list_is_covered_with_its_brackets(self, document: Document) -> None:
        assert source_at(document, "stages", "train", "deps") == "[train.py, 'data.csv']"

    def test_block_list_starts_at_its_first_dash(self, document: Document) -> None:
        assert source_at(document, "stages", "train", "outs") == "- model.pkl:\n        cache: false"

    def test_anchor_is_part_of_its_node(self, document: Document) -> None:
        assert source_at(document, "stages", "train").startswith("&train\n    cmd:")

    def test_block_text_ends_with_its_last_line(self, document: Document) -> None:
        assert source_at(document, "stages", "again", "cmd") == ">-\n      python train.py\n      --again"

    def test_file_is_covered_without_what_surrounds_it(self, document: Document) -> None:
        assert document.root is not None
        assert document.root.source == STAGES.removeprefix("# a comment\n").rstrip("\n")

    def test_alias_has_a_span_of_its_own(self, document: Document) -> None:
        ((start, end),) = document.aliases.values()
        assert document.text[start:end] == "*train"
        ((position, node),) = document.repeated
        assert position == start
        assert node is at(document.root, ("stages", "train"))

    def test_place_names_the_file(self, document: Document) -> None:
        node = at(document.root, ("stages", "train", "cmd"))
        assert node is not None
        assert node.place == Place(document, node.start, node.end)
        assert node.line == 4


class TestLookup:
    def test_at_goes_down_keys_and_indexes(self, document: Document) -> None:
        node = at(document.root, ("stages", "train", "outs", 0, "model.pkl", "cache"))
        assert isinstance(node, Scalar)
        assert node.value is False

    def test_at_counts_from_the_end_as_lists_do(self, document: Document) -> None:
        node = at(document.root, ("stages", "train", "deps", -1))
        assert isinstance(node, Scalar)
        assert node.value == "data.csv"

    @pytest.mark.parametrize(
        "path",
        [
            ("nothing",),
            ("stages", "train", "deps", 2),
            ("stages", "train", "deps", -3),
            ("stages", "train", "deps", "0"),
            ("stages", "train", "cmd", 0),
        ],
    )
    def test_at_says_none_where_nothing_is(self, document: Document, path: tuple[str | int, ...]) -> None:
        assert at(document.root, path) is None
        assert at(None, path) is None

    def test_mapping_shows_what_it_merges(self, document: Document) -> None:
        again = at(document.root, ("stages", "again"))
        assert isinstance(again, Mapping)
        assert list(again.entries) == ["cmd", "deps", "outs"]
        assert len(again) == 3
        assert len(again.pairs) == 2
        assert "deps" in again
        assert "<<" not in again
        assert again.get("deps") is at(document.root, ("stages", "train", "deps"))
        assert again.get("nothing") is None
        assert again.key_node("nothing") is None
        key = again.key_node("cmd")
        assert key is not None
        assert key.line == 13

    def test_sequence_is_iterated(self, document: Document) -> None:
        deps = at(document.root, ("stages", "train", "deps"))
        assert isinstance(deps, Sequence)
        assert [item.data for item in deps] == ["train.py", "data.csv"]
        assert len(deps) == 2

    def test_nodes_show_themselves(self) -> None:
        root = parse("a: [1, x]", "x").root
        assert repr(root) == "Mapping({'a': (Scalar('a'), Sequence([Scalar(1), Scalar('x')]))})"


class TestWalk:
    def test_every_node_comes_once_in_the_order_of_the_text(self, document: Document) -> None:
        assert document.root is not None
        nodes = list(walk(document.root))
        assert len({id(node) for node in nodes if not isinstance(node, Scalar)}) == sum(
            not isinstance(node, Scalar) for node in nodes
        )
        assert [node.start for node in nodes] == sorted(node.start for node in nodes)

    def test_what_holds_itself_does_not_go_on_forever(self) -> None:
        document = parse("&a\nx: [*a]\n", "x")
        assert document.is_broken
        assert document.root is None


class TestData:
    def test_aliases_share_what_they_repeat(self) -> None:
        root = parse("a: &x [1]\nb: *x\n", "x").root
        assert root is not None
        data = root.data
        assert data == {"a": [1], "b": [1]}
        assert data["a"] is data["b"]

    def test_tagged_collections_are_constructed(self) -> None:
        root = parse("set: !!set {a, b}\nomap: !!omap [a: 1, b: 2]\npairs: !!pairs [a: 1, a: 2]\n", "x").root
        assert root is not None
        assert root.data == {"set": {"a", "b"}, "omap": {"a": 1, "b": 2}, "pairs": [("a", 1), ("a", 2)]}


class TestPositions:
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_lines_and_columns_count_from_one(self, newline: str) -> None:
        document = Document(newline.join(["ab", "", "cd", ""]), "x")
        offset = document.text.index("d")
        assert document.position(offset) == (3, 2)
        assert document.line_of(offset) == 3
        assert document.line_text(3) == "cd"
        assert document.line_text(2) == ""
        assert document.line_text(4) == ""
        assert document.position(len(document.text)) == (4, 1)

    def test_byte_order_mark_takes_no_column(self) -> None:
        document = Document("\ufeffab\ncd", "x")
        assert document.position(0) == (1, 1)
        assert document.position(1) == (1, 1)
        assert document.position(2) == (1, 2)
        assert document.position(4) == (2, 1)
        assert document.line_text(1) == "ab"

    def test_line_separators_of_unicode_break_no_line(self) -> None:
        document = Document("a\u2028b\x85c\fd", "x")
        assert document.line_starts == [0]
        assert document.line_text(1) == document.text

    @given(text=st.text("ab\n\r\ufeff"))
    def test_lines_are_those_of_an_editor(self, text: str) -> None:
        document = Document(text, "x")
        lines = re.split(r"\r\n|\r|\n", text)
        assert len(document.line_starts) == len(lines)
        for number, line in enumerate(lines, start=1):
            assert document.line_text(number) == line.removeprefix("\ufeff")
        for offset in range(len(text) + 1):
            line, _ = document.position(offset)
            assert document.line_starts[line - 1] <= offset
            assert line == len(lines) or offset < document.line_starts[line]

    def test_root_tells_empty_and_broken_files_apart(self) -> None:
        empty, broken = parse("# nothing\n", "x"), parse("a: [", "x")
        assert (empty.root, empty.is_broken) == (None, False)
        assert (broken.root, broken.is_broken) == (None, True)
