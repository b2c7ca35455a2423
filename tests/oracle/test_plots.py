"""What plots can show, as DVC has it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.columns import columns_of
from pipelinekit.rules.pk702_unknown_plot_template import BUILT_IN

pytestmark = pytest.mark.filterwarnings("ignore")  # those of DVC's own libraries


def theirs(path: str, text: str, header: bool = True) -> list[str]:
    """The fields that DVC's plots find in a file."""
    from dvc.render.converter.vega import get_datapoints
    from dvc.repo.plots import _load_sv

    if path.endswith(".json"):
        points = get_datapoints(json.loads(text))
    else:
        points = get_datapoints(_load_sv(text, "\t" if path.endswith(".tsv") else ",", header))
    return list(points[0]) if points else []


def test_templates_are_those_that_dvc_brings() -> None:
    from dvc_render.vega_templates import TEMPLATES

    assert set(BUILT_IN) == {template.DEFAULT_NAME for template in TEMPLATES}


CELLS = st.text("ab, \t\"'1.", min_size=1, max_size=4)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=2, max_size=4), st.booleans(), st.booleans())
def test_tables(rows: list[list[str]], tabs: bool, header: bool) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter="\t" if tabs else ",").writerows(rows)
    path = "a.tsv" if tabs else "a.csv"
    found = columns_of(path, stream.getvalue(), header=header)
    if found is not None and None not in (expected := theirs(path, stream.getvalue(), header)):
        assert set(found) == set(expected)


VALUES = st.recursive(
    st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_json(data: object) -> None:
    text = json.dumps(data)
    found = columns_of("a.json", text)
    try:
        expected = theirs("a.json", text)
    except Exception:
        return  # DVC has no plot of it
    if found is not None:
        assert set(found) == set(expected)


@pytest.mark.parametrize(
    ("path", "text", "columns"),
    [
        ("a.csv", "x,y\n1,2\n", ["x", "y"]),
        ("a.csv", 'x,"y, z"\n1,2\n', ["x", "y, z"]),
        ("a.csv", "x,y\n", None),
        ("a.csv", "", None),
        ("a.tsv", "x\ty\n1\t2\n", ["x", "y"]),
        ("a.json", '[{"x": 1}, {"x": 2}]', ["x"]),
        ("a.json", '{"loss": [{"x": 1, "y": 2}], "n": 1}', ["x", "y"]),
        ("a.json", '[{"x": 1}, {"y": 2}]', None),
        ("a.json", "[1, 2]", None),
        ("a.json", "{", None),
        ("a.yaml", "- x: 1\n", None),
        ("a.png", "", None),
    ],
)
def test_columns(path: str, text: str, columns: list[str] | None) -> None:
    assert columns_of(path, text) == columns
