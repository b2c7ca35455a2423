from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelinekit.yaml.edit import (
    CannotEditError,
    Edit,
    add_flags,
    apply_edits,
    insert_entry,
    insert_item,
    remove_entry,
    remove_item,
    rename_key,
    reorder_entries,
    replace_item,
    replace_value,
    replace_within,
    source_offsets,
)
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Scalar, at, walk
from pipelinekit.yaml.write import Folded
from tests.corpus import corpus_files
from tests.yaml.documents import random_text, texts
from tests.yaml.edit_checks import complaint, editable
from tests.yaml.random_edits import edits_together, random_edit

FILES = [
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "files").iterdir())
    if path.name != "layouts.yaml"  # whose explicit keys can't be edited: it is there to be read
]


def edited(text: str, path: str, operation: Callable[..., list[Edit]], *arguments: Any) -> str:
    """The text after an operation on the node at a path: `stages.train.deps.0`."""
    steps = tuple(int(step) if step.isdigit() else step for step in path.split(".") if step)
    node = at(parse(text, "dvc.yaml").root, steps)
    return apply_edits(text, operation(node, *arguments))


def check(before: str, path: str, operation: Callable[..., list[Edit]], arguments: tuple[Any, ...], after: str) -> None:
    """An operation gives the text that people would have written, whatever the line breaks of the file."""
    before, after = dedent(before).removeprefix("\n"), dedent(after).removeprefix("\n")
    assert edited(before, path, operation, *arguments) == after
    crlf = {"\n": "\r\n"}
    assert edited(before.translate(str.maketrans(crlf)), path, operation, *arguments) == after.translate(
        str.maketrans(crlf)
    )
    assert edited("\ufeff" + before, path, operation, *arguments) == "\ufeff" + after


class TestAnyEdit:
    """An edit does what it should to the data, and loses nothing that it isn't about."""

    @settings(max_examples=settings().max_examples * 5)
    @given(text=texts(), rng=st.randoms(use_true_random=False))
    def test_of_any_document(self, text: str, rng: random.Random) -> None:
        document = editable(text)
        if document is None:
            return
        try:
            one = random_edit(document, rng)
        except CannotEditError:
            return
        assert complaint(document, [one]) is None, (one.name, one.edits)

    @settings(max_examples=settings().max_examples * 3)
    @given(text=texts(), rng=st.randoms(use_true_random=False))
    def test_together_with_others(self, text: str, rng: random.Random) -> None:
        document = editable(text)
        if document is not None:
            edits = edits_together(document, rng, 5)
            assert complaint(document, edits) is None, [(one.name, one.edits) for one in edits]

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    @pytest.mark.parametrize("text", FILES, ids=lambda text: text[:10])
    def test_of_files(self, text: str, newline: str) -> None:
        rng = random.Random(text)
        text = text.replace("\n", newline)
        document = editable(text)
        assert document is not None
        refused = 0
        for _ in range(120):
            try:
                one = random_edit(document, rng)
            except CannotEditError:
                refused += 1
                continue
            assert complaint(document, [one]) is None, (one.name, one.edits)
        assert refused < 40

    @pytest.mark.corpus
    def test_of_corpus(self) -> None:
        rng = random.Random(1)
        refused: Counter[str] = Counter()
        done = 0
        for path in corpus_files("dvc.yaml", "*.dvc", "params.yaml"):
            document = editable(path.read_bytes().decode("utf-8", errors="replace"))
            if document is None or len(document.text) > 60_000:
                continue
            for _ in range(20):
                try:
                    one = random_edit(document, rng)
                except CannotEditError as error:
                    refused[str(error)] += 1
                    continue
                done += 1
                assert complaint(document, [one]) is None, (path, one.name, one.edits)
            edits = edits_together(document, rng, 6)
            assert complaint(document, edits) is None, (path, [(one.name, one.edits) for one in edits])
        # neither is a layout that can't be edited: an empty list has nothing to remove, and `[z]` needs quotes
        del refused["nothing to do here"], refused["the text can't stand there as it is"]
        del refused["the mapping is written on one line"]
        assert refused.total() < 0.03 * done, refused

    def test_is_seldom_refused(self) -> None:
        """Of documents as people write them: they are those of the generator that have no odd layouts."""
        refused: Counter[str] = Counter()
        done = 0
        for text in FILES:
            document = editable(text)
            assert document is not None
            rng = random.Random(2)
            for _ in range(250):
                try:
                    random_edit(document, rng)
                    done += 1
                except CannotEditError as error:
                    refused[str(error)] += 1
        del refused["nothing to do here"], refused["the text can't stand there as it is"]
        del refused["the mapping is written on one line"]
        assert done > 600
        assert refused.total() < 0.06 * done, refused

    def test_every_operation_is_tried(self) -> None:
        names: Counter[str] = Counter()
        for seed in range(1000):
            rng = random.Random(seed)
            document = editable(random_text(rng))
            if document is not None:
                try:
                    names[random_edit(document, rng).name.split("(")[0]] += 1
                except CannotEditError:
                    names["refused"] += 1
        assert min(names.values()) >= 5, names
        assert set(names) == {
            *("insert_item", "remove_item", "replace_item", "add_flags", "insert_entry", "remove_entry"),
            *("replace_value", "rename_key", "reorder_entries", "replace_within", "refused"),
        }


