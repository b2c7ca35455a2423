"""Flawed projects are found out, each flaw at its place, in one run; sound ones are left in peace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelinekit.rules.page import Example, Mark, example
from tests.command_line import run
from tests.rules.examples import build

FOLDER = Path(__file__).parent


class Project(NamedTuple):
    title: str
    codes: tuple[str, ...]
    example: Example


def projects_in(name: str) -> list[Project]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    found = []
    for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        name, _, codes = title.partition(": PK")
        found.append(Project(name, tuple(f"PK{codes}".split()) if codes else (), example(body)))
    return found


FLAWED = projects_in("flawed.md")
SOUND = projects_in("sound.md")


@pytest.mark.parametrize("project", FLAWED, ids=lambda project: project.title)
def test_flaw_is_found_at_its_place_and_nothing_else(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    build(project.example, folder)
    result = run("lint", "--output-format", "json", "--project", str(folder))
    findings = json.loads(result.stdout)["findings"]
    assert sorted(finding["code"] for finding in findings) == sorted(project.codes), findings
    marks = [Mark(finding["file"], finding["line"], finding["column"], finding["end_column"]) for finding in findings]
    assert sorted(marks) == sorted(project.example.marks)
    assert result.status == 1


@pytest.mark.parametrize("project", SOUND, ids=lambda project: project.title)
def test_sound_project_has_no_finding(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    build(project.example, folder)
    result = run("lint", "--output-format", "concise", "--project", str(folder))
    assert result.stdout == ""
    assert result.status == 0


def test_there_are_as_many_as_the_list_of_flaws_has() -> None:
    assert len(FLAWED) >= 22
