"""Runs the containers of a Kubeflow pipeline without containers: what happens on the way to a shell happens here."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_REFERENCE = re.compile(r"\$(\$|\([^)]*\))")


def run_containers(ir: Mapping[str, Any], image: Path, workspace: Path, environment: Mapping[str, str]) -> None:
    """Run each task in a fresh copy of `image`, which lies in `workspace`, the folder that the pipeline was told.

    What the tasks make ends up as `artifacts/TASK/NAME` beside the workspace. Raises CalledProcessError.
    """
    artifacts = workspace.parent / "artifacts"
    tasks = ir["root"]["dag"]["tasks"]
    done: set[str] = set()
    while len(done) < len(tasks):
        ready = [name for name in tasks if name not in done and done.issuperset(tasks[name].get("dependentTasks", ()))]
        assert ready, "tasks that wait for each other"
        for name in ready:
            shutil.rmtree(workspace, ignore_errors=True)
            shutil.copytree(image, workspace, symlinks=True)
            places = {}
            for key, source in tasks[name].get("inputs", {}).get("artifacts", {}).items():
                made = source["taskOutputArtifact"]
                place = artifacts / made["producerTask"] / made["outputArtifactKey"]
                places[f"{{{{$.inputs.artifacts['{key}'].path}}}}"] = str(place)
            component = ir["components"][tasks[name]["componentRef"]["name"]]
            for key in component.get("outputDefinitions", {}).get("artifacts", ()):
                places[f"{{{{$.outputs.artifacts['{key}'].path}}}}"] = str(artifacts / name / key)
            _run(ir["deploymentSpec"]["executors"][component["executorLabel"]]["container"], places, environment)
        done.update(ready)


def _run(container: Mapping[str, Any], places: Mapping[str, str], environment: Mapping[str, str]) -> None:
    variables = {one["name"]: one["value"] for one in container.get("env", ())}
    words = [*container["command"], *container["args"]]
    words = [expanded(placed(word, places), {**environment, **variables}) for word in words]
    subprocess.run(words, env={**environment, **variables}, cwd="/", check=True)


def placed(word: str, places: Mapping[str, str]) -> str:
    """As Kubeflow and Argo fill in an argument: whatever looks like a placeholder is replaced."""
    return _PLACEHOLDER.sub(lambda match: places.get(match[0], "REPLACED"), word)


def expanded(word: str, variables: Mapping[str, str]) -> str:
    """As Kubernetes expands an argument: `$(NAME)` if there is such a variable, and `$` of `$$`."""
    return _REFERENCE.sub(lambda match: "$" if match[1] == "$" else variables.get(match[1][1:-1], match[0]), word)
