"""DVC's cache on this disk: which contents it has, and what it knows of folders. Nothing is fetched or removed."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator

from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.config import Config, read_config
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.project import Project
from pipelinekit.yaml.tree import Document

#: The list of a folder that is longer than this is not read.
MAX_BYTES = 32 * 1024 * 1024
#: What DVC makes of a content that it has checked: nobody writes to it, so it is not checked again.
_PROTECTED = 0o444


class Cache:
    """The cache of a project, where it is by its configuration."""

    def __init__(self, project: Project) -> None:
        self._folder = cache_folder(project)
        self._listed: dict[str, dict[str, str] | None] = {}

    def files_of(self, md5: str) -> dict[str, str] | None:
        """MD5 by path of the files in a folder, from the MD5 of the folder; None where the cache lacks it."""
        if md5 not in self._listed:
            lists = (_listed(self.path_of(md5, legacy=legacy)) for legacy in (False, True))
            self._listed[md5] = next((found for found in lists if found is not None), None)
        return self._listed[md5]

    def content(self, md5: str) -> bytes | None:
        """What a file held, from its MD5; None where the cache lacks it, and where it is larger than `MAX_BYTES`."""
        found = (_content(self.path_of(md5, legacy=legacy)) for legacy in (False, True))
        return next((data for data in found if data is not None), None)

    def path_of(self, md5: str, *, legacy: bool) -> str:
        """Where a content is, if it is there: DVC 2 had another place for it."""
        place = (md5[:2], md5[2:]) if legacy else ("files", "md5", md5[:2], md5[2:])
        return os.path.join(self._folder, *place)

    def has(self, md5: str, *, legacy: bool, is_sound: Callable[[str, str, bool], bool]) -> bool:
        """Whether a content is there; of a folder, that of each of its files as well.

        DVC compares a content that somebody could have written to with its MD5: so does `is_sound`, which is given
        the file, the MD5, and whether DVC 2 computed it.
        """
        if not self._has_file(md5, legacy, is_sound):
            return False
        if not md5.endswith(".dir"):
            return True
        files = _listed(self.path_of(md5, legacy=legacy), None)
        return files is not None and all(self._has_file(one, legacy, is_sound) for one in set(files.values()))

    def _has_file(self, md5: str, legacy: bool, is_sound: Callable[[str, str, bool], bool]) -> bool:
        path = self.path_of(md5, legacy=legacy)
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError):
            return False
        if not stat.S_ISREG(mode):
            return False
        return stat.S_IMODE(mode) == _PROTECTED or is_sound(path, md5.removesuffix(".dir"), legacy)


def cache_folder(project: Project) -> str:
    """The folder of the cache, by the configuration of the machine, the user and the project; absolute."""
    folder = os.path.join(project.root, DVC_FOLDER, "cache")
    for base in _folders_of_machine():
        config = _config_in(base)
        value = config.get("cache", "dir") if config is not None else None
        if value is not None:
            folder = os.path.join(base, os.path.expanduser(value.value))
    for config in read_config(project):
        value = config.get("cache", "dir")
        if value is not None:
            folder = os.path.join(project.root, DVC_FOLDER, os.path.expanduser(value.value))
    return os.path.normpath(folder)


def _config_in(folder: str) -> Config | None:
    path = os.path.join(folder, "config")
    try:
        return Config(Document(read_text(path), path))
    except (UnreadableError, FileNotFoundError):
        return None


def _folders_of_machine() -> Iterator[str]:
    """Where DVC looks for the settings of all users and of this one; what a later one says counts."""
    if sys.platform == "win32":
        system = os.path.join(os.environ.get("ALLUSERSPROFILE", "C:\\ProgramData"), "iterative", "dvc")
        user = os.path.join(os.environ.get("LOCALAPPDATA", os.path.expanduser("~")), "iterative", "dvc")
    elif sys.platform == "darwin":
        system = "/Library/Application Support/dvc"
        user = os.path.expanduser("~/Library/Application Support/dvc")
    else:
        shared = os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0] or "/etc/xdg"
        system = os.path.join(shared, "dvc")
        user = os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "dvc")
    yield os.environ.get("DVC_SYSTEM_CONFIG_DIR") or system
    yield os.environ.get("DVC_GLOBAL_CONFIG_DIR") or user


def _listed(path: str, limit: int | None = MAX_BYTES) -> dict[str, str] | None:
    try:
        with open(path, "rb") as file:
            entries = json.loads(file.read(limit))
        if not isinstance(entries, list):
            return None
        return {str(entry["relpath"]): str(entry["md5"]) for entry in entries}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES) if os.fstat(file.fileno()).st_size <= MAX_BYTES else None
    except (OSError, ValueError):
        return None
