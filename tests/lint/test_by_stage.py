from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.lint import by_stage
from pipelinekit.lint.by_stage import findings_by_stage
from pipelinekit.lint.engine import Linted
from pipelinekit.rules.finding import Finding
from pipelinekit.yaml.tree import Document, Place
from tests.small_projects import graph

MISSING = 'stages:\n  a:\n    cmd: python gone.py\n  fit:\n    foreach: [1, 2]\n    do: {cmd: "python ${item}.py"}\n'


def found(folder: Path, files: dict[str, str | bytes]) -> dict[str, list[str]]:
    stages = findings_by_stage(graph(folder, files), str(folder))
    return {stage.address: [f"{one.code} {one.file}" for one in several] for stage, several in stages.items()}


def test_each_stage_has_its_own_and_a_group_shares(tmp_path: Path) -> None:
    told = found(tmp_path, {"dvc.yaml": MISSING, "sub/dvc.yaml": "stages:\n  a:\n    cmd: echo\n"})
    assert "PK103 dvc.yaml" in told["dvc.yaml:a"]
    assert told["dvc.yaml:fit@1"] == told["dvc.yaml:fit@2"]
    assert told["dvc.yaml:fit@1"]
    assert {one.split()[1] for one in told["sub/dvc.yaml:a"]} == {"sub/dvc.yaml"}


def test_what_is_found_in_another_file_goes_to_the_only_stage_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_a_lock(of: Graph, *_: object) -> Linted:
        finding = Finding(Place(Document("schema", "dvc.lock"), 0, 1), "m", stage=of.index.stages[0])
        finding.code = "PK000"
        return Linted(of, [finding])

    monkeypatch.setattr(by_stage, "lint_graph", in_a_lock)
    files: dict[str, str | bytes] = {"dvc.yaml": "stages:\n  a:\n    cmd: x\n"}
    assert found(tmp_path / "once", files) == {"dvc.yaml:a": ["PK000 dvc.lock"]}
    assert found(tmp_path / "twice", {**files, "sub/dvc.yaml": files["dvc.yaml"]}) == {}
