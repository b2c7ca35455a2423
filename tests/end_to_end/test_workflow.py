"""The workflow that `init --ci github` writes, step by step, as a runner would do it: on a branch, then on main."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelinekit.cli.app import COMMANDS
from tests.end_to_end.programs import ENVIRONMENT, call, ran_stages

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has run, on main, with a remote for its data; `origin.git` and `store` lie beside it."""
    call("git", "init", "-q", "--bare", "--initial-branch=main", "origin.git", folder=tmp_path)
    call("git", "init", "-q", "--initial-branch=main", "demo", folder=tmp_path)
    store = str(tmp_path / "store")
    call("pipelinekit", "init", "demo", "--ci", "github", "--remote", store, folder=tmp_path)
    folder = tmp_path / "demo"
    call("dvc", "repro", "-q", folder=folder)
    call("dvc", "push", "-q", folder=folder)
    call("git", "remote", "add", "origin", "../origin.git", folder=folder)
    save(folder, "first")
    call("git", "push", "-q", "origin", "main", folder=folder)
    return folder


def save(folder: Path, message: str) -> str:
    call("git", "add", ".", folder=folder)
    call("git", "commit", "-qm", message, folder=folder)
    return call("git", "rev-parse", "HEAD", folder=folder).strip()


def faster(folder: Path) -> None:
    params = folder / "params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace("learning_rate: 0.5", "learning_rate: 0.2"))


def steps(folder: Path, job: str) -> dict[str, str]:
    """What the steps of a job run, by name."""
    loaded: dict[str, Any] = yaml.safe_load((folder / ".github/workflows/pipelinekit.yml").read_text())
    return {step["name"]: step["run"] for step in loaded["jobs"][job]["steps"] if "run" in step}


def run_step(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_a_pull_request_gets_a_report(project: Path) -> None:
    base = call("git", "rev-parse", "HEAD", folder=project).strip()
    call("git", "switch", "-qc", "faster", folder=project)
    faster(project)
    save(project, "faster")
    fresh = project.parent / "fresh"
    call("git", "clone", "-q", "-b", "faster", "demo", "fresh", folder=project.parent)
    scripts = steps(fresh, "check")
    environment = {
        "BASE": base,
        "RUNNER_TEMP": str(project.parent),
        "GITHUB_OUTPUT": str(project.parent / "output"),
        "GITHUB_STEP_SUMMARY": str(project.parent / "summary"),
        "GITHUB_ACTIONS": "true",
    }
    for name in ("Show what is stale", "Report"):
        result = run_step(scripts[name], fresh, **environment)
        assert result.returncode == 0, f"{name}: {result.stdout}"
    # the lint of a branch whose lock was left behind says so
    assert "::" in run_step(scripts["Lint"], fresh, **environment).stdout
    first, marker, *page, last = (project.parent / "output").read_text().splitlines()
    assert first == f"page<<{last}"
    assert marker.startswith("<!-- pipelinekit report")
    assert "train" in "\n".join(page)
    assert "train" in (project.parent / "summary").read_text()


def test_main_runs_pushes_and_records(project: Path) -> None:
    faster(project)
    pushed = save(project, "faster")
    call("git", "push", "-q", "origin", "main", folder=project)
    checkout = project.parent / "checkout"
    call("git", "clone", "-q", "origin.git", "checkout", folder=project.parent)
    scripts = steps(checkout, "run")
    if "run" not in COMMANDS:
        scripts["Run what is outdated"] = "dvc repro"
    environment = {"TOKEN": "t", "BRANCH": "main", "GITHUB_SHA": pushed}
    said = ""
    for name in ("Pull what is there", "Run what is outdated", "Push", "Commit dvc.lock"):
        result = run_step(scripts[name], checkout, **environment)
        assert result.returncode == 0, f"{name}: {result.stdout}"
        said += result.stdout
    if "run" not in COMMANDS:
        assert ran_stages(said) == ["train", "evaluate"]
    changed = call("git", "show", "--name-only", "--format=", "main", folder=project.parent / "origin.git").split()
    assert {"dvc.lock", "metrics.json"} <= set(changed)
    fresh = project.parent / "fresh"
    call("git", "clone", "-q", "origin.git", "fresh", folder=project.parent)
    call("dvc", "pull", "-q", folder=fresh)
    assert json.loads(call("dvc", "status", "--json", folder=fresh)) == {}
    assert os.listdir(fresh / "models")
