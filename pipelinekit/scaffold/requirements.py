"""The version of DVC, in a requirements file that names none."""

from __future__ import annotations

import os

from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.project import Project
from pipelinekit.project.requirements import dvc_requirements
from pipelinekit.scaffold.additions import Additions
from pipelinekit.scaffold.surroundings import Surroundings, installed_dvc

_FILE = "requirements.txt"


def add_dvc_requirement(around: Surroundings, project: Project, added: Additions) -> None:
    """Pin the DVC beside this program in `requirements.txt`, if no file asks for any version. Raises WriteError.

    A project that lists its requirements in another way is left to whoever chose that.
    """
    if dvc_requirements(project):
        return
    version = installed_dvc()
    if not version:
        added.notes.append("There is no DVC here whose version could be pinned: 'pip install pipelinekit[dvc]' first.")
        return
    line = f"dvc[{around.extra}]{version}" if around.extra else f"dvc{version}"
    path = os.path.join(around.folder, _FILE)
    try:
        text = read_text(path)
    except FileNotFoundError:
        if _has_other_requirements(around.folder):
            added.notes.append(f"Add {line} to the project's requirements.")
        else:
            added.add(path, f"{line}\n")
    except (OSError, UnreadableError) as error:
        added.notes.append(f"{_FILE} can't be read ({error}); add {line} to it.")
    else:
        ending = "\r\n" if "\r\n" in text else "\n"
        gap = ending if text and not text.endswith("\n") else ""
        added.edit(path, text, f"{text}{gap}{line}{ending}")


def _has_other_requirements(folder: str) -> bool:
    names = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "environment.yml", "environment.yaml", "pixi.toml")
    return any(os.path.lexists(os.path.join(folder, name)) for name in names)
