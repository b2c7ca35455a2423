"""Comments in scripts are found by tokens, and are about their line or the statement below."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scripts.comments import script_comments

PYTHON = '''\
#!/usr/bin/env python
# top
"""Docstring with a # sign."""
import os  # behind

# above the function
@decorated  # too
def f(a="# no"):
    """
    # no comment
    """
    return f"{a} # no" + \\
        "x"  # yes


# nothing below
'''
SHELL = """\
#!/bin/sh
# top
echo "a # b" 'c # d' e#f  # behind
cat <<EOF
# in a document
EOF
# above
if true; then
  run --x  # inside
fi
echo "over
# lines"
"""
R = """\
# top
x <- "a # b"  # behind
y <- r"(a # "b)" # raw
z <- r"---[ # ]-- ]---" # dashes
`# name` <- 'it\\'s # no' # yes
"""
TOML = 'a = "x # y"  # behind\n# above\nb = """\n# no\n"""\n'


def found(path: str, text: str) -> list[str]:
    comments = script_comments(path, text)
    assert comments is not None
    return [text[start:end] for start, end in comments.spans]


def part(path: str, text: str, comment: str) -> str | None:
    comments = script_comments(path, text)
    assert comments is not None
    span = next(span for span in comments.spans if text[span.start : span.end] == comment)
    about = comments.below(span) if comments.stands_alone(span) else comments.beside(span)
    return text[about.start : about.end] if about is not None else None


def test_python() -> None:
    assert found("a.py", PYTHON) == [
        *("#!/usr/bin/env python", "# top", "# behind", "# above the function", "# too", "# yes", "# nothing below"),
    ]
    assert part("a.py", PYTHON, "# behind") == "import os  # behind"
    about = part("a.py", PYTHON, "# above the function")
    assert about is not None
    assert about.startswith("@decorated")
    assert about.rstrip().endswith("# yes")
    assert part("a.py", PYTHON, "# nothing below") is None


def test_python_lines_that_can_end_in_a_comment() -> None:
    comments = script_comments("a.py", PYTHON)
    assert comments is not None
    refused = [line.strip() for line in PYTHON.splitlines() if line and not comments.can_end_line(PYTHON.index(line))]
    assert refused == ['"""', "# no comment", '"""', 'return f"{a} # no" + \\']
    assert comments.first_code() == PYTHON.index("import os")


def test_the_statement_around_a_place() -> None:
    comments = script_comments("a.py", PYTHON)
    assert comments is not None
    inside = PYTHON.index("# no comment")
    around = comments.entry_around(inside, inside + 1)
    assert around is not None
    assert PYTHON[around.start : around.end].startswith('"""\n    # no comment')


def test_shell() -> None:
    assert found("run.sh", SHELL) == ["#!/bin/sh", "# top", "# behind", "# above", "# inside"]
    about = part("run.sh", SHELL, "# above")
    assert about is not None
    assert about.startswith("if true")
    assert about.endswith("fi")
    comments = script_comments("run", SHELL)
    assert comments is not None
    assert not comments.can_end_line(SHELL.index("# in a document"))
    assert not comments.can_end_line(SHELL.index('echo "over'))


def test_r() -> None:
    assert found("a.R", R) == ["# top", "# behind", "# raw", "# dashes", "# yes"]
    assert part("a.r", R, "# top") == 'x <- "a # b"  # behind'


def test_toml() -> None:
    assert found("params.toml", TOML) == ["# behind", "# above"]


@pytest.mark.parametrize(
    ("path", "text"), [("a.py", "def f(:\n  '''"), ("a.json", "# a"), ("a", "# a"), ("a.ipynb", "")]
)
def test_what_has_no_comments(path: str, text: str) -> None:
    assert script_comments(path, text) is None


@pytest.mark.parametrize("path", ["a.py", "a.sh", "a.R"])
@given(text=st.text("ab #'\"\\\n\r\t()[]{}=:;$<`r-", max_size=60))
def test_any_text(path: str, text: str) -> None:
    comments = script_comments(path, text)
    if comments is None:
        return
    comments.first_code()
    for span in comments.spans:
        assert text[span.start] == "#"
        comments.below(span)
        comments.beside(span)
    code = script_comments(path, "\n".join(comments.code_lines()) + "\n")
    assert code is None or path != "a.R" or code.spans == []


LINES = [
    "x = 1",
    "s = 'a # b'",
    't = """a\n# b\n"""',
    "def f():",
    "    return [\n    1,  # one\n    ]",
    "y = \\\n  2",
    "# c",
]


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_a_comment_changes_no_python_where_one_can_be(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    comments = script_comments("a.py", text)
    try:
        tree = ast.dump(ast.parse(text))
    except SyntaxError:
        return
    assert comments is not None
    start = 0
    for line in text.splitlines(keepends=True):
        if comments.can_end_line(start):
            end = comments.line_end(start)
            changed = script_comments("a.py", f"{text[:end]}  # new{text[end:]}")
            assert changed is not None
            assert ast.dump(ast.parse(changed.text)) == tree
            assert changed.code_lines() == comments.code_lines()
        start += len(line)