class TestApply:
    def test_edits_come_in_any_order(self) -> None:
        assert apply_edits("abcd", [Edit(3, 4, "D"), Edit(0, 1, "A"), Edit(2, 2, "-")]) == "Ab-cD"

    def test_no_edit_changes_nothing(self) -> None:
        assert apply_edits("abcd", []) == "abcd"

    def test_edits_may_touch(self) -> None:
        assert apply_edits("abcd", [Edit(0, 2, "x"), Edit(2, 2, "-"), Edit(2, 4, "y")]) == "x-y"

    def test_edits_may_not_overlap(self) -> None:
        with pytest.raises(ValueError, match="edits overlap at offset 1"):
            apply_edits("abcd", [Edit(0, 2, ""), Edit(1, 3, "")])


class TestReplaceValue:
    @pytest.mark.parametrize(
        ("value", "line"),
        [
            ("b", "cmd: b  # why"),
            ("b: c", "cmd: 'b: c'  # why"),
            ("yes", "cmd: 'yes'  # why"),
            (True, "cmd: true  # why"),
            (None, "cmd: null  # why"),
            ([], "cmd: []  # why"),
            ("two\nlines", 'cmd: "two\\nlines"  # why'),
        ],
    )
    def test_scalar_takes_the_place_of_a_scalar(self, value: Any, line: str) -> None:
        check("cmd: a  # why\nx: 1\n", "", replace_value, ("cmd", value), f"{line}\nx: 1\n")

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a: 'x'\n", "a: 'new'\n"),
            ('a: "x"\n', 'a: "new"\n'),
            ("a:   x\n", "a:   new\n"),
            ("a:\n", "a: new\n"),
            ("a: # why\n", "a: new # why\n"),
            ("a:\n  x\n", "a:\n  new\n"),
            ("a: x\n  y\nb: 1\n", "a: new\nb: 1\n"),
            ("a: |\n  x\n\n  y\n\nb: 1\n", "a: new\n\nb: 1\n"),
            ("a: >-  # why\n  x\n  y\nb: 1\n", "a: new  # why\nb: 1\n"),
            ("a: &here x\n", "a: &here new\n"),
            ("a: [x, y]  # why\n", "a: new  # why\n"),
            ("a: {x: [\n  y]}\n", "a: new\n"),
            ("b: &x 1\na: *x\n", "b: &x 1\na: new\n"),
            ("a:\n- x\n- y\nb: 1\n", "a: new\nb: 1\n"),
            ("a:\n  - x\n  - y  # one\nb: 1\n", "a: new  # one\nb: 1\n"),
            ("a:  # why\n  x: 1\n  y: 2\nb: 1\n", "a: new  # why\nb: 1\n"),
            ("a:\n  # why\n  x: 1\nb: 1\n", "a: new\n  # why\nb: 1\n"),
            ("a: &x\n  y: 1\n", "a: &x new\n"),
            ("a: x", "a: new"),
        ],
    )
    def test_scalar_in_any_layout(self, before: str, after: str) -> None:
        check(before, "", replace_value, ("a", "new"), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("s:\n  a: x\n  b: 1\n", "s:\n  a:\n  - x\n  - y\n  b: 1\n"),
            ("s:\n  a: x  # why\n  b: 1\n", "s:\n  a:  # why\n  - x\n  - y\n  b: 1\n"),
            ("s:\n  a:\n  b: 1\n", "s:\n  a:\n  - x\n  - y\n  b: 1\n"),
            ("s:\n  a: # why\n  b: 1\n", "s:\n  a: # why\n  - x\n  - y\n  b: 1\n"),
            ("s:\n  a: []\n  b:\n    - 1\n", "s:\n  a:\n    - x\n    - y\n  b:\n    - 1\n"),
            ("s:\n  a: |  # why\n    x\n  b: 1\n", "s:\n  a:  # why\n  - x\n  - y\n  b: 1\n"),
            ("s:\n  a:\n    x\n  b: 1\n", "s:\n  a:\n    - x\n    - y\n  b: 1\n"),
            ("s:\n  a:\n  - z  # one\n  b: 1\n", "s:\n  a:\n  - x\n  - y  # one\n  b: 1\n"),
            ("s:\n  a:\n    k: z\n  b: 1\n", "s:\n  a:\n    - x\n    - y\n  b: 1\n"),
            ("s:\n  a: x", "s:\n  a:\n  - x\n  - y"),
            ("s: {a: x, b: 1}\n", "s: {a: [x, y], b: 1}\n"),
            ("s: {a: , b: 1}\n", "s: {a: [x, y], b: 1}\n"),
            ("s: {a, b: 1}\n", "s: {a: [x, y], b: 1}\n"),
        ],
    )
    def test_list_in_any_layout(self, before: str, after: str) -> None:
        check(before, "s", replace_value, ("a", ["x", "y"]), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("s:\n    a: x\n    b: 1\n", "s:\n    a:\n        k: v\n        l:\n    b: 1\n"),
            ("s:\n  a:\n  - x\n  - y\n  b: 1\n", "s:\n  a:\n    k: v\n    l:\n  b: 1\n"),
            ("s:\n  a:\n    # one\n    x: 1\n  b: 1\n", "s:\n  a:\n    # one\n    k: v\n    l:\n  b: 1\n"),
        ],
    )
    def test_mapping_in_any_layout(self, before: str, after: str) -> None:
        check(before, "s", replace_value, ("a", {"k": "v", "l": None}), after)

    def test_text_over_lines_stands_below_its_key(self) -> None:
        value = {"cmd": Folded.of(["python train.py", "--lr 1"]), "desc": "one\n\ntwo\n"}
        after = """
            a:
              cmd: >-
                python train.py
                --lr 1
              desc: |
                one

                two
            b: 1
        """
        check("a: x\nb: 1\n", "", replace_value, ("a", value), after)


