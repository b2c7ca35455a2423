from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.export.meta import StageMeta
from pipelinekit.export.names import AIRFLOW, DNS, PYTHON, NameRules, names_of, slug
from pipelinekit.export.options import Options
from pipelinekit.export.plan import Plan, Step
from tests.export.graphs import plan

META = StageMeta("", {}, 0, {})
VALID = {
    AIRFLOW: re.compile(r"[A-Za-z0-9][\w.-]{0,199}", re.ASCII),
    DNS: re.compile(r"[a-z]([a-z0-9-]{0,55}[a-z0-9])?"),
    PYTHON: re.compile(r"[A-Za-z]\w{0,199}", re.ASCII),
}


def plan_with(targets: list[str]) -> Plan:
    steps = [Step(f"dvc.yaml:{target}", target, (), ".", (), (), (), META) for target in targets]
    return Plan(tuple(steps), Options("x"), ())


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        (DNS, ["a-b", "a-b-874367", "train-0", "train-1", "sub-dvc-yaml-a-b", "stage-1"]),
        (PYTHON, ["a_b_816e3c", "a_b", "train_0", "train_1", "sub_dvc_yaml_a_b", "stage_1"]),
        (AIRFLOW, ["a-b", "a_b", "train_0", "train_1", "sub_dvc.yaml_a_b", "stage_1"]),
    ],
)
def test_names_are_as_near_as_may_be(rules: NameRules, names: list[str]) -> None:
    found = names_of(plan_with(["a-b", "a_b", "train@0", "train@1", "sub/dvc.yaml:a_b", "1"]), rules)
    assert list(found.values()) == names


def test_names_do_not_depend_on_stages_that_come_later() -> None:
    before = names_of(plan_with(["a@1", "a-1"]), DNS)
    after = names_of(plan_with(["new", "a@1", "a-1", "a+1"]), DNS)
    assert {address: after[address] for address in before} == before


def test_what_is_taken_already_is_no_name() -> None:
    assert names_of(plan_with(["class", "x"]), PYTHON, frozenset({"class"}))["dvc.yaml:class"].startswith("class_")


@pytest.mark.parametrize("rules", [AIRFLOW, DNS, PYTHON], ids=["airflow", "dns", "python"])
@given(targets=st.lists(st.text(min_size=1, max_size=80), unique=True, max_size=12))
def test_any_names_become_valid_and_stay_apart(rules: NameRules, targets: list[str]) -> None:
    names = names_of(plan_with(targets), rules)
    assert len(set(names.values())) == len(targets)
    assert all(VALID[rules].fullmatch(name) for name in names.values())


@given(st.text(max_size=300))
def test_any_text_becomes_one_name(text: str) -> None:
    assert VALID[DNS].fullmatch(slug(text, DNS))


def test_stages_of_a_group_keep_theirs(tmp_path: Path) -> None:
    text = "stages:\n  t:\n    foreach: [a_b, a-b]\n    do: {cmd: 'echo ${item}'}\n"
    assert list(names_of(plan(tmp_path, {"dvc.yaml": text}), AIRFLOW).values()) == ["t_a_b", "t_a-b"]
