"""Where sound projects come from: the examples, the pages of the rules, folders of real projects."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipelinekit.project.project import Project, projects_below
from pipelinekit.rules.page import Example, example, sections
from pipelinekit.rules.rule import load_rules
from tests.lint.test_flawed import projects_in
from tests.rules.examples import build

EXAMPLES = Path(__file__).parents[2] / "examples"


class Source(NamedTuple):
    """A project and what it is called here."""

    name: str
    project: Project


def own_projects(folder: Path) -> Iterator[Source]:
    """The examples of this repository and the projects of its tests, built in a folder where need be."""
    for path in sorted(EXAMPLES.iterdir()):
        if (path / ".dvc").is_dir():
            yield Source(f"examples/{path.name}", Project(str(path)))
    shown: list[tuple[str, Example]] = [(f"sound.md: {made.title}", made.example) for made in projects_in("sound.md")]
    for rule in load_rules():
        parts = sections(rule)
        # what suppresses findings has a say of its own in what is found
        if "Use instead" in parts and not rule.code.startswith("PK9"):
            shown.append((f"{rule.code}, use instead", example(parts["Use instead"])))
    for number, (name, project) in enumerate(shown):
        yield Source(name, build(project, folder / str(number)))


def repositories(folder: Path) -> Iterator[Source]:
    """The projects of whole repositories, one per subfolder. Nothing is written there."""
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        for root in _roots(path):
            yield Source(str(root.relative_to(folder)), Project(str(root)))


def corpus(folder: Path, copies: Path) -> Iterator[Source]:
    """Real projects of which only the pipeline files are there; the rest, in `_files.txt`, is made here, empty."""
    for path in sorted(path for path in folder.iterdir() if (path / "_files.txt").is_file()):
        copy = copies / path.name
        shutil.copytree(path, copy, copy_function=shutil.copyfile)
        for made in (copy, *copy.rglob("*/")):
            made.chmod(0o755)
        for name in (path / "_files.txt").read_text(encoding="utf-8").splitlines():
            file = copy / name
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
        for root in _roots(copy):
            yield Source(str(root.relative_to(copies)), Project(str(root)))


def _roots(folder: Path) -> list[Path]:
    found: list[Path] = []
    for inner, folders, _ in os.walk(folder):
        if ".dvc" in folders:
            found.append(Path(inner))
        folders[:] = sorted(name for name in folders if name not in (".git", ".dvc"))
    return found or [Path(project.root) for project in projects_below(str(folder))]
