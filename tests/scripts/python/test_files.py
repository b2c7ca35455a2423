"""Reads and writes: which calls touch which files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.python.scripts import uses

READ = [
    "open('x')",
    "open('x', 'rb')",
    "open(file='x', mode='r')",
    "import io; io.open('x')",
    "import gzip; gzip.open('x', 'rt')",
    "with open('x') as a, open('x') as b: a.read()",
    "from pathlib import Path; Path('x').open()",
    "from pathlib import Path; Path('x').read_text()",
    "from pathlib import Path; Path('x').read_bytes()",
    "import pandas as pd; pd.read_csv('x')",
    "import pandas; pandas.read_parquet(path='x')",
    "from pandas import read_excel; read_excel('x', sheet_name=1)",
    "import pandas as pd; pd.read_csv(filepath_or_buffer='x')",
    "import polars as pl; pl.scan_parquet('x').collect()",
    "import numpy as np; np.load('x')['a']",
    "import numpy as np; np.loadtxt('x', delimiter=',')",
    "import pyarrow.parquet as pq; pq.read_table('x')",
    "import joblib; joblib.load('x')",
    "import pickle; pickle.load(open('x', 'rb'))",
    "import torch; model.load_state_dict(torch.load('x'))",
    "from tensorflow.keras.models import load_model; load_model('x')",
    "from tensorflow import keras; keras.models.load_model('x')",
    "import xgboost as xgb; b = xgb.Booster(); b.load_model('x')",
    "import lightgbm as lgb; lgb.Booster(model_file='x')",
    "import json; json.load(open('x'))",
    "import yaml; yaml.safe_load(open('x'))",
    "import toml; toml.load('x')",
    "import csv\nwith open('x', newline='') as f:\n    list(csv.reader(f))",
    "from PIL import Image; Image.open('x')",
    "import cv2; cv2.imread('x')",
    "import h5py; h5py.File('x', 'r')",
    "import xarray as xr; xr.open_dataset('x')",
    "import geopandas as gpd; gpd.read_file('x')",
    "import zipfile; zipfile.ZipFile('x')",
    "import tarfile; tarfile.open('x', 'r:gz')",
    "import sqlite3; sqlite3.connect('x')",
    "import soundfile as sf; sf.read('x')",
    "import librosa; librosa.load('x', sr=None)",
    "import spacy; nlp = spacy.load('x')",
    "from datasets import load_from_disk; load_from_disk('x')",
    "from transformers import AutoModel; AutoModel.from_pretrained('./x')",
    "import os; os.listdir('x')",
    "import os\nfor a, b, c in os.walk('x'): pass",
    "import glob; glob.glob('x/*.csv')",
    "from pathlib import Path; list(Path('x').glob('*'))",
    "import pandas as pd; pd.concat([pd.read_csv(p) for p in ['x', 'x']])",
    "import pandas as pd\ndef f(): return pd.read_csv('x')\nf()",
    "import pandas as pd\nclass A:\n    def __init__(self): self.f = pd.read_csv('x')\nA()",
    "import threading\ndef f(): open('x')\nf()",
    "import shutil; shutil.unpack_archive('x')",
    "import duckdb; duckdb.read_csv('x')",
    "import dask.dataframe as dd; dd.read_csv('x')",
]
WRITE = [
    "open('x', 'w')",
    "open('x', mode='ab')",
    "from pathlib import Path; Path('x').write_text('')",
    "from pathlib import Path; Path('x').write_bytes(b'')",
    "from pathlib import Path; Path('x').open('w')",
    "df.to_csv('x')",
    "import pandas as pd; pd.DataFrame().to_parquet('x', index=False)",
    "df.groupby('a').mean().to_csv(path_or_buf='x')",
    "import polars as pl; pl.DataFrame().write_csv('x')",
    "import numpy as np; np.save('x.npy', a)",
    "import numpy as np; np.savez_compressed('x.npz', a=a)",
    "import joblib; joblib.dump(model, 'x')",
    "import pickle; pickle.dump(model, open('x', 'wb'))",
    "import torch; torch.save(model.state_dict(), 'x')",
    "model.save('x.keras')",
    "import xgboost; xgboost.XGBClassifier().save_model('x')",
    "import json\nwith open('x', 'w') as f: json.dump({}, f)",
    "import matplotlib.pyplot as plt; plt.savefig('x.png')",
    "fig, ax = plt.subplots(); fig.savefig('x.png', dpi=100)",
    "fig.write_html('x')",
    "import plotly.express as px; px.line().write_image('x')",
    "img.save('x.png')",
    "import cv2; cv2.imwrite('x', img)",
    "import h5py; h5py.File('x', 'w')",
    "ds.to_netcdf('x')",
    "gdf.to_file('x', driver='GPKG')",
    "import shutil; shutil.move(a(), 'x')",
    "import os; os.rename(a(), 'x')",
    "import zipfile; zipfile.ZipFile('x', 'w')",
    "import soundfile as sf; sf.write('x', data, 16000)",
    "from dvclive import Live; Live('x')",
    "from dvclive import Live\nwith Live(dir='x') as live: pass",
    "nlp.to_disk('x')",
    "model.save_pretrained('x')",
    "dataset.save_to_disk('x')",
    "import urllib.request; urllib.request.urlretrieve(url, 'x')",
    "from omegaconf import OmegaConf; OmegaConf.save(c, 'x')",
]
NOTHING = [
    "open(0)",
    "import os; os.makedirs('x', exist_ok=True)",
    "from pathlib import Path; Path('x').mkdir(parents=True)",
    "from pathlib import Path; Path('x').exists()",
    "import os; os.path.exists('x')",
    "import io, pandas as pd; pd.read_csv(io.StringIO('a'))",
    "from transformers import AutoModel; AutoModel.from_pretrained('bert-base-uncased')",
    "mlflow.log_artifact('x')",
    "model.save()",
    "form.save(commit=False)",
    "import pickle; pickle.dumps('x')",
    "import json; json.loads('x')",
    "df.to_csv()",
    "df.to_json(orient='records')",
    "import pandas as pd\ndef never(): pd.read_csv('x')",
    "if __name__ != '__main__': open('x')",
    "if False: open('x')",
    "class A:\n    def f(self): open('x')\nA()",
    "import sys\nsys.exit(0)\nopen('x')",
    "raise SystemExit\nopen('x')",
    "import tempfile, pandas as pd; pd.read_csv(tempfile.mkstemp()[1])",
]
MAYBE = [
    "if x(): open('x')",
    "try:\n    y()\nexcept Exception:\n    open('x')",
    "z = open('x') if y() else None",
    "while y():\n    if z(): open('x')",
    "import os\nif os.path.exists('x'): open('x')",
    "from multiprocessing import Pool\ndef f(a): open('x')\nPool(2).map(f, y)",
    "df.apply(lambda row: open('x'))",
]


@pytest.mark.parametrize("code", READ)
def test_reads(code: str, tmp_path: Path) -> None:
    assert uses(tmp_path, code) == ["read x"]


@pytest.mark.parametrize("code", WRITE)
def test_writes(code: str, tmp_path: Path) -> None:
    found = uses(tmp_path, code)
    assert [use for use in found if not use.startswith("read ?")] in [
        [f"write x{suffix}"] for suffix in ("", ".png", ".keras", ".npy", ".npz")
    ]


@pytest.mark.parametrize("code", NOTHING)
def test_touches_nothing_that_is_known(code: str, tmp_path: Path) -> None:
    assert [use for use in uses(tmp_path, code) if "?" not in use] == []


@pytest.mark.parametrize("code", MAYBE)
def test_may_not_happen(code: str, tmp_path: Path) -> None:
    assert uses(tmp_path, code) == ["read x maybe"]


def test_suffixes_that_functions_add(tmp_path: Path) -> None:
    code = (
        "import numpy as np\nimport matplotlib.pyplot as plt\nnp.save('a', x)\nplt.savefig('b')\nfig.savefig('c.pdf')\n"
    )
    assert uses(tmp_path, code) == ["write a.npy", "write b.png", "write c.pdf"]


def test_copies_read_and_write(tmp_path: Path) -> None:
    assert uses(tmp_path, "import shutil; shutil.copy('a', 'b')") == ["read a", "write b"]
    assert uses(tmp_path, "open('a', 'r+')") == ["read a", "write a"]
    assert uses(tmp_path, "import pyarrow.parquet as pq; pq.write_table(pq.read_table('a'), 'b')") == [
        "read a",
        "write b",
    ]


def test_a_file_that_git_tracks_is_there(tmp_path: Path) -> None:
    import subprocess

    code = "import os\nif os.path.exists('x.csv'):\n    open('x.csv')\nif os.path.isdir('x.csv'):\n    open('y')\n"
    (tmp_path / "x.csv").write_text("", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "x.csv"], cwd=tmp_path, check=True)
    assert uses(tmp_path, code) == ["read x.csv"]


def test_imported_code_counts_and_what_it_is_called_with(tmp_path: Path) -> None:
    code = """
        from pkg.io import load, Store
        from pkg import late
        load("a.csv")
        Store("folder").put("b.csv")
        late.run(load)
    """
    files = {
        "pkg/__init__.py": "open('init')\n",
        "pkg/io.py": "import pandas as pd\nDEFAULT = pd.read_csv('module.csv')\n"
        "def load(path):\n    return pd.read_csv(path)\n"
        "class Store:\n    def __init__(self, folder): self.folder = folder\n"
        "    def put(self, name): open(f'{self.folder}/{name}', 'w')\n"
        "def unused():\n    open('unused')\n"
        "if __name__ == '__main__':\n    open('main')\n",
        "pkg/late.py": "def run(function):\n    function('c.csv')\n",
    }
    expected = {"read init", "read module.csv", "read a.csv", "write folder/b.csv", "read c.csv"}
    assert set(uses(tmp_path, code, files=files)) == expected


def test_places_are_in_the_file_that_does_it(tmp_path: Path) -> None:
    from tests.scripts.python.scripts import run_of

    files = {"a.py": "from b import f\nf('x')\n", "b.py": "def f(name):\n    open(name)\n"}
    (use,) = run_of(tmp_path, "python a.py", files).files
    assert use.place.document.name == "b.py"
    assert use.what == "open(name)"


def test_nothing_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    code = f"import pathlib\npathlib.Path({str(marker)!r}).write_text('')\n"
    uses(tmp_path, code)
    assert not marker.exists()
