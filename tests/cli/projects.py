"""Small projects for the tests of commands."""

from __future__ import annotations

from pathlib import Path

CLEAN = """\
stages:
  train:
    cmd: python train.py
    deps:
    - train.py
    outs:
    - model.pkl
"""
#: one error and one warning that has a fix, in lines 5 and 9
FLAWED = """\
stages:
  train:
    cmd: python train.py
    deps:
    - nowhere.csv
    - train.py
    outs:
    - model.pkl
    metrics: [metrics.json]  # kept
"""


def make(folder: Path, text: str = CLEAN, **files: str) -> Path:
    """A DVC project without git; `files` are named with `_` for the dot."""
    (folder / ".dvc").mkdir(parents=True)
    (folder / "dvc.yaml").write_text(text, encoding="utf-8")
    (folder / "train.py").write_text("", encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return folder
