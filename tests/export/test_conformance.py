from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.export.conformance import ConformanceError, ReadStep, check_conformance
from pipelinekit.export.kubernetes import requests_of
from tests.export.graphs import plan
from tests.export.pipelines import NASTY


def as_it_is(folder: Path) -> list[ReadStep]:
    return [
        ReadStep(
            step.address,
            step.commands,
            step.wdir,
            frozenset(step.needs),
            step.meta.environment,
            requests_of(step.meta.resources),
            step.meta.retries,
        )
        for step in plan(folder, NASTY).steps
    ]


def test_what_is_the_same_conforms(tmp_path: Path) -> None:
    check_conformance(plan(tmp_path, NASTY), as_it_is(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"commands": ("true",)}, r"commands of dvc\.yaml:hostile are \('true',\)"),
        ({"wdir": "x"}, "folder of dvc.yaml:hostile"),
        ({"needs": frozenset({"dvc.yaml:split"})}, "needs of dvc.yaml:hostile"),
        ({"environment": {"A": "1"}}, "environment of dvc.yaml:hostile"),
        ({"resources": {"cpu": "1"}}, "resources of dvc.yaml:hostile"),
        ({"retries": 1}, "retries of dvc.yaml:hostile"),
        ({"address": "dvc.yaml:other"}, "dvc.yaml:hostile is missing"),
    ],
)
def test_a_difference_is_an_error(tmp_path: Path, change: dict[str, object], message: str) -> None:
    read = as_it_is(tmp_path)
    position = next(number for number, step in enumerate(read) if step.address == "dvc.yaml:hostile")
    read[position] = read[position]._replace(**change)  # type: ignore[arg-type]
    with pytest.raises(ConformanceError, match=message):
        check_conformance(plan(tmp_path, NASTY), read)


def test_more_or_less_than_the_stages_is_an_error(tmp_path: Path) -> None:
    meant, read = plan(tmp_path, NASTY), as_it_is(tmp_path)
    with pytest.raises(ConformanceError, match="is missing"):
        check_conformance(meant, read[1:])
    with pytest.raises(ConformanceError, match="stands there twice"):
        check_conformance(meant, [*read, read[0]])
    with pytest.raises(ConformanceError, match=r"dvc\.yaml:new is no stage"):
        check_conformance(meant, [*read, read[0]._replace(address="dvc.yaml:new")])