class TestReplaceItem:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("- a\n- b  # why\n- c\n", "- a\n- new  # why\n- c\n"),
            ("- a\n- 'b'\n- c\n", "- a\n- 'new'\n- c\n"),
            ("- a\n-\n- c\n", "- a\n- new\n- c\n"),
            ("- a\n- b: 1\n  c: 2\n- c\n", "- a\n- new\n- c\n"),
            ("- a\n- - b\n  - c\n- c\n", "- a\n- new\n- c\n"),
            ("- a\n-\n  b: 1\n- c\n", "- a\n- new\n- c\n"),
            ("- a\n- |\n  b\n\n- c\n", "- a\n- new\n\n- c\n"),
            ("[a, b, c]\n", "[a, new, c]\n"),
            ("[a,'b',c]\n", "[a,'new',c]\n"),
            ("[a, {b: 1}, c]\n", "[a, new, c]\n"),
            ("[a, b: 1, c]\n", "[a, new, c]\n"),
            ("- a\n- b", "- a\n- new"),
        ],
    )
    def test_scalar_in_any_layout(self, before: str, after: str) -> None:
        check(before, "", replace_item, (1, "new"), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a:\n- x  # why\n- y\n", "a:\n- k: v  # why\n  l: w\n- y\n"),
            ("a:\n-   x\n- y\n", "a:\n-   k: v\n    l: w\n- y\n"),
            ("a:\n-\n- y\n", "a:\n- k: v\n  l: w\n- y\n"),
            ("a:\n- [x]\n- y\n", "a:\n- k: v\n  l: w\n- y\n"),
            ("a:\n- x: 1\n- y\n", "a:\n- k: v\n  l: w\n- y\n"),
            ("a: [x, y]\n", "a: [{k: v, l: w}, y]\n"),
        ],
    )
    def test_mapping_in_any_layout(self, before: str, after: str) -> None:
        check(before, "a", replace_item, (0, {"k": "v", "l": "w"}), after)


class TestRenameKey:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("old: 1  # why\n", "new key: 1  # why\n"),
            ("'old': 1\n", "'new key': 1\n"),
            ('"old" : 1\n', '"new key" : 1\n'),
            ("old:\n  # why\n  x: 1\n", "new key:\n  # why\n  x: 1\n"),
            ("{old: 1, b}\n", "{new key: 1, b}\n"),
            ("{old, b}\n", "{new key, b}\n"),
            ('{"old":1}\n', '{"new key":1}\n'),
        ],
    )
    def test_in_any_layout(self, before: str, after: str) -> None:
        check(before, "", rename_key, ("old", "new key"), after)

    def test_is_quoted_if_it_has_to_be(self) -> None:
        check("old: 1\n", "", rename_key, ("old", "yes"), "'yes': 1\n")
        check("{old: 1}\n", "", rename_key, ("old", "${x}"), "{'${x}': 1}\n")


class TestReplaceWithin:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a: python x.py --lr 0.1  # why\n", "a: python x.py --lr ${lr}  # why\n"),
            ("a: 'python x.py --lr 0.1'\n", "a: 'python x.py --lr ${lr}'\n"),
            ('a: "python x.py --lr 0.1"\n', 'a: "python x.py --lr ${lr}"\n'),
            ("a: &x python x.py --lr 0.1\n", "a: &x python x.py --lr ${lr}\n"),
            ("a: |\n  python x.py --lr 0.1\n", "a: |\n  python x.py --lr ${lr}\n"),
            ("a: |+\n  python x.py --lr 0.1\n\nb: 1\n", "a: |+\n  python x.py --lr ${lr}\n\nb: 1\n"),
            ("a: |2-\n  python x.py --lr 0.1\n", "a: |2-\n  python x.py --lr ${lr}\n"),
            ("a: >-\n  python x.py\n  --lr 0.1\nb: 1\n", "a: >-\n  python x.py\n  --lr ${lr}\nb: 1\n"),
            ("a: python x.py\n  --lr 0.1\n", "a: python x.py\n  --lr ${lr}\n"),
            ("a: 'python x.py\n\n  --lr 0.1'\n", "a: 'python x.py\n\n  --lr ${lr}'\n"),
            ('a: "say \\"x\\" \\u00e9 --lr 0.1"\n', 'a: "say \\"x\\" \\u00e9 --lr ${lr}"\n'),
            ("a: 'it''s --lr 0.1'\n", "a: 'it''s --lr ${lr}'\n"),
            ("{a: 'python x.py --lr 0.1'}\n", "{a: 'python x.py --lr ${lr}'}\n"),
        ],
    )
    def test_in_any_style(self, before: str, after: str) -> None:
        def replace(scalar: Scalar) -> list[Edit]:
            start = scalar.text.index("0.1")
            return replace_within(scalar, start, start + 3, "${lr}")

        check(before, "a", replace, (), after)

    @pytest.mark.parametrize(
        ("source", "start", "end", "text", "after"),
        [
            ("'a b'", 1, 2, "it's", "'ait''sb'"),
            ("'it''s'", 2, 3, "", "'its'"),
            ('"\\u00e9t\\u00e9"', 2, 3, "e", '"\\u00e9te"'),
            ('"a\\tb"', 1, 2, " ", '"a b"'),
            ("abc", 3, 3, "d", "abcd"),
            ("abc", 0, 0, "d", "dabc"),
            ("a  b", 1, 3, " ", "a b"),
            ("one\n  two", 3, 4, "-", "one-two"),
            ("''", 0, 0, "x", "'x'"),
        ],
    )
    def test_characters_that_are_written_as_several(
        self, source: str, start: int, end: int, text: str, after: str
    ) -> None:
        check(f"a: {source}\n", "a", replace_within, (start, end, text), f"a: {after}\n")

    @pytest.mark.parametrize(
        ("source", "start", "end", "text"),
        [
            ("abc", 1, 2, ": "),
            ("abc", 1, 2, " #"),
            ("abc", 0, 1, "- "),
            ("abc", 0, 3, "12"),
            ("abc", 0, 3, ""),
            ("abc", 2, 3, " "),
            ("a12", 0, 1, ""),
            ("[ab]", 0, 1, "${x}"),
            ('"abc"', 1, 2, '"'),
            ('"abc"', 1, 2, "\\"),
            ("'abc'", 1, 2, "\n"),
            ("|\n  abc\n", 0, 3, ""),
            ("|\n  abc\n", 3, 4, "x"),
            ("|\n  abc\n", 0, 1, " "),
            ("! 'abc'", 0, 1, "x"),
            ('"a\\\n  bc"', 0, 1, "x"),
        ],
    )
    def test_what_would_be_read_otherwise_is_refused(self, source: str, start: int, end: int, text: str) -> None:
        path = "a.0" if source.startswith("[") else "a"
        with pytest.raises(CannotEditError):
            edited(f"a: {source}\n", path, replace_within, start, end, text)

    @settings(max_examples=settings().max_examples * 2)
    @given(text=texts())
    def test_characters_are_found_where_they_stand(self, text: str) -> None:
        document = parse(text, "x")
        if document.root is None:
            return
        for node in walk(document.root):
            offsets = source_offsets(node) if isinstance(node, Scalar) else None
            if offsets is None:
                continue
            assert isinstance(node, Scalar)
            assert len(offsets) == len(node.text)
            assert offsets == sorted(offsets)
            assert all(node.start <= offset <= max(node.end, len(text) - 1) for offset in offsets)
            for char, offset in zip(node.text, offsets, strict=True):
                found = text[offset]
                folded = char in " \n" and found in " \t\r\n"
                assert found == char or folded or (node.style == '"' and found == "\\") or offset >= node.end

    def test_nearly_all_characters_are_found(self) -> None:
        found = total = 0
        for seed in range(300):
            document = parse(random_text(random.Random(seed)), "x")
            for node in walk(document.root) if document.root is not None else ():
                if isinstance(node, Scalar) and node.text and node.tag is None:
                    total += 1
                    found += source_offsets(node) is not None
        assert found > 0.95 * total


