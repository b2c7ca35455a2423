"""The hooks of `.pre-commit-hooks.yaml`, through the real pre-commit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.end_to_end.programs import call

ROOT = Path(__file__).parents[2]
TEXT = "stages:\n  a:\n    cmd: python a.py\n    deps:\n    - a.py\n    metrics:\n    - m.json  # kept\n"

pytestmark = pytest.mark.slow


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """This repository as it stands, committed somewhere: pre-commit installs from commits only."""
    folder = tmp_path / "hooks"
    for name in call("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT).splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    call("git", "init", "--quiet", folder=folder)
    call("git", "add", ".", folder=folder)
    call("git", "commit", "--quiet", "-m", "as it stands", folder=folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, hooks: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc" / "config").write_text("")
    (folder / "a.py").write_text("")
    revision = call("git", "rev-parse", "HEAD", folder=hooks).strip()
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n  - id: pipelinekit-fix\n  - id: pipelinekit-lint\n"
    )
    call("git", "init", "--quiet", folder=folder)
    return folder


def test_hooks_stop_a_commit_mend_it_and_let_it_pass(project: Path) -> None:
    (project / "dvc.yaml").write_text(TEXT, encoding="utf-8")
    call("git", "add", ".", folder=project)
    call("pre-commit", "install", folder=project)

    stopped = call("git", "commit", "-m", "cached metric", folder=project, status=1)
    assert "files were modified by this hook" in stopped
    mended = TEXT.replace("- m.json  # kept", "- m.json:  # kept\n        cache: false")
    assert (project / "dvc.yaml").read_text(encoding="utf-8") == mended
    call("git", "add", ".", folder=project)
    call("git", "commit", "-m", "metric in git", folder=project)

    (project / "README.md").write_text("nothing to do with a pipeline")
    call("git", "add", ".", folder=project)
    call("git", "commit", "-m", "readme", folder=project)

    call("git", "rm", "--quiet", "a.py", folder=project)
    refused = call("git", "commit", "-m", "script gone", folder=project, status=1)
    assert "PK103" in refused
    assert "a.py, which does not exist" in refused


def test_the_status_hook_warns_of_stale_outputs_and_stops_where_that_is_wanted(project: Path) -> None:
    config = project / ".pre-commit-config.yaml"
    text = config.read_text(encoding="utf-8").partition("  hooks:\n")[0] + "  hooks:\n  - id: pipelinekit-status\n"
    config.write_text(text, encoding="utf-8")
    command = "cp a.py model.txt"
    (project / "dvc.yaml").write_text(f"stages:\n  a:\n    cmd: {command}\n    deps: [a.py]\n    outs: [model.txt]\n")
    (project / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
    call("dvc", "repro", folder=project)
    call("git", "add", ".", folder=project)
    call("pre-commit", "install", "--hook-type", "pre-commit", "--hook-type", "pre-push", folder=project)
    assert "1 stage: 1 fresh" in call("git", "commit", "-m", "ran", folder=project)

    (project / "a.py").write_text("print('other')\n")
    call("git", "add", ".", folder=project)
    warned = call("git", "commit", "-m", "code alone", folder=project)
    assert "stale      a\n           a.py changed\n" in warned
    assert "Run 'dvc repro', and commit dvc.lock with the results." in warned
    assert not (project / "model.txt").read_text(), "nothing was run"

    call("git", "init", "--quiet", "--bare", "../there", folder=project)
    assert "a.py changed" in call("git", "push", "../there", "HEAD:main", folder=project)
    config.write_text(text + "    args: [--no-exit-zero]\n    stages: [pre-push]\n", encoding="utf-8")
    call("git", "commit", "--quiet", "-am", "stop", folder=project)
    assert "a.py changed" in call("git", "push", "../there", "HEAD:main", folder=project, status=1)
    call("dvc", "repro", folder=project)
    call("git", "commit", "--quiet", "-am", "ran again", folder=project)
    call("git", "push", "../there", "HEAD:main", folder=project)
