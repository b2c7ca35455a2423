"""What is recorded of DVC 3.67.1 for each real project, and what pipelinekit makes of it."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from tests.corpus import corpus_projects
from tests.oracle.dvc_view import view_of
from tests.oracle.judge import disagreements
from tests.oracle.view import OutView, StageView

CORPUS = Path(os.environ.get("PIPELINEKIT_CORPUS", "."))
RECORDS: list[tuple[Path, dict[str, Any]]] = [
    (folder, record)
    for folder in corpus_projects()
    if (folder / "_oracle.json").is_file()
    for record in json.loads((folder / "_oracle.json").read_text(encoding="utf-8"))["projects"]
]
#: The projects of which nothing is recorded: DVC itself is asked.
UNRECORDED = [
    path.parent
    for folder in corpus_projects()
    if not (folder / "_oracle.json").is_file()
    for path in folder.rglob(".dvc")
]
#: What says so where DVC refuses the files: project, rule, place.
REFUSED = {
    ("finfando__indoor-scene-verification", "PK303", "experiments/innetvlad-v2/dvc.yaml", 7),
    ("jotsif__mlproject_template_2024", "PK210", "src/dvc.yaml", 2),
    ("simonlevine__x-transformer-icd", "PK016", "dvc.lock", 1),
    ("zakariaxk__options-forecast-backtest", "PK210", "pipelines/dvc.yaml", 3),
}


@pytest.mark.corpus
def test_the_corpus_is_whole() -> None:
    assert len(RECORDS) + len(UNRECORDED) == 90


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("folder", "record"),
    [
        pytest.param(folder, record, id=f"{folder.name}/{record['root']}")
        for folder, record in RECORDS
        if not (record.get("error") or record.get("graph_error"))
    ],
)
def test_stages_and_edges_are_those_of_dvc(folder: Path, record: dict[str, Any]) -> None:
    linted = lint_project(Project(str(folder / record["root"])), select_rules())
    ours = view_of(linted.graph)
    theirs = {stage["addr"]: stage for stage in record["stages"]}
    assert set(ours.stages) == set(theirs)
    for address, stage in ours.stages.items():
        assert _told(stage) == _recorded(theirs[address])
    edges = {(one, other) for one, other in ours.edges if one in ours.stages and other in ours.stages}
    assert edges == {tuple(edge) for edge in record["edges"]}


@pytest.mark.corpus
def test_what_dvc_refuses_is_an_error_at_its_line() -> None:
    found: set[tuple[str, str, str, int]] = set()
    for folder, record in RECORDS:
        if record.get("error") or record.get("graph_error"):
            linted = lint_project(Project(str(folder / record["root"])), select_rules())
            for finding in linted.findings:
                if finding.level == "error":
                    line, _ = finding.place.document.position(finding.place.start)
                    found.add((folder.name, finding.code, finding.file, line))
    assert found >= REFUSED
    assert {name for name, *_ in found} == {name for name, *_ in REFUSED}


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus where DVC may write; its projects use files of the folders around them."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in {project.relative_to(CORPUS).parts[0] for project in UNRECORDED}:
        shutil.copytree(CORPUS / name, folder / name, copy_function=shutil.copyfile)
    for path in folder.rglob("*/"):
        path.chmod(0o755)
    return folder


@pytest.mark.corpus
@pytest.mark.parametrize("project", UNRECORDED, ids=lambda path: path.name)
def test_projects_without_a_record_are_as_dvc_sees_them(project: Path, copies: Path) -> None:
    assert disagreements(str(copies / project.relative_to(CORPUS))) == []


def _told(stage: StageView) -> dict[str, Any]:
    return {
        "cmd": stage.cmd,
        "wdir": stage.wdir,
        "deps": sorted(map(_anywhere, stage.deps)),
        "outs": [_out(out) for out in stage.outs],
        "params": {file: sorted(keys) for file, keys in stage.params},
        "frozen": stage.frozen,
        "always_changed": stage.always_changed,
    }


def _anywhere(path: str) -> str:
    """How far up an absolute path outside of the project leads depends on where the project lies."""
    return re.sub(r"^(?:\.\./){2,}", "…/", path)


def _out(out: OutView) -> tuple[Any, ...]:
    return _anywhere(out.path), out.cache, out.persist, out.kind == "metric", out.kind == "plot"


def _recorded(stage: dict[str, Any]) -> dict[str, Any]:
    outs = [(_anywhere(out["path"]), out["cache"], out["persist"], out["metric"], out["plot"]) for out in stage["outs"]]
    return {
        "cmd": stage["cmd"],
        "wdir": stage["wdir"],
        "deps": sorted(map(_anywhere, stage["deps"])),
        "outs": sorted(outs),
        "params": {file: sorted(keys) for file, keys in stage["params"].items()},
        "frozen": stage["frozen"],
        "always_changed": stage["always_changed"],
    }