class TestInsertItem:
    @pytest.mark.parametrize(
        ("before", "index", "after"),
        [
            ("a:\n- x\n- y\n", 0, "a:\n- new\n- x\n- y\n"),
            ("a:\n- x\n- y\n", 1, "a:\n- x\n- new\n- y\n"),
            ("a:\n- x\n- y\n", 2, "a:\n- x\n- y\n- new\n"),
            ("a:\n  - x\nb: 1\n", 1, "a:\n  - x\n  - new\nb: 1\n"),
            ("a:\n- x  # one\n# below\nb: 1\n", 1, "a:\n- x  # one\n- new\n# below\nb: 1\n"),
            ("a:\n- x\n# about y\n- y\n", 1, "a:\n- x\n- new\n# about y\n- y\n"),
            ("a:\n# about x\n- x\n", 0, "a:\n- new\n# about x\n- x\n"),
            ("a:\n\n# apart\n\n# about x\n- x\n", 0, "a:\n\n# apart\n\n- new\n# about x\n- x\n"),
            ("# the file\n- x\n", 0, "# the file\n- new\n- x\n"),
            ("a:\n- x:\n    y: 1\n    # about x\n- z\n", 1, "a:\n- x:\n    y: 1\n    # about x\n- new\n- z\n"),
            ("a:\n- x\n\nb: 1\n", 1, "a:\n- x\n- new\n\nb: 1\n"),
            ("a:\n- x\n\n- y\n\nb: 1\n", 2, "a:\n- x\n\n- y\n\n- new\n\nb: 1\n"),
            ("a:\n- x\n\n- y\n", 0, "a:\n- new\n\n- x\n\n- y\n"),
            ("a:\n- x\n\n- y\n", 1, "a:\n- x\n\n- new\n\n- y\n"),
            ("a:\n- 'x'\n- 'y'\n", 2, "a:\n- 'x'\n- 'y'\n- 'new'\n"),
            ("a:\n- 'x'\n- y\n", 2, "a:\n- 'x'\n- y\n- new\n"),
            ("a:\n- |\n  x\n\n- y\n", 1, "a:\n- |\n  x\n\n- new\n\n- y\n"),
            ("a:\n- |+\n  x\n\n- y\nb: 1\n", 2, "a:\n- |+\n  x\n\n- y\n\n- new\nb: 1\n"),
            ("a:\n- |+\n  x\n\nb: 1\n", 1, "a:\n- |+\n  x\n\n- new\nb: 1\n"),
            ("a:\n- - x\n  - y\n- z\n", 1, "a:\n- - x\n  - y\n- new\n- z\n"),
            ("a:\n- x\n- y", 2, "a:\n- x\n- y\n- new"),
            ("a: &l\n- x\n", 0, "a: &l\n- new\n- x\n"),
            ("a: []\n", 0, "a: [new]\n"),
            ("a: [ ]\n", 0, "a: [new ]\n"),
            ("a: [x, y]  # one\n", 0, "a: [new, x, y]  # one\n"),
            ("a: [x, y]\n", 1, "a: [x, new, y]\n"),
            ("a: [x, y]\n", 2, "a: [x, y, new]\n"),
            ("a: ['x', 'y']\n", 2, "a: ['x', 'y', 'new']\n"),
            ("a: [x, b: ]\n", 2, "a: [x, b: , new]\n"),
            ("a: [\n  x,\n  y\n]\n", 0, "a: [\n  new,\n  x,\n  y\n]\n"),
            ("a: [\n  x,\n  y\n]\n", 1, "a: [\n  x,\n  new,\n  y\n]\n"),
            ("a: [\n  x,\n  y\n]\n", 2, "a: [\n  x,\n  y,\n  new\n]\n"),
            ("a: [\n  x,\n  y,\n]\n", 2, "a: [\n  x,\n  y,\n  new,\n]\n"),
            ("a: [\n  x,  # one\n  y  # two\n]\n", 1, "a: [\n  x,  # one\n  new,\n  y  # two\n]\n"),
            ("a: [\n  x,  # one\n  y  # two\n]\n", 2, "a: [\n  x,  # one\n  y,  # two\n  new\n]\n"),
        ],
    )
    def test_in_any_layout(self, before: str, index: int, after: str) -> None:
        check(before, "a" if before.startswith("a") else "", insert_item, (index, "new"), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a:\n- - x\n- y\n", "a:\n- - x\n  - new\n- y\n"),
            ("a:\n- [x]\n- y\n", "a:\n- [x, new]\n- y\n"),
            ("a:\n-   - x\n    - y\n", "a:\n-   - x\n    - new\n    - y\n"),
        ],
    )
    def test_into_a_list_in_a_list(self, before: str, after: str) -> None:
        check(before, "a.0", insert_item, (1, "new"), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a:\n- x\n", "a:\n- x\n- out.csv:\n    cache: false\n    desc: 'y: z'\n"),
            ("a:\n    b:\n        - x\n", "a:\n    b:\n        - x\n        - out.csv:\n              cache: false\n"),
            ("a: [x]\n", "a: [x, {out.csv: {cache: false, desc: 'y: z'}}]\n"),
        ],
    )
    def test_mapping(self, before: str, after: str) -> None:
        flags = {"cache": False, "desc": "y: z"} if "desc" in after else {"cache": False}
        check(before, "a.b" if "b:" in before else "a", insert_item, (1, {"out.csv": flags}), after)


