"""Notebooks: their cells as one text of Python, and the way back into the JSON."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scripts.python.source import Source


def notebook(*cells: str | list[str], tags: dict[int, list[str]] | None = None, **options: Any) -> str:
    entries = [
        {
            "cell_type": "code",
            "metadata": {"tags": (tags or {}).get(number, [])},
            "source": cell if isinstance(cell, list) else cell.splitlines(keepends=True),
        }
        for number, cell in enumerate(cells)
    ]
    markdown = {"cell_type": "markdown", "source": ["# not code("]}
    data = {"cells": [markdown, *entries], "metadata": options.pop("metadata", {}), "nbformat": 4}
    return json.dumps(data, **options)


def code_of(text: str) -> str:
    return Source("x.ipynb", text).code.text


def at_name(text: str, name: str = "name") -> list[str]:
    """What stands in the JSON at each place of a name."""
    source = Source("x.ipynb", text)
    assert source.tree is not None
    places = [source.place(node) for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id == name]
    return [place.document.text[place.start : place.end] for place in places]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize(
    "cells",
    [
        ["name = 1"],
        ["x = 1\nname\n", "y = name"],
        ['x = "tab\\t" + name'],
        ["x = 'äöü 😀 ü' + name"],
        [["x = 1\n", "name"]],
        ["%matplotlib inline\nx = name"],
        ["x = '\\\\'\nname"],
    ],
)
def test_places_lead_into_the_json(cells: list[Any], ensure_ascii: bool, indent: int | None) -> None:
    found = at_name(notebook(*cells, ensure_ascii=ensure_ascii, indent=indent))
    assert set(found) == {"name"}


def test_a_cell_may_be_one_string() -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1\nname"}], "nbformat": 4})
    assert at_name(text) == ["name"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("%matplotlib inline\nx = 1", "0                 \nx = 1"),
        ("!pip install x\ny = 1", "0             \ny = 1"),
        ("!pip install \\\n   x\ny = 1", "0             \n    \ny = 1"),
        ("if x:\n    !ls\n", "if x:\n    0  \n"),
        ("files = !ls\n", "0          \n"),
        ("x?\n", "0 \n"),
        ("?x\n", "0 \n"),
        ("a = 5 \\\n  % 3", "a = 5 \\\n  % 3"),
        ("x = '''\n%d\n''' % 3", "x = '''\n%d\n''' % 3"),
        ("print(\n  x\n  % 3)", "print(\n  x\n  % 3)"),
        ("%%time\nx = 1", "      \nx = 1"),
        ("%%bash\nls", "      \n  "),
        ("%%writefile x.py\nimport y", "                \n        "),
    ],
)
def test_magics_are_blanked(cell: str, code: str) -> None:
    assert code_of(notebook(cell)) == code


def test_a_broken_cell_does_not_hide_the_others() -> None:
    source = Source("x.ipynb", notebook("x = 1", "this is no Python", "name = 2"))
    assert source.tree is not None
    assert not source.is_complete
    assert at_name(notebook("this is no Python", "name = 2")) == ["name"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"cells": 1}',
        '{"cells": [1, {"cell_type": "code"}, {"cell_type": "code", "source": [1]}]}',
    ],
)
def test_what_is_no_notebook(text: str) -> None:
    source = Source("x.ipynb", text)
    assert source.tree is None or source.tree.body == []


def test_a_notebook_in_another_language_is_not_read() -> None:
    text = notebook("x <- 1", metadata={"kernelspec": {"language": "R", "name": "ir"}})
    assert Source("x.ipynb", text).tree is None


@given(st.lists(st.text(st.sampled_from("aé😀\t \"\\'#"), max_size=8), min_size=1, max_size=5), st.booleans())
def test_places_hold_for_any_text_around(texts: list[str], ensure_ascii: bool) -> None:
    cells = [f"x = {text!r}; name" for text in texts]
    assert at_name(notebook(*cells, ensure_ascii=ensure_ascii)) == ["name"] * len(texts)
