from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.resources import ResourceError, amount, resources_of
from tests.small_projects import write


def resources(tmp_path: Path, meta: str) -> dict[str, int | float | str]:
    write(tmp_path, {"dvc.yaml": f"stages:\n  a:\n    cmd: x\n    meta: {meta}\n"})
    (stage,) = Index(Project(str(tmp_path))).stages
    return resources_of(stage)


@pytest.mark.parametrize("meta", ["{}", "a word", "{pipelinekit: 1}", "{pipelinekit: {tags: [x]}}"])
def test_most_stages_need_nothing(tmp_path: Path, meta: str) -> None:
    assert resources(tmp_path, meta) == {}


def test_amounts_are_as_they_are_written(tmp_path: Path) -> None:
    found = resources(tmp_path, "{pipelinekit: {resources: {gpu: 1, memory: 16Gi, cpu: 500m, nvidia.com/gpu: 0.5}}}")
    assert found == {"gpu": 1, "memory": "16Gi", "cpu": "500m", "nvidia.com/gpu": 0.5}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[gpu]", "meta.pipelinekit.resources is no mapping of names and amounts, such as 'gpu: 1'"),
        ("{gpu: many}", "meta.pipelinekit.resources.gpu is 'many', not an amount such as 2, 0.5, '500m' or '16Gi'"),
        ("{gpu: true}", "meta.pipelinekit.resources.gpu is 'True', not an amount"),
        ("{gpu: -1}", "meta.pipelinekit.resources.gpu is '-1', not an amount"),
        ("{gpu: .inf}", "meta.pipelinekit.resources.gpu is 'inf', not an amount"),
        ("{'a b': 1}", "meta.pipelinekit.resources: 'a b' is no name of a resource"),
        ("{1: 1}", "meta.pipelinekit.resources: '1' is no name of a resource"),
    ],
)
def test_what_says_nothing_is_refused(tmp_path: Path, written: str, message: str) -> None:
    with pytest.raises(ResourceError) as error:
        resources(tmp_path, f"{{pipelinekit: {{resources: {written}}}}}")
    assert str(error.value).startswith(f"dvc.yaml:a: {message}")


@pytest.mark.parametrize(
    ("written", "number"),
    [(2, 2), ("2", 2), ("1.5", 1.5), ("250m", 0.25), ("1k", 1000), ("1Ki", 1024), ("2Ti", 2 * 2**40), ("1 Gi", None)],
)
def test_amounts_as_numbers(written: object, number: float | None) -> None:
    assert amount(written) == number
