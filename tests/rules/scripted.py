"""Lints one script that one stage runs."""

from __future__ import annotations

from pathlib import Path

from pipelinekit.rules.finding import Finding
from tests.rules.linting import findings

PIPELINE = """
stages:
  train:
    cmd: {cmd}
    deps:
    - train.py
    outs:
    - model.pkl
"""


def found_in(folder: Path, code: str, rule: str, cmd: str = "python train.py", **modules: str) -> list[Finding]:
    """What a rule finds in `train.py`; further modules by their names, with `__` for `/`."""
    files = {"dvc.yaml": PIPELINE.format(cmd=cmd), "train.py": code}
    files.update({name.replace("__", "/") + ".py": text for name, text in modules.items()})
    return findings(folder, files, rule)


def marked(found: list[Finding]) -> list[str]:
    """The text at the place of each finding."""
    return [one.place.document.text[one.place.start : one.place.end] for one in found]
