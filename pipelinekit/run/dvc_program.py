"""The `dvc` that a project is run with: a program, of whatever version and in whatever environment."""

from __future__ import annotations

import os
import shutil
import sys


class NoDvcError(Exception):
    """There is no `dvc` to run stages with."""


_PROGRAMS = "Scripts" if os.name == "nt" else "bin"


def find_dvc(root: str) -> str:
    """The path of `dvc`: beside the Python that runs this, on PATH, or in the project's `.venv`. Raises NoDvcError."""
    for place in (*_beside_python(), None, *(os.path.join(root, name, _PROGRAMS) for name in (".venv", "venv"))):
        found = shutil.which("dvc", path=place)
        if found is not None:
            return os.path.abspath(found)
    raise NoDvcError(
        "there is no 'dvc' to run the stages with: not beside this Python, not on PATH, not in the project's .venv "
        "(pip install 'pipelinekit[dvc]' brings one)"
    )


def _beside_python() -> tuple[str, ...]:
    return os.path.dirname(sys.executable), os.path.join(sys.prefix, _PROGRAMS)
