"""Every real project that DVC loads is exported, and what was written is what was meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelinekit.export.airflow import read_airflow, write_airflow
from pipelinekit.export.argo import Store, read_argo, write_argo
from pipelinekit.export.conformance import ReadStep, check_conformance
from pipelinekit.export.kubeflow import for_kubeflow, read_kubeflow, write_kubeflow
from pipelinekit.export.kubeflow_python import read_python, write_lightweight, write_python
from pipelinekit.export.options import Options
from pipelinekit.export.plan import Plan, plan_of
from pipelinekit.export.remote import Remote
from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from tests.export.argo_cluster import problems_of
from tests.oracle.test_corpus import RECORDS

pytestmark = pytest.mark.corpus

REMOTE = Remote("store", "s3", "team", "store")


def _airflow(plan: Plan) -> tuple[str, list[ReadStep]]:
    source = write_airflow(plan, REMOTE, "")
    return source, read_airflow(source)


def _kubeflow(plan: Plan) -> tuple[str, list[ReadStep]]:
    text = write_kubeflow(for_kubeflow(plan))
    return text, read_kubeflow(text)


def _kubeflow_python(plan: Plan) -> tuple[str, list[ReadStep]]:
    source = write_python(for_kubeflow(plan))
    return source, read_python(source)


def _kubeflow_lightweight(plan: Plan) -> tuple[str, list[ReadStep]]:
    source = write_lightweight(for_kubeflow(plan), "..")
    return source, read_python(source)


def _argo(plan: Plan) -> tuple[str, list[ReadStep]]:
    text = write_argo(plan, Store(REMOTE))
    assert list(problems_of(list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))))) == []
    return text, read_argo(text)


EXPORTERS: dict[str, Callable[[Plan], tuple[str, list[ReadStep]]]] = {
    "airflow": _airflow,
    "argo": _argo,
    "kubeflow": _kubeflow,
    "kubeflow-python": _kubeflow_python,
    "kubeflow-lightweight": _kubeflow_lightweight,
}


@pytest.mark.parametrize("target", EXPORTERS)
@pytest.mark.parametrize(
    ("folder", "record"),
    [
        pytest.param(folder, record, id=f"{folder.name}/{record['root']}")
        for folder, record in RECORDS
        if not (record.get("error") or record.get("graph_error"))
    ],
)
def test_what_is_written_is_the_pipeline(folder: Path, record: dict[str, Any], target: str) -> None:
    graph = Graph(Index(Project(str(folder / record["root"]))))
    plan = plan_of(graph, Options("pipeline"))
    assert {step.address for step in plan.steps} | set(plan.frozen) == {stage.address for stage in graph.index.stages}
    text, read = EXPORTERS[target](plan)
    check_conformance(plan, read)
    assert EXPORTERS[target](plan)[0] == text