class TestRemoveItem:
    @pytest.mark.parametrize(
        ("before", "index", "after"),
        [
            ("a:\n- x\n- y\n- z\n", 0, "a:\n- y\n- z\n"),
            ("a:\n- x\n- y\n- z\n", 1, "a:\n- x\n- z\n"),
            ("a:\n- x\n- y\n- z\n", 2, "a:\n- x\n- y\n"),
            ("a:\n- x\n- y\nb: 1\n", 1, "a:\n- x\nb: 1\n"),
            ("a:\n- x  # one\n- y  # two\n- z\n", 1, "a:\n- x  # one\n- z\n"),
            ("a:\n# one\n- x\n# two\n- y\n# three\n", 1, "a:\n# one\n- x\n# two\n# three\n"),
            ("a:\n- x\n\n- y\n\n- z\n", 1, "a:\n- x\n\n- z\n"),
            ("a:\n- x\n\n- y\n\nb: 1\n", 0, "a:\n- y\n\nb: 1\n"),
            ("a:\n- x\n\n- y\n", 1, "a:\n- x\n"),
            ("a:\n- x\n- k: v\n  l:\n  - w\n- z\n", 1, "a:\n- x\n- z\n"),
            ("a:\n- x\n- - y\n  - z\n- w\n", 1, "a:\n- x\n- w\n"),
            ("a:\n- x\n- |\n  y\n\n  z\n- w\n", 1, "a:\n- x\n- w\n"),
            ("a:\n- |+\n  x\n\n- y\n- z\n", 1, "a:\n- |+\n  x\n\n- z\n"),
            ("a:\n- >-\n  x\n- y\n", 1, "a:\n- >-\n  x\n"),
            ("a:\n- x\n-\n- z\n", 1, "a:\n- x\n- z\n"),
            ("a:\n- x\n-  # why\n  y\n- z\n", 1, "a:\n- x\n- z\n"),
            ("a:\n- x\n- y", 1, "a:\n- x"),
            ("a:\n- |\n  x\n- y", 1, "a:\n- |\n  x\n"),
            ("a: [x, y, z]\n", 0, "a: [y, z]\n"),
            ("a: [x, y, z]\n", 1, "a: [x, z]\n"),
            ("a: [x, y, z]\n", 2, "a: [x, y]\n"),
            ("a: [x, y,]\n", 1, "a: [x,]\n"),
            ("a: [b: , y]\n", 1, "a: [b: ]\n"),
            ("a: [\n  x,  # one\n  y,\n  z  # three\n]\n", 0, "a: [\n  y,\n  z  # three\n]\n"),
            ("a: [\n  x,  # one\n  y,\n  z  # three\n]\n", 1, "a: [\n  x,  # one\n  z  # three\n]\n"),
            ("a: [\n  x,  # one\n  y,\n  z  # three\n]\n", 2, "a: [\n  x,  # one\n  y\n]\n"),
            ("a: [x,\n    y,\n    z]\n", 1, "a: [x,\n    z]\n"),
        ],
    )
    def test_in_any_layout(self, before: str, index: int, after: str) -> None:
        check(before, "a", remove_item, (index,), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a:\n- x\nb: 1\n", "a: []\nb: 1\n"),
            ("a:\n  - x  # why\nb: 1\n", "a: []  # why\nb: 1\n"),
            ("a:  # why\n- x\nb: 1\n", "a: []  # why\nb: 1\n"),
            ("a:\n# why\n- x\nb: 1\n", "a: []\n# why\nb: 1\n"),
            ("a:\n\n- k:\n    v\nb: 1\n", "a: []\nb: 1\n"),
            ("a: &x\n- y\n", "a: &x []\n"),
            ("a:\n- x", "a: []"),
            ("a: [x]\n", "a: []\n"),
            ("a: [ x, ]\n", "a: []\n"),
            ("a: [\n  x,\n]\n", "a: []\n"),
        ],
    )
    def test_only_item_leaves_an_empty_list(self, before: str, after: str) -> None:
        check(before, "a", remove_item, (0,), after)

    def test_only_item_of_a_list_in_a_list(self) -> None:
        check("- - x\n- y\n", "0", remove_item, (0,), "- []\n- y\n")
        check("- - x\n  - y\n- z\n", "0", remove_item, (0,), "- - y\n- z\n")

    def test_only_item_of_the_file(self) -> None:
        check("# why\n- x\n", "", remove_item, (0,), "# why\n[]\n")


