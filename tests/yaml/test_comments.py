"""Comments are found where a parser sees them, and can be put wherever `can_end_line` says so."""

from __future__ import annotations

import pytest
from hypothesis import given, reject
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipelinekit.yaml.comments import YamlComments
from pipelinekit.yaml.reader import parse
from tests.corpus import corpus_files
from tests.yaml.documents import COMMENT, texts


def comments_of(text: str) -> YamlComments:
    return YamlComments(parse(text, "dvc.yaml"))


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in comments_of(text).spans]


TEXT = """\
# top
stages:  # all of them
  train:
    # above cmd
    cmd: |  # header
      # of the shell
      python train.py
      # of the shell, too
    # below cmd
    deps:
    - "a # b"  # quoted
    - 'c # d'
    - e#f
    - http://x/#y  # plain
    - [g, # in flow
       h]
    outs: &o
      # under an anchor
      - "two
        lines # of text"
      - plain
        lines  # behind them
    metrics: *o  # alias
"""


def test_comments_are_what_no_scalar_holds() -> None:
    assert found(TEXT) == [
        *("# top", "# all of them", "# above cmd", "# header", "# below cmd", "# quoted", "# plain", "# in flow"),
        *("# under an anchor", "# behind them", "# alias"),
    ]


def part(text: str, comment: str) -> str | None:
    """The text that a comment is about."""
    comments = comments_of(text)
    span = next(span for span in comments.spans if text[span.start : span.end] == comment)
    about = comments.below(span) if comments.stands_alone(span) else comments.beside(span)
    return text[about.start : about.end] if about is not None else None


def test_a_comment_behind_something_is_about_its_line() -> None:
    assert part(TEXT, "# all of them") == "stages:  # all of them"
    assert part(TEXT, "# plain") == "    - http://x/#y  # plain"


def test_a_comment_behind_the_head_of_a_block_is_about_the_block() -> None:
    about = part(TEXT, "# header")
    assert about is not None
    assert about.startswith("    cmd: |  # header")
    assert about.endswith("# of the shell, too")


def test_a_comment_alone_is_about_the_whole_of_what_is_below() -> None:
    about = part(TEXT, "# above cmd")
    assert about is not None
    assert about.startswith("cmd: |")
    assert about.endswith("# of the shell, too")
    about = part(TEXT, "# below cmd")
    assert about is not None
    assert about.startswith("deps:")
    assert about.endswith("h]")
    assert part(TEXT, "# under an anchor") == '- "two\n        lines # of text"'
    assert part(TEXT, "# top") == TEXT[TEXT.index("stages:") : TEXT.index("  # alias")]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("a: 1\n# c\n", None),
        ("# c\n\n# another\n\na:\n  b: 1\nc: 2\n", "a:\n  b: 1"),
        ("# c\n---\na: 1\n", "a: 1"),
        ("a:\n# c\n- - b\n  - c\n- d\n", "- - b\n  - c"),
        ("a:\n- - b\n  # c\n  - e\n", "- e"),
        ("a: [\n  # c\n  b, d]\n", "b"),
        ("a: &x {b: 1}\nd:\n  # c\n  e: *x\n  f: 1\n", "e: *x"),
        ("a:\n  # c\n  ? b\n  : d\n", "? b"),
        ("a:\n  # c\n  b:\n  d: 1\n", "b:"),
        ("a:\n  # c\n  - # d\n    b\n  - e\n", "- # d\n    b"),
        ("a:\r\n  # c\r\n  b:\r\n    d: 1\r\n  e: 2\r\n", "b:\r\n    d: 1"),
    ],
)
def test_what_is_below(text: str, about: str | None) -> None:
    assert part(text, "# c") == about


@given(texts())
def test_every_comment_of_any_document_is_found(text: str) -> None:
    document = parse(text, "dvc.yaml")
    if document.root is None:
        return
    seen = [COMMENT.findall(text[start:end]) for start, end in YamlComments(document).spans]
    # a line that is indented deep enough behind a block scalar belongs to its text
    try:
        texts_of_scalars = [str(getattr(event, "value", "")) for event in YAML(pure=True).parse(text.lstrip("\ufeff"))]
    except YAMLError:  # the parsers don't agree on all documents
        reject()
    swallowed = {mark for one in texts_of_scalars for mark in COMMENT.findall(one)}
    assert [mark for marks in seen for mark in marks] == [one for one in COMMENT.findall(text) if one not in swallowed]


def check_every_line_that_may_end_in_a_comment(text: str) -> None:
    document = parse(text, "dvc.yaml")
    if document.root is None or document.problems:
        return
    comments = YamlComments(document)
    start = 0
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        end = comments.line_end(start)
        if number % (1 + len(lines) // 40) == 0 and text[start:end].strip() and comments.can_end_line(start):
            changed = text[:end] + "  # new" + text[end:]
            read = parse(changed, "dvc.yaml")
            assert not read.problems, changed
            assert repr(read.root.data if read.root else None) == repr(document.root.data), changed
            assert any(changed[span.start : span.end].endswith("# new") for span in YamlComments(read).spans)
        start += len(line)


@given(texts())
def test_a_comment_changes_nothing_where_one_can_be(text: str) -> None:
    check_every_line_that_may_end_in_a_comment(text)


def test_lines_of_texts_can_end_in_no_comment() -> None:
    comments = comments_of(TEXT)
    refused = [line for line in TEXT.splitlines() if not comments.can_end_line(TEXT.index(line))]
    assert [line.strip() for line in refused] == [
        *("# of the shell", "python train.py", "# of the shell, too", '- "two', "- plain"),
    ]


@given(texts())
def test_a_comment_above_an_entry_changes_nothing(text: str) -> None:
    document = parse(text, "dvc.yaml")
    if document.root is None or document.problems:
        return
    comments = YamlComments(document)
    for offset in range(0, len(text), 7):
        entry = comments.entry_around(offset, offset)
        if entry is None:
            continue
        indent = text[comments.line_start(entry.start) : entry.start].removeprefix("\ufeff")
        newline = "\r\n" if "\r\n" in text else "\n"
        changed = f"{text[: entry.start]}# new{newline}{indent}{text[entry.start :]}"
        read = parse(changed, "dvc.yaml")
        assert not read.problems, changed
        assert repr(read.root.data if read.root else None) == repr(document.root.data), changed


@pytest.mark.corpus
@pytest.mark.parametrize("path", corpus_files("dvc.yaml"), ids=lambda path: path.parent.name)
def test_a_comment_changes_nothing_in_real_files(path: object) -> None:
    check_every_line_that_may_end_in_a_comment(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
