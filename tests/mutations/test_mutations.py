"""What is broken in a sound project is found, and nothing else; and after the fix the project is as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelinekit.lint.selection import select_rules
from pipelinekit.rules.finding import Change, Fix
from tests.mutations import sources
from tests.mutations.operators import OPERATORS
from tests.mutations.projects import Source, corpus, own_projects, repositories
from tests.mutations.survey import Trial, survey


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    return list(own_projects(tmp_path_factory.mktemp("own")))


def problems(trials: list[Trial]) -> list[str]:
    return [
        f"{trial.operator} in {trial.project}: {trial.verdict.mutation.what}: {trial.verdict.problem}"
        for trial in trials
        if trial.verdict.problem
    ]


@pytest.mark.slow
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.__name__)
def test_exactly_what_is_broken_is_found_and_mended(operator: object, own: list[Source]) -> None:
    trials = list(survey(own, most=2, operators=[operator]))
    assert problems(trials) == []


@pytest.mark.slow
def test_projects_are_broken_in_many_ways(own: list[Source]) -> None:
    trials = list(survey(own, most=1))
    assert len({trial.operator for trial in trials}) >= 20
    assert len(trials) > 400


@pytest.mark.slow
def test_the_same_things_are_broken_each_time(own: list[Source]) -> None:
    first, second = (
        [(trial.project, trial.verdict.mutation.what) for trial in survey(own[:6], most=1, seed=7)] for _ in range(2)
    )
    assert first == second


def test_what_no_rule_looks_for_is_missed(own: list[Source]) -> None:
    trials = list(survey(own, most=1, operators=[sources.drop_script], selection=select_rules(ignore=["PK101", "PK6"])))
    assert len(problems(trials)) == len(trials) > 0


def test_a_fix_that_brings_back_something_else_fails(own: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelinekit.rules import pk108_duplicate_dependency as module

    def remove_both(definition: object, deps: object, *_: object) -> Fix:
        from pipelinekit.yaml.edit import replace_value

        edits = replace_value(definition.body, "deps", ["other.csv"])  # type: ignore[attr-defined]
        changes = (Change(definition.file, (*definition.path, "deps")),)  # type: ignore[attr-defined]
        return Fix("Lose all of them", {definition.file: tuple(edits)}, changes, frozenset({"deps"}))  # type: ignore[attr-defined]

    monkeypatch.setattr(module, "_fix", remove_both)
    trials = list(survey(own[:3], most=1, operators=[sources.list_twice]))
    assert len(problems(trials)) == len(trials) > 0


@pytest.mark.corpus
def test_nearly_all_that_is_broken_in_real_projects_is_found(tmp_path: Path) -> None:
    real = list(corpus(Path(os.environ["PIPELINEKIT_CORPUS"]), tmp_path))
    if os.environ.get("PIPELINEKIT_REPOSITORIES"):  # the same, with their scripts
        real += repositories(Path(os.environ["PIPELINEKIT_REPOSITORIES"]))
    trials = list(survey(real, most=1))
    wrong = problems(trials)
    assert len(trials) > 500
    assert len(wrong) <= 0.02 * len(trials), wrong
