"""PK202: hyperparameters that are typed into a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.scripted import found_in, marked


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("from sklearn.svm import SVC\nSVC(C=2.0, kernel='rbf')", "C = 2.0 is"),
        ("import sklearn.linear_model as lm\nlm.Ridge(alpha=-1)", "alpha = -1 is"),
        ("from xgboost import XGBClassifier as X\nX(max_depth=3, eta=0.1)", "max_depth = 3, eta = 0.1 are"),
        (
            "from sklearn.neural_network import MLPClassifier as M\nM(hidden_layer_sizes=(5, 2))",
            "hidden_layer_sizes = (5, 2) is",
        ),
        ("from sklearn.model_selection import train_test_split as s\ns(1, test_size=0.2)", "test_size = 0.2 is"),
        ("import torch\ntorch.optim.Adam(p, lr=1e-3)", "lr = 0.001 is"),
        ("from torch import optim\noptim.SGD(p, 0.1)", "lr = 0.1 is"),
        ("from keras.optimizers import Adam\nAdam(0.01)", "learning_rate = 0.01 is"),
        ("model.fit(x, epochs=5, verbose=0)", "epochs = 5 is"),
        ("from sklearn.svm import SVC\nCOST = 3\nSVC(C=COST)", "C = 3 is"),
    ],
)
def test_typed_in(tmp_path: Path, code: str, message: str) -> None:
    assert [found.message for found in found_in(tmp_path, code, "PK202")] == [f"{message} typed into train.py"]


@pytest.mark.parametrize(
    "code",
    [
        "import yaml\nfrom sklearn.svm import SVC\np = yaml.safe_load(open('params.yaml'))\nSVC(C=p['C'])",
        "from sklearn.svm import SVC\nSVC(C=value)",
        "from sklearn.svm import SVC\nSVC(kernel='rbf', random_state=3, verbose=1)",
        "from sklearn.ensemble import RandomForestClassifier as R\nR(n_jobs=4)",
        "from sklearn.metrics import fbeta_score\nfbeta_score(1, 2, beta=1, alpha=3)",
        "import matplotlib.pyplot as plt\nplt.plot(1, alpha=0.5)",
        "from sklearn.svm import SVC\nCOST = 3\nCOST = 4\nSVC(C=COST)",
        "from sklearn.svm import SVC\ndef train(C=3):\n    SVC(C=C)\ntrain()",
        "from sklearn.svm import SVC\ndef never_called():\n    SVC(C=3)",
        "model.fit(x, batch_size=5)",
        "import torch\ntorch.utils.data.DataLoader(d, batch_size=4, shuffle=True)",
    ],
)
def test_left_alone(tmp_path: Path, code: str) -> None:
    assert found_in(tmp_path, code, "PK202") == []


def test_call_is_marked(tmp_path: Path) -> None:
    code = "from sklearn.svm import SVC\nmodel = SVC(\n    C=2,\n)\n"
    assert marked(found_in(tmp_path, code, "PK202")) == ["SVC(\n    C=2,\n)"]


PARSER = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("-r", "--learning-rate", type=float, default=0.1)
parser.add_argument("--seed", type=int, default=3)
args = parser.parse_args()
"""
CLICK = """
import click
@click.command()
@click.option("--epochs", default=10)
def main(epochs):
    pass
main()
"""


@pytest.mark.parametrize(
    ("code", "arguments", "names"),
    [
        (PARSER, "", ["learning_rate"]),
        (PARSER, "--seed 4", ["learning_rate"]),
        (PARSER, "--learning-rate 0.2", []),
        (PARSER, "--learning-rate=0.2", []),
        (PARSER, "--learn 0.2", []),
        (PARSER, "-r 0.2", []),
        (PARSER, "$OPTIONS", []),
        (CLICK, "", ["epochs"]),
        (CLICK, "--epochs 5", []),
    ],
)
def test_default_that_the_command_leaves(tmp_path: Path, code: str, arguments: str, names: list[str]) -> None:
    found = found_in(tmp_path, code, "PK202", f"python train.py {arguments}".strip())
    assert [one.message.split(" = ")[0] for one in found] == names
