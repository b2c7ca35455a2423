"""kfp in an environment of its own, which `PIPELINEKIT_KFP` names."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.end_to_end.programs import ENVIRONMENT

VARIABLE = "PIPELINEKIT_KFP"
_LOAD = """
import json, sys, warnings, yaml
warnings.simplefilter("ignore")
from google.protobuf import json_format
from kfp import components
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec
text = open(sys.argv[1], encoding="utf-8").read()
spec = json_format.ParseDict(yaml.safe_load(text), PipelineSpec())
components.load_component_from_file(sys.argv[1])
needs = {name: sorted(task.dependent_tasks) for name, task in spec.root.dag.tasks.items()}
print(json.dumps({"needs": needs, "spec": json_format.MessageToDict(spec)}))
"""


def why_no_kfp() -> str | None:
    """Why there can be no kfp; None if there can."""
    place = os.environ.get(VARIABLE)
    return None if place and Path(place, "bin", "kfp").exists() else f"{VARIABLE} names no environment with kfp"


def run_python(*arguments: str, folder: Path, status: int = 0, **variables: str) -> str:
    """Run the Python that has kfp; what it prints."""
    python = Path(os.environ[VARIABLE]) / "bin" / "python"
    ended = subprocess.run(
        [str(python), "-W", "ignore", *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout if status == 0 else ended.stdout + ended.stderr


def loaded(path: Path) -> dict[str, Any]:
    """A pipeline as kfp and its protobuf have it: `needs`, tasks by task, and `spec`, all of it."""
    answer: dict[str, Any] = json.loads(run_python("-c", _LOAD, str(path), folder=path.parent).splitlines()[-1])
    return answer
