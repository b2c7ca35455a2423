"""PK504: random numbers without a seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.scripted import found_in, marked

FOREST = "from sklearn.ensemble import RandomForestClassifier as Forest\n"


@pytest.mark.parametrize(
    ("code", "use"),
    [
        (FOREST + "m = Forest()", "Forest()"),
        (FOREST + "m = Forest(random_state=None)", "Forest(random_state=None)"),
        ("from sklearn.model_selection import train_test_split\ntrain_test_split(1, 2)", "train_test_split(1, 2)"),
        ("from sklearn.model_selection import KFold\nKFold(5, shuffle=True)", "KFold(5, shuffle=True)"),
        ("from sklearn.svm import SVC\nSVC(probability=True)", "SVC(probability=True)"),
        ("import numpy as np\nnp.random.rand(3)", "np.random.rand(3)"),
        ("import numpy as np\nnp.random.seed()\nnp.random.rand(3)", "np.random.rand(3)"),
        ("import numpy as np\nrng = np.random.default_rng()", "np.random.default_rng()"),
        ("from numpy.random import default_rng\nrng = default_rng(None)", "default_rng(None)"),
        ("import random\nrandom.shuffle([1, 2])", "random.shuffle([1, 2])"),
        ("import pandas as pd\npd.read_csv('a.csv').sample(frac=1)", "pd.read_csv('a.csv').sample(frac=1)"),
        ("import torch\nx = torch.randn(3)", "torch.randn(3)"),
        ("import torch\nm = torch.nn.Linear(3, 4)\nm(1).backward()", "torch.nn.Linear(3, 4)"),
        ("from keras import Sequential, layers\nm = Sequential([layers.Dense(3)])\nm.fit(1)", "layers.Dense(3)"),
        ("from tensorflow import keras\nm = keras.layers.Dense(3)\nm.fit(1)", "keras.layers.Dense(3)"),
        # a seed of something else
        ("import numpy as np\nimport random\nrandom.seed(1)\nnp.random.rand(3)", "np.random.rand(3)"),
    ],
)
def test_without_a_seed(tmp_path: Path, code: str, use: str) -> None:
    assert marked(found_in(tmp_path, code, "PK504")) == [use]


@pytest.mark.parametrize(
    "code",
    [
        FOREST + "m = Forest(random_state=7)",
        FOREST + "m = Forest(**options)",
        FOREST + "import numpy as np\nnp.random.seed(7)\nm = Forest()",
        FOREST + "from utils import seed_everything\nseed_everything()\nm = Forest()",
        "from sklearn.model_selection import KFold\nKFold(5)",
        "from sklearn.model_selection import train_test_split\ntrain_test_split(1, 2, shuffle=False)",
        "from sklearn.svm import SVC\nSVC()",
        "from xgboost import XGBClassifier\nXGBClassifier()",
        "import numpy as np\nnp.random.default_rng(7).random()",
        "import numpy as np\nrng = np.random.RandomState(7)\nrng.rand(3)",
        "import torch\ntorch.manual_seed(7)\nx = torch.randn(3)",
        "import torch\nx = torch.randn(3, generator=g)",
        "import torch\nm = torch.nn.Linear(3, 4)",
        "import keras\nkeras.utils.set_random_seed(7)\nm = keras.layers.Dense(3)\nm.fit(1)",
        "from keras.layers import Dense\nm = Dense(3)",
        "import random\nimport time\ntime.sleep(random.random())",
        "import random\nimport string\nname = random.choices(string.digits, k=7)",
        "import random\nvalue = {}.get('x', random.random())",
        "import random\ndef never_called():\n    return random.random()",
    ],
)
def test_with_a_seed_or_without_randomness(tmp_path: Path, code: str) -> None:
    assert found_in(tmp_path, code, "PK504") == []


def test_one_finding_names_them_all(tmp_path: Path) -> None:
    (found,) = found_in(tmp_path, FOREST + "a = Forest()\nb = Forest()\n", "PK504")
    assert found.message.endswith("RandomForestClassifier(), and 1 more")
    assert [related.place.document.line_of(related.place.start) for related in found.related] == [3]


def test_module_that_the_script_calls(tmp_path: Path) -> None:
    module = "import random\ndef draw():\n    return random.random()\ndef other():\n    return random.choice([1])\n"
    (found,) = found_in(tmp_path, "from src.draw import draw\ndraw()\n", "PK504", src__draw=module)
    assert (found.file, marked([found])) == ("src/draw.py", ["random.random()"])
    assert found.message.startswith("src/draw.py, which train.py uses,")


def test_seed_in_the_script_counts_for_its_modules(tmp_path: Path) -> None:
    code = "import random\nfrom src.draw import draw\nrandom.seed(1)\ndraw()\n"
    assert found_in(tmp_path, code, "PK504", src__draw="import random\ndef draw():\n    return random.random()\n") == []
