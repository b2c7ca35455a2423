"""The cache on this disk: the contents that it has. Nothing is fetched."""

from __future__ import annotations

import json
import os

from pipelinekit.project.config import read_config
from pipelinekit.project.project import Project

#: What is larger than this, the list of a folder included, is not read.
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

    def content(self, md5: str) -> bytes | None:
        """What a file held, from its MD5; None where the cache lacks it, and where it is larger than `MAX_BYTES`."""
        # DVC 3 keeps its objects apart from those of DVC 2
        places = (("files", "md5", md5[:2], md5[2:]), (md5[:2], md5[2:]))
        found = (_read(os.path.join(self._folder, *place)) for place in places)
        return next((data for data in found if data is not None), None)

    def files_of(self, md5: str) -> dict[str, str] | None:
        """MD5 by path of the files in a folder, from the MD5 of the folder; None where the cache lacks it."""
        data = self.content(md5)
        try:
            return (
                {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(data)} if data is not None else None
            )
        except (ValueError, KeyError, TypeError):
            return None


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES) if os.fstat(file.fileno()).st_size <= MAX_BYTES else None
    except (OSError, ValueError):
        return None
