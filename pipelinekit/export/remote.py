"""The project's default remote, as other programs reach it: its objects lie there by the MD5 of their contents."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelinekit.project.config import default_remote, folder_of_remote, is_local_path, read_config
from pipelinekit.project.project import Project

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<bucket>[^/]*)/?(?P<prefix>.*)", re.IGNORECASE)

#: What DVC takes for yes in its configuration.
_TRUE = frozenset({"1", "enable", "on", "true", "yes"})


class Remote(NamedTuple):
    """Where objects lie."""

    name: str
    #: `s3`, `gs`, `azure`…; `file` for a folder
    scheme: str
    #: the bucket or container; empty for a folder
    bucket: str
    #: the path of the remote: in the bucket, without `/` at either end, or of the folder, absolute
    path: str
    #: of a server that speaks S3 and is not Amazon's; empty for the usual one
    endpoint: str = ""
    region: str = ""
    #: whether it keeps files under their own names (`version_aware`, `worktree`), not by their MD5
    is_versioned: bool = False


def remote_of(project: Project) -> Remote | None:
    """The remote that `dvc push` uses; None if there is none, or none with an address."""
    configs = read_config(project)
    name = default_remote(configs)
    if name is None:
        return None
    settings: dict[str, str] = {}
    for config in configs:
        for value in config.values:
            if value.section == f'remote "{name}"'.lower():
                is_folder = value.key == "url" and is_local_path(value.value)
                settings[value.key] = folder_of_remote(value, project.root) if is_folder else value.value
    url = settings.get("url", "")
    if not url:
        return None
    match = _URL.fullmatch(url)
    if match is None:
        return Remote(name, "file", "", url)
    path = match["prefix"].strip("/")
    scheme = match["scheme"].lower()
    is_versioned = any(settings.get(key, "").lower() in _TRUE for key in ("version_aware", "worktree"))
    endpoint, region = settings.get("endpointurl", ""), settings.get("region", "")
    return Remote(name, scheme, match["bucket"], path, endpoint, region, is_versioned)


def object_key(md5: str, *, is_legacy: bool) -> str:
    """Where an object lies below the path of a remote."""
    return f"{'' if is_legacy else 'files/md5/'}{md5[:2]}/{md5[2:]}"
