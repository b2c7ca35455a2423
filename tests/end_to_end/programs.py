"""Runs the real programs, quietly and without network chatter of their own."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

# pre-commit keeps the environment of each hook that it ever ran
_PRE_COMMIT_HOME = tempfile.mkdtemp()
atexit.register(shutil.rmtree, _PRE_COMMIT_HOME, ignore_errors=True)
#: The programs that are installed beside this Python.
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "DVC_NO_ANALYTICS": "1",
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@localhost",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PRE_COMMIT_HOME": _PRE_COMMIT_HOME,
}


def call(*command: str, folder: Path, status: int | None = 0, environment: Mapping[str, str] = ENVIRONMENT) -> str:
    """Run a program and return what it printed, to either stream; `status` None takes any."""
    result = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    assert status is None or result.returncode == status, f"{' '.join(command)}: {result.returncode}\n{result.stdout}"
    return result.stdout


def ran_stages(output: str) -> list[str]:
    """The stages that a `dvc repro` ran."""
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage ")]