class TestInsertEntry:
    @pytest.mark.parametrize(
        ("before", "index", "after"),
        [
            ("s:\n  a: 1\n  b: 2\n", 0, "s:\n  new: v\n  a: 1\n  b: 2\n"),
            ("s:\n  a: 1\n  b: 2\n", 1, "s:\n  a: 1\n  new: v\n  b: 2\n"),
            ("s:\n  a: 1\n  b: 2\n", 2, "s:\n  a: 1\n  b: 2\n  new: v\n"),
            ("s:\n  a: 1  # one\n  # about b\n  b: 2\n", 1, "s:\n  a: 1  # one\n  new: v\n  # about b\n  b: 2\n"),
            ("s:\n  a:\n  - x\n  # about b\n  b: 2\n", 1, "s:\n  a:\n  - x\n  new: v\n  # about b\n  b: 2\n"),
            ("s:\n  a:\n  - x\n    # deeper\n  b: 2\n", 1, "s:\n  a:\n  - x\n    # deeper\n  new: v\n  b: 2\n"),
            ("s:\n  # about a\n  a: 1\n", 0, "s:\n  new: v\n  # about a\n  a: 1\n"),
            ("s:\n  a:\n  b:\n", 1, "s:\n  a:\n  new: v\n  b:\n"),
            ("s:\n  a:\n    x: 1\n\n  b:\n    y: 2\n", 2, "s:\n  a:\n    x: 1\n\n  b:\n    y: 2\n\n  new: v\n"),
            ("s:\n  a:\n    x: 1\n\n  b:\n    y: 2\n", 0, "s:\n  new: v\n\n  a:\n    x: 1\n\n  b:\n    y: 2\n"),
            ("s:\n  a: |\n    x\n\n  b: 1\n", 1, "s:\n  a: |\n    x\n\n  new: v\n\n  b: 1\n"),
            ("s:\n  a: |+\n    x\n\nt: 1\n", 1, "s:\n  a: |+\n    x\n\n  new: v\nt: 1\n"),
            ("s:\n  a: >-\n    x\n    y\nt: 1\n", 1, "s:\n  a: >-\n    x\n    y\n  new: v\nt: 1\n"),
            ("s:\n- a: 1\n  b: 2\n", 0, "s:\n- new: v\n  a: 1\n  b: 2\n"),
            ("s:\n- a: 1\n- c\n", 1, "s:\n- a: 1\n  new: v\n- c\n"),
            ("s:\n  a: 1", 1, "s:\n  a: 1\n  new: v"),
            ("s: {}\n", 0, "s: {new: v}\n"),
            ("s: {a: 1}\n", 0, "s: {new: v, a: 1}\n"),
            ("s: {a: 1}\n", 1, "s: {a: 1, new: v}\n"),
            ("s: {a: }\n", 1, "s: {a: , new: v}\n"),
            ("s: {a}\n", 1, "s: {a, new: v}\n"),
            ("s: {\n  a: 1,  # one\n  b: 2\n}\n", 2, "s: {\n  a: 1,  # one\n  b: 2,\n  new: v\n}\n"),
        ],
    )
    def test_in_any_layout(self, before: str, index: int, after: str) -> None:
        path = "s.0" if before.startswith("s:\n-") else "s"
        check(before, path, insert_entry, (index, "new", "v"), after)

    def test_list_is_laid_out_as_the_others(self) -> None:
        check("a:\n  b:\n  - x\n", "a", insert_entry, (1, "c", ["y"]), "a:\n  b:\n  - x\n  c:\n  - y\n")
        check("a:\n  b:\n    - x\n", "a", insert_entry, (1, "c", ["y"]), "a:\n  b:\n    - x\n  c:\n    - y\n")
        check("a:\n    b: {}\n", "a", insert_entry, (1, "c", {"d": 1}), "a:\n    b: {}\n    c:\n        d: 1\n")

    def test_key_is_quoted_if_it_has_to_be(self) -> None:
        check("a: 1\n", "", insert_entry, (1, "yes", None), "a: 1\n'yes':\n")
        check("{a: 1}\n", "", insert_entry, (1, "${x}", None), "{a: 1, '${x}': null}\n")

    def test_comments_at_the_top_belong_to_the_file(self) -> None:
        check("# the file\na: 1\n", "", insert_entry, (0, "b", 2), "# the file\nb: 2\na: 1\n")


