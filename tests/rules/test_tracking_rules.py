"""PK705, PK706 and PK708: what scripts tell MLflow, and models that nobody can find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.linting import findings
from tests.rules.scripted import found_in, marked

RUN = "import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('a', 1)\n"


@pytest.mark.parametrize(
    ("code", "addresses"),
    [
        ("import mlflow\nmlflow.set_tracking_uri('http://x:5000')", ["'http://x:5000'"]),
        ("from mlflow import set_tracking_uri as s\ns(uri='https://x')", ["'https://x'"]),
        ("import mlflow\nURI = 'http://x'\nmlflow.set_tracking_uri(URI)", ["URI"]),
        ("import os, mlflow\nos.environ['MLFLOW_TRACKING_URI'] = 'http://x'\nmlflow.autolog()", ["'http://x'"]),
        ("import mlflow\nmlflow.set_tracking_uri('file:./mlruns')", []),
        ("import mlflow\nimport os\nmlflow.set_tracking_uri(os.environ['URI'])", []),
        ("import mlflow\nimport os\nuri = os.getenv('URI', 'http://x')\nmlflow.set_tracking_uri(uri)", []),
        ("import os\nos.environ.setdefault('MLFLOW_TRACKING_URI', 'http://x')", []),
    ],
)
def test_typed_address(tmp_path: Path, code: str, addresses: list[str]) -> None:
    assert marked(found_in(tmp_path, code, "PK705")) == addresses


@pytest.mark.parametrize(
    ("code", "cmd", "is_found"),
    [
        (RUN, "python train.py", True),
        ("import mlflow\nmlflow.sklearn.autolog()\n", "python train.py", True),
        (RUN.replace("with", "mlflow.set_experiment('x')\nwith"), "python train.py", False),
        (RUN.replace("run()", "run(experiment_id='3')"), "python train.py", False),
        (RUN, "MLFLOW_EXPERIMENT_NAME=x python train.py", False),
        (RUN, "python train.py --experiment x", False),
        ("import os\nos.environ['MLFLOW_EXPERIMENT_NAME'] = 'x'\n" + RUN, "python train.py", False),
        ("from dotenv import load_dotenv\nload_dotenv()\n" + RUN, "python train.py", False),
        ("import mlflow\nmlflow.pyfunc.load_model('x')\n", "python train.py", False),
        ("print('no mlflow here')\n", "python train.py", False),
    ],
)
def test_experiment(tmp_path: Path, code: str, cmd: str, is_found: bool) -> None:
    assert bool(found_in(tmp_path, code, "PK706", cmd)) is is_found


def test_experiment_in_meta(tmp_path: Path) -> None:
    text = "stages:\n  train:\n    cmd: python train.py\n    meta:\n      mlflow:\n        experiment: churn\n"
    assert findings(tmp_path, {"dvc.yaml": text, "train.py": RUN}, "PK706") == []


SAVE = "import joblib\nfrom sklearn.svm import SVC\nmodel = SVC()\njoblib.dump(model, 'model.pkl')\n"


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        (SAVE, True),
        ("import torch\ntorch.save(state, 'model.pkl')", True),
        ("import pickle\nfrom sklearn.svm import SVC\npickle.dump(SVC(), open('model.pkl', 'wb'))", True),
        ("import joblib\njoblib.dump([1], 'other.pkl')", False),
        ("open('model.pkl', 'w').write('')", False),
    ],
)
def test_saved_model(tmp_path: Path, code: str, is_found: bool) -> None:
    assert bool(found_in(tmp_path, code, "PK708")) is is_found


@pytest.mark.parametrize("path", ["model.pkl", "./model.pkl"])
def test_model_that_is_an_artifact(tmp_path: Path, path: str) -> None:
    text = f"stages:\n  train:\n    cmd: python train.py\n    outs: [model.pkl]\nartifacts:\n  m:\n    path: {path}\n"
    assert findings(tmp_path, {"dvc.yaml": text, "train.py": SAVE}, "PK708") == []
