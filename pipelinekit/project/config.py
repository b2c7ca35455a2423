"""`.dvc/config` and `.dvc/config.local`, with the place of every value.

ConfigObj, with which DVC reads them, forgets where things stand; so the lines are read here, by the rules that DVC
writes them.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.yaml.tree import Document, Place

SHARED = f"{DVC_FOLDER}/config"
#: Of this machine alone: git ignores it.
LOCAL = f"{DVC_FOLDER}/config.local"

_SECTION = re.compile(r"^[ \t]*\[[ \t]*(?P<quote>['\"]?)(?P<name>[^\[\]\n]+?)(?P=quote)[ \t]*\]", re.MULTILINE)
_VALUE = re.compile(
    r"^[ \t]*(?P<key>[\w.-]+)[ \t]*=[ \t]*"
    r"(?:'(?P<single>[^'\n]*)'|\"(?P<double>[^\"\n]*)\"|(?P<plain>[^\n#'\"][^\n#]*)?)[ \t]*(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_REMOTE = re.compile(r"remote[ \t]+\"(?P<name>.+)\"")
_BY_NAME = ("version_aware", "worktree")
#: What DVC takes for yes.
_TRUE = frozenset({"1", "enable", "on", "true", "yes"})
_LOCAL_PATH = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]+://)")


class ConfigValue(NamedTuple):
    """A value, and where it stands."""

    section: str
    key: str
    value: str
    place: Place


class Config:
    """One configuration file. Sections and keys in lower case, as DVC takes them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        #: where each section's header stands
        self.sections: dict[str, Place] = {}
        self.values: list[ConfigValue] = []
        headers = list(_SECTION.finditer(document.text))
        ends = [*(header.start() for header in headers[1:]), len(document.text)]
        for header, end in zip(headers, ends, strict=False):  # without a section there is one end, and nothing to read
            name = header["name"].lower()
            self.sections.setdefault(name, Place(document, header.start("name") - len(header["quote"]), header.end()))
            for match in _VALUE.finditer(document.text, header.end(), end):
                group = next((group for group in ("single", "double", "plain") if match[group] is not None), None)
                value = (match[group] if group is not None else "").rstrip(" \t\r")
                start = match.start(group) if group is not None else match.end()
                place = Place(document, start, start + len(value))
                self.values.append(ConfigValue(name, match["key"].lower(), value, place))

    def get(self, section: str, key: str) -> ConfigValue | None:
        """A value; the last one counts."""
        found = [value for value in self.values if (value.section, value.key) == (section, key)]
        return found[-1] if found else None

    @property
    def remotes(self) -> dict[str, ConfigValue | None]:
        """The address of each remote, by name; None for one that has none here."""
        found: dict[str, ConfigValue | None] = {}
        for section in self.sections:
            match = _REMOTE.fullmatch(section)
            if match is not None:
                found[match["name"]] = self.get(section, "url")
        return found


def is_local_path(address: str) -> bool:
    """Whether a remote is a folder."""
    return _LOCAL_PATH.match(address) is not None


def default_remote(configs: list[Config]) -> str | None:
    """The name of the remote that DVC uses if no other is named."""
    return next((value.value for config in reversed(configs) if (value := config.get("core", "remote"))), None)


def settings_of_remote(configs: list[Config], name: str) -> dict[str, ConfigValue]:
    """All that is said of a remote, by its settings; what a later file says counts."""
    section = f'remote "{name}"'.lower()
    return {value.key: value for config in configs for value in config.values if value.section == section}


def kept_by_name(settings: dict[str, ConfigValue]) -> str | None:
    """The setting by which a remote keeps files under their own names, and not by their content; None without one."""
    found = (key for key in _BY_NAME if key in settings and settings[key].value.lower() in _TRUE)
    return next(found, None)


def folder_of_remote(value: ConfigValue, root: str) -> str:
    """A remote that is a folder, absolute: DVC takes its address from the file that has it."""
    folder = os.path.join(root, os.path.dirname(value.place.document.name))
    return os.path.normpath(os.path.join(folder, os.path.expanduser(value.value)))


def read_shared_config(project: Project) -> Config | None:
    """What git shares; None if there is no such file."""
    return _read(project, SHARED)


def read_config(project: Project) -> list[Config]:
    """The configuration files that are there; what a later one says counts."""
    return [config for config in (_read(project, path) for path in (SHARED, LOCAL)) if config is not None]


def _read(project: Project, path: str) -> Config | None:
    try:
        return Config(Document(project.disk.read(path), path))
    except (UnreadableError, FileNotFoundError):
        return None