class TestRemoveEntry:
    @pytest.mark.parametrize(
        ("before", "key", "after"),
        [
            ("s:\n  a: 1\n  b: 2\n  c: 3\n", "a", "s:\n  b: 2\n  c: 3\n"),
            ("s:\n  a: 1\n  b: 2\n  c: 3\n", "b", "s:\n  a: 1\n  c: 3\n"),
            ("s:\n  a: 1\n  b: 2\n  c: 3\n", "c", "s:\n  a: 1\n  b: 2\n"),
            ("s:\n  a: 1  # one\n  b: 2  # two\n  c: 3\n", "b", "s:\n  a: 1  # one\n  c: 3\n"),
            ("s:\n  a: 1\n  # about b\n  b: 2\n  c: 3\n", "b", "s:\n  a: 1\n  # about b\n  c: 3\n"),
            ("s:\n  a: 1\n  b:\n  - x\n  - y  # two\n  c: 3\n", "b", "s:\n  a: 1\n  c: 3\n"),
            ("s:\n  a: 1\n  b:  # why\n    x: 1\n  c: 3\n", "b", "s:\n  a: 1\n  c: 3\n"),
            ("s:\n  a:\n    x: 1\n\n  b:\n    x: 1\n\n  c:\n    x: 1\n", "b", "s:\n  a:\n    x: 1\n\n  c:\n    x: 1\n"),
            ("s:\n  a: 1\n\n  b: 2\n\nt: 3\n", "b", "s:\n  a: 1\n\nt: 3\n"),
            ("s:\n  a: 1\n\n  b: 2\n", "a", "s:\n  b: 2\n"),
            ("s:\n  a: 1\n\n  b: 2\n", "b", "s:\n  a: 1\n"),
            ("s:\n  a: >-\n    x\n    y\n  b: 2\n", "a", "s:\n  b: 2\n"),
            ("s:\n  a: |\n    x\n\n  b: 2\n", "b", "s:\n  a: |\n    x\n"),
            ("s:\n  a: |+\n    x\n\n  b: 2\n", "b", "s:\n  a: |+\n    x\n\n"),
            ("s:\n- a: 1  # one\n  b: 2\n", "a", "s:\n- b: 2\n"),
            ("s:\n- a: 1  # one\n  b: 2\n", "b", "s:\n- a: 1  # one\n"),
            ("s:\n  a: 1\n  b: 2", "b", "s:\n  a: 1"),
            ("s: {a: 1, b: 2}\n", "a", "s: {b: 2}\n"),
            ("s: {a: 1, b: 2}\n", "b", "s: {a: 1}\n"),
            ("s: {a: , b: 2}\n", "b", "s: {a: }\n"),
            ("s: {a, b: 2}\n", "a", "s: {b: 2}\n"),
            ("s: {\n  a: 1,  # one\n  b: 2\n}\n", "b", "s: {\n  a: 1  # one\n}\n"),
        ],
    )
    def test_in_any_layout(self, before: str, key: str, after: str) -> None:
        path = "s.0" if before.startswith("s:\n-") else "s"
        check(before, path, remove_entry, (key,), after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("s:\n  a: 1\nt: 2\n", "s: {}\nt: 2\n"),
            ("s:\n  a: 1  # why\nt: 2\n", "s: {}  # why\nt: 2\n"),
            ("s:\n  # why\n  a: 1\nt: 2\n", "s: {}\n  # why\nt: 2\n"),
            ("s:\n  a: |\n    x\n\nt: 2\n", "s: {}\n\nt: 2\n"),
            ("s: {a: 1}\n", "s: {}\n"),
        ],
    )
    def test_only_entry_leaves_an_empty_mapping(self, before: str, after: str) -> None:
        check(before, "s", remove_entry, ("a",), after)

    def test_only_entry_of_an_item(self) -> None:
        check("- a: 1\n- b\n", "0", remove_entry, ("a",), "- {}\n- b\n")
        check("[a: 1, b]\n", "0", remove_entry, ("a",), "[{}, b]\n")

    def test_only_entry_of_the_file(self) -> None:
        check("a: 1\n", "", remove_entry, ("a",), "{}\n")


class TestReorderEntries:
    def test_entries_take_their_comments_along(self) -> None:
        before = """
            # the file
            stages:
              # gets it
              # from there
              fetch:
                cmd: wget x  # slow
                # about fetch

              train: {cmd: python train.py}  # one line

              # apart

              report:
                cmd: |
                  a
                  b
            # the end
        """
        after = """
            # the file
            stages:
              report:
                cmd: |
                  a
                  b

              # gets it
              # from there
              fetch:
                cmd: wget x  # slow
                # about fetch

              # apart

              train: {cmd: python train.py}  # one line
            # the end
        """
        check(before, "stages", reorder_entries, ([2, 0, 1],), after)

    @pytest.mark.parametrize(
        ("before", "path", "after"),
        [
            ("a: 1\nb: 2\n", "", "b: 2\na: 1\n"),
            ("a: 1\nb: 2", "", "b: 2\na: 1"),
            ("# the file\na: 1\n# about b\nb: 2\n", "", "# the file\n# about b\nb: 2\na: 1\n"),
            ("a:\n- 1\n- 2\nb:\n  c: 3\n", "", "b:\n  c: 3\na:\n- 1\n- 2\n"),
            ("l:\n- a: 1  # one\n  b: 2\n", "l.0", "l:\n- b: 2\n  a: 1  # one\n"),
            ("a: >-\n  x\n\n\nb: 2\n", "", "b: 2\n\n\na: >-\n  x\n"),
        ],
    )
    def test_in_any_layout(self, before: str, path: str, after: str) -> None:
        check(before, path, reorder_entries, ([1, 0],), after)

    def test_nothing_to_do_is_no_edit(self) -> None:
        root = parse("a: 1\nb: 2\n", "x").root
        assert reorder_entries(root, [0, 1]) == []  # type: ignore[arg-type]


