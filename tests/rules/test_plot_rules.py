"""Plots, artifacts and metrics: what stands there must be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.freshness.projects import messages, project

STAGE = "stages:\n  train:\n    cmd: python train.py\n    deps:\n    - train.py\n    outs:\n    - model.pkl\n"
FILES = {"train.py": "", "loss.csv": "epoch,loss\n1,2\n", "roc.json": '{"roc": [{"fpr": 0, "tpr": 1}]}'}


def said(folder: Path, pipeline: str, code: str, **files: str) -> list[str]:
    return messages(project(folder, {"dvc.yaml": pipeline, **FILES, **files}), code, "PK009")


@pytest.mark.parametrize(
    ("plots", "missing"),
    [
        ("- loss.csv", []),
        ("- loss.csv:\n    x: epoch\n    y: loss", []),
        ("- loss.csv:\n    x: step\n    y: los", ["los", "step"]),
        ("- loss.csv:\n    y: [loss, accuracy]", ["accuracy"]),
        ("- all:\n    x: step\n    y:\n      loss.csv: loss\n      roc.json: [tpr]", ["step"]),
        ("- all:\n    x:\n      loss.csv: epoch\n    y:\n      roc.json: [tpr, x]", ["x"]),
        ("- all:\n    y:\n      nowhere.csv: a", []),
        ("- loss.csv:\n    y: ${column}", []),
        ("- ${file}:\n    y: nothing", []),
        ("- loss.csv:\n    y: 1", []),
    ],
)
def test_columns_of_plots_at_the_top(plots: str, missing: list[str], tmp_path: Path) -> None:
    found = said(tmp_path, f"vars:\n- column: x\n- file: loss.csv\n{STAGE}plots:\n{plots}\n", "PK701")
    assert sorted(message.split("'")[1] for message in found) == missing


@pytest.mark.parametrize(
    ("flags", "missing"),
    [("x: epoch", []), ("x: step", ["step"]), ("x: '0'\n        header: false", []), ("y: ${item}", [])],
)
def test_columns_of_a_stage(flags: str, missing: list[str], tmp_path: Path) -> None:
    found = said(tmp_path, f"{STAGE}    plots:\n    - loss.csv:\n        {flags}\n", "PK701")
    assert [message.split("'")[1] for message in found] == missing


@pytest.mark.parametrize(
    ("template", "is_known"),
    [
        ("linear", True),
        ("own", True),
        ("own.json", True),
        ("plots/other.json", True),
        ("plots/other", False),
        ("lineal", False),
        ("${name}", True),
    ],
)
def test_templates(template: str, is_known: bool, tmp_path: Path) -> None:
    pipeline = f"vars:\n- name: x\n{STAGE}plots:\n- loss.csv:\n    template: {template}\n"
    found = said(tmp_path, pipeline, "PK702", **{".dvc/plots/own.json": "{}", "plots/other.json": "{}"})
    assert len(found) == (0 if is_known else 1)


@pytest.mark.parametrize(
    ("path", "is_known"),
    [
        ("model.pkl", True),
        ("./model.pkl", True),
        ("train.py", True),
        ("data/raw.csv", True),
        ("data/raw", False),
        ("${name}.pkl", True),
        ("${name}.onnx", False),
        ("s3://bucket/model", True),
        ("../model.pkl", True),
    ],
)
def test_artifacts(path: str, is_known: bool, tmp_path: Path) -> None:
    pipeline = f"vars:\n- name: model\n{STAGE}artifacts:\n  a:\n    path: {path}\n"
    tracked = {"data/raw.csv.dvc": "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  path: raw.csv\n"}
    found = said(tmp_path, pipeline, "PK703", **tracked)
    assert len(found) == (0 if is_known else 1), found


def test_an_artifact_of_a_project_that_is_not_known_as_a_whole(tmp_path: Path) -> None:
    pipeline = f"{STAGE}    metrics:\n    - ${{nowhere}}\nartifacts:\n  a:\n    path: other.pkl\n"
    assert said(tmp_path, pipeline, "PK703") == []


@pytest.mark.parametrize(
    ("path", "script", "is_known"),
    [
        ("metrics.json", "", False),
        ("metrics.json", "json.dump(x, open('metrics.json', 'w'))", True),
        ("metrics.json", "from dvclive import Live", True),
        ("results/model.pkl", "open('model.pkl')", False),
        ("loss.csv", "", True),
        ("model.pkl", "", True),
    ],
)
def test_metrics(path: str, script: str, is_known: bool, tmp_path: Path) -> None:
    found = said(tmp_path, f"{STAGE}metrics:\n- {path}\n", "PK704", **{"train.py": script})
    assert len(found) == (0 if is_known else 1)


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        ("mlruns", ["PK707"]),
        ("wandb:\n        cache: false", ["PK707"]),
        ("out/mlflow.db:\n        persist: true", ["PK707"]),
        ("mlruns:\n        persist: true\n        cache: false", []),
        ("logs", ["PK403"]),
        ("results/runs", []),
    ],
)
def test_a_store_or_a_log_is_one_finding(entry: str, codes: list[str], tmp_path: Path) -> None:
    pipeline = STAGE.replace("- model.pkl", f"- {entry}")
    assert len(said(tmp_path, pipeline, "PK707")) == codes.count("PK707")
    assert len(said(tmp_path, pipeline, "PK403")) == codes.count("PK403")
