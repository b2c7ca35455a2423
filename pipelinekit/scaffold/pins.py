"""What generated files pin: actions by commit, images by digest. Each was looked up, none is made up.

An action's hash is the commit to which the tag beside it points in the action's own repository; the image's digest is
that of the multi-platform index which docker-library/repo-info records for the tag.
"""

from __future__ import annotations

from typing import NamedTuple

import pipelinekit


class Pin(NamedTuple):
    """An action at a commit, and the tag that the commit has."""

    name: str
    commit: str
    tag: str

    def step(self, part: str = "") -> str:
        """What stands behind `uses:`; `part` is an action inside of the action's repository."""
        name = f"{self.name}/{part}" if part else self.name
        return f"{name}@{self.commit} # {self.tag}"


CHECKOUT = Pin("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1")
SETUP_PYTHON = Pin("actions/setup-python", "5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0")
CACHE = Pin("actions/cache", "27d5ce7f107fe9357f9df03efb73ab90386fccae", "v5.0.5")

PYTHON = "3.13"
PYTHON_IMAGE = "python:3.13.14-slim-trixie@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6"


def own_requirement(extra: str = "[dvc]") -> str:
    """pipelinekit, as new as the one that writes the file, and none that may have changed its commands."""
    major, minor, *_ = pipelinekit.__version__.split(".")
    above = f"0.{int(minor) + 1}" if major == "0" else str(int(major) + 1)
    return f"pipelinekit{extra}>={pipelinekit.__version__},<{above}"
