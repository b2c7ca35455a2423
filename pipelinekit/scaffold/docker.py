"""A Dockerfile in which the same dvc.yaml runs as outside."""

from __future__ import annotations

import os
import re

import pipelinekit
from pipelinekit.scaffold.additions import Additions
from pipelinekit.scaffold.fill import filled
from pipelinekit.scaffold.pins import PYTHON_IMAGE
from pipelinekit.scaffold.surroundings import UNPINNED, Surroundings, installation


def add_image(around: Surroundings, added: Additions) -> None:
    """`Dockerfile` and `.dockerignore`, in the project's folder."""
    added.add(os.path.join(around.folder, "Dockerfile"), dockerfile(around))
    added.add(os.path.join(around.folder, ".dockerignore"), filled("dockerignore"))
    if not installation(around).is_locked:
        added.notes.append(UNPINNED)


def _ignored(commands: tuple[str, ...]) -> str:
    """What hadolint should pass over: package managers that come in whatever version, to install what is locked."""
    loose = any(" install uv" in command or " install poetry" in command for command in commands)
    return "# hadolint ignore=DL3013\n" if loose or not all("==" in command for command in commands[-1:]) else ""


def dockerfile(around: Surroundings) -> str:
    """The text of the Dockerfile."""
    found = installation(around, exact=pipelinekit.__version__)
    is_package = "pip install . " in found.commands[-1]
    copied = f"COPY {' '.join(found.files)} ./\n" if found.files else ""
    if is_package:
        copied = "COPY . .\n"  # the project is a package, and is built from its sources
    return filled(
        "Dockerfile",
        image=PYTHON_IMAGE,
        tag=re.sub(r"[^a-z0-9]+", "-", os.path.basename(around.folder).lower()).strip("-") or "pipeline",
        packages="git openssh-client" if around.scheme == "ssh" else "git",
        requirements=copied + _ignored(found.commands) + "RUN " + " \\\n    && ".join(found.commands) + "\n",
    )