class TestAddFlags:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("a:\n- x\n- y\n", "a:\n- x:\n    cache: false\n- y\n"),
            ("a:\n- x  # why\n- y\n", "a:\n- x:  # why\n    cache: false\n- y\n"),
            ("a:\n  - 'x y'\n", "a:\n  - 'x y':\n      cache: false\n"),
            ("a:\n-   x\n", "a:\n-   x:\n      cache: false\n"),
            ("a:\n- x", "a:\n- x:\n    cache: false"),
            ("a: [x, y]\n", "a: [{x: {cache: false}}, y]\n"),
            ("a: ['x', y]\n", "a: [{'x': {cache: false}}, y]\n"),
        ],
    )
    def test_in_any_layout(self, before: str, after: str) -> None:
        check(before, "a", add_flags, (0, {"cache": False}), after)

    def test_several(self) -> None:
        flags = {"cache": False, "desc": "a: b"}
        after = "a:\n    b:\n        - x:\n              cache: false\n              desc: 'a: b'\n"
        check("a:\n    b:\n        - x\n", "a.b", add_flags, (0, flags), after.replace(" " * 14, " " * 14))


class TestRefusals:
    """Where the outcome would be a guess, nothing is done."""

    @pytest.mark.parametrize(
        ("text", "path", "operation", "arguments", "reason"),
        [
            ("? a\n: 1\n", "", remove_entry, ("a",), "explicit '?'"),
            ("? a\n: 1\n", "", rename_key, ("a", "b"), "explicit '?'"),
            ("? a\n: 1\n", "", insert_entry, (0, "b", 1), "explicit '?'"),
            ("x: &x {a: 1}\ns:\n  <<: *x\n  b: 1\n", "s", remove_entry, ("a",), "'a' comes from a merge key"),
            ("x: &x {a: 1}\ns:\n  <<: *x\n  b: 1\n", "s", replace_value, ("a", 2), "'a' comes from a merge key"),
            ("a: 1\n", "", remove_entry, ("b",), "'b' comes from a merge key"),
            ("a: &x 1\nb: *x\n", "", remove_entry, ("a",), "an alias repeats it elsewhere"),
            ("a: &x 1\nb: *x\n", "", replace_value, ("a", 2), "an alias repeats it elsewhere"),
            ("a:\n- &x b\n- *x\n", "a", remove_item, (0,), "an alias repeats it elsewhere"),
            ("a:\n- c: [&x b]\n- *x\n", "a", replace_item, (0, "d"), "an alias repeats it elsewhere"),
            ("a: &x b\nc: *x\n", "a", replace_within, (0, 1, "d"), "an alias repeats it elsewhere"),
            ("a: &x 1\nb: *x\n", "", reorder_entries, ([1, 0],), "an alias would come before its anchor"),
            ("&x a: 1\n", "", rename_key, ("a", "b"), "an anchor or a tag"),
            ("a: &x\n  b: 1\n", "", replace_value, ("a", ["b"]), "an anchor or a tag"),
            ("a: !!seq\n- b\n", "", replace_value, ("a", "c"), "a tag"),
            ("{a: 1, b: 2}\n", "", reorder_entries, ([1, 0],), "on one line"),
            ("a: |+\n  x\n\nb: 1\n", "", reorder_entries, ([1, 0],), "trailing blank lines count"),
            ("a: 1\nb: |\n  x", "", reorder_entries, ([1, 0],), "whose line break counts"),
            ("l:\n- a: 1\n  # about b\n  b: 2\n", "l.0", reorder_entries, ([1, 0],), "behind a dash"),
            ("a: |+\n  x\n\nb: 1\n\nc: 2\n", "", remove_entry, ("b",), "would become part of a text"),
            ("a: |\n  x\nb: 1\n    # deep\nc: 2\n", "", remove_entry, ("b",), "would become part of a text"),
            ("a: |\n  x", "", insert_entry, (1, "b", 1), "ends with the file"),
            ("a: 1", "", insert_entry, (1, "b", "x\ny\n"), "the text would need one"),
            ("a: 1\n      # deep\nb: 2\n", "", replace_value, ("a", {"k": "x\ny"}), "would become part of a text"),
            ("a:\n- - x  # one\n- y\n", "a", replace_item, (0, [Folded.of(["b", "c"])]), "part of a text"),
            ("[a: 1]\n", "0", insert_entry, (1, "b", 2), "a single pair inside of a list has no braces"),
            ("a: [\n  # why\n  b\n]\n", "a", remove_item, (0,), "comments stand around the only item"),
            ("a: [b, # why\n  c]\n", "a", remove_item, (0,), "a comment stands between the items"),
            ("- a: 1\n  # about b\n  b: 2\n", "0", remove_entry, ("a",), "shares its first line"),
            ("a:\n- |\n  x\n", "a", add_flags, (0, {"cache": False}), "the item spans lines"),
            ("a:\n- x: 1\n", "a", add_flags, (0, {"cache": False}), "the item is no path alone"),
            ("a: &x b\nc:\n- *x\n", "c", add_flags, (0, {"cache": False}), "the item is no path alone"),
        ],
    )
    def test_reason_is_given(
        self, text: str, path: str, operation: Callable[..., list[Edit]], arguments: tuple[Any, ...], reason: str
    ) -> None:
        assert not parse(text, "x").is_broken
        with pytest.raises(CannotEditError, match=r".*") as caught:
            edited(text, path, operation, *arguments)
        assert reason in str(caught.value)

    def test_alias_itself_can_go(self) -> None:
        check("a: &x 1\nb: *x\n", "", remove_entry, ("b",), "a: &x 1\n")
        check("a: &x 1\nb: *x  # why\n", "", replace_value, ("b", [2]), "a: &x 1\nb:  # why\n- 2\n")
        check("a: [&x 1, *x]\n", "a", remove_item, (1,), "a: [&x 1]\n")

    def test_what_holds_anchor_and_aliases_can_go(self) -> None:
        check("a:\n- &x 1\n- *x\nb: 1\n", "", remove_entry, ("a",), "b: 1\n")
