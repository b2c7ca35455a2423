"""Every command explains itself, with an example."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.cli.app import COMMANDS
from tests.command_line import run

GROUPS = {"export": ("Orchestrators", ["airflow", "kubeflow", "argo"])}
EVERY = [(name,) for name in COMMANDS] + [(name, inner) for name, (_, all_) in GROUPS.items() for inner in all_]


def listed(text: str, title: str) -> list[str]:
    section = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in section.splitlines() if line[2:3].strip()]


def test_all_commands_are_listed(tmp_path: Path) -> None:
    result = run("--help", folder=tmp_path)
    assert (result.status, result.stderr) == (0, "")
    assert listed(result.stdout, "Commands") == list(COMMANDS)
    for name, (title, inner) in GROUPS.items():
        assert listed(run(name, "--help", folder=tmp_path).stdout, title) == inner


@pytest.mark.parametrize("names", EVERY, ids=" ".join)
def test_each_has_an_example(names: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*names, "--help", folder=tmp_path)
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.startswith(f"Usage: pipelinekit {' '.join(names)} ")
    assert f"Example: pipelinekit {names[0]}" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("lnt",), "no command is called 'lnt'. Did you mean 'lint'?"),
        (("export", "slurm"), "'slurm' is none of airflow, kubeflow, argo"),
    ],
)
def test_what_is_no_command_is_said(names: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = run(*names, folder=tmp_path)
    assert (result.status, result.stdout) == (2, "")
    assert said in result.stderr
