from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.export.kubernetes import expanded, is_variable, requests_of, unexpanded
from tests.export.argo_cluster import expand

TEXTS = st.lists(st.sampled_from(["$", "(", ")", "A", "{", "\n"]), max_size=12).map("".join)


def test_short_names_of_resources() -> None:
    assert requests_of({"cpu": 2, "GPU": 1, "memory": "16Gi", "disk": "1Ti", "example.com/fpga": 0.5}) == {
        "cpu": "2",
        "nvidia.com/gpu": "1",
        "memory": "16Gi",
        "ephemeral-storage": "1Ti",
        "example.com/fpga": "0.5",
    }


@given(TEXTS)
def test_kubernetes_gives_a_container_the_text_that_was_meant(text: str) -> None:
    assert expand(unexpanded(text), {"A": "other", "": "empty"}) == text
    assert expanded(unexpanded(text)) == text
    assert expanded(text) == expand(text, {})


def test_what_is_no_variable_stays_as_it_reads() -> None:
    assert unexpanded("echo $HOME ${A} 'a$'") == "echo $HOME ${A} 'a$'"


@pytest.mark.parametrize(
    ("name", "is_one"), [("A_1", True), ("a.b-c", True), ("1A", False), ("A B", False), ("", False)]
)
def test_names_of_variables(name: str, is_one: bool) -> None:
    assert is_variable(name) == is_one
