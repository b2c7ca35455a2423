"""The cache on this disk: what it knows of folders. Nothing is fetched."""

from __future__ import annotations

import json
import os

from pipelinekit.project.config import read_config
from pipelinekit.project.project import Project

#: The list of a folder that is longer than this is not read.
MAX_BYTES = 32 * 1024 * 1024


class Cache:
    """The cache of a project, where it is by its configuration."""

    def __init__(self, project: Project) -> None:
        folder = ".dvc/cache"
        for config in read_config(project):
            value = config.get("cache", "dir")
            if value is not None:
                folder = os.path.join(".dvc", value.value)
        self._folder = os.path.join(project.root, folder)

    def files_of(self, md5: str) -> dict[str, str] | None:
        """MD5 by path of the files in a folder, from the MD5 of the folder; None where the cache lacks it."""
        for place in (("files", "md5", md5[:2], md5[2:]), (md5[:2], md5[2:])):
            found = _listed(os.path.join(self._folder, *place))
            if found is not None:
                return found
        return None


def _listed(path: str) -> dict[str, str] | None:
    try:
        with open(path, "rb") as file:
            entries = json.loads(file.read(MAX_BYTES))
        return {str(entry["relpath"]): str(entry["md5"]) for entry in entries}
    except (OSError, ValueError, KeyError, TypeError):
        return None
