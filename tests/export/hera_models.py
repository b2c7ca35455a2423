"""The models of hera, which are made from Argo's own schema, in an environment that `PIPELINEKIT_HERA` names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

VARIABLE = "PIPELINEKIT_HERA"
_VALIDATE = """
import sys, yaml
from hera.workflows import models
for document in yaml.safe_load_all(sys.stdin.buffer.read()):
    try:
        getattr(models, document["kind"]).model_validate(document, extra="forbid")
    except ValueError as error:
        print(error)
"""


def why_no_hera() -> str | None:
    """Why there can be no hera; None if there can."""
    place = os.environ.get(VARIABLE)
    return None if place and Path(place, "bin", "hera").exists() else f"{VARIABLE} names no environment with hera"


def refused(text: str) -> str:
    """What hera has against the documents: unknown keys, wrong types, what is missing. Empty if nothing."""
    python = Path(os.environ[VARIABLE]) / "bin" / "python"
    result = subprocess.run([python, "-c", _VALIDATE], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return result.stdout.decode()
