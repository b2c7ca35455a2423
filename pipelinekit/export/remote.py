"""The project's default remote, as other programs reach it: its objects lie there by the MD5 of their contents."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelinekit.project.config import (
    default_remote,
    folder_of_remote,
    is_local_path,
    kept_by_name,
    read_config,
    settings_of_remote,
)
from pipelinekit.project.project import Project

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<bucket>[^/]*)/?(?P<prefix>.*)", re.IGNORECASE)


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
    settings = settings_of_remote(configs, name)
    url = settings.get("url")
    if url is None or not url.value:
        return None
    if is_local_path(url.value):
        return Remote(name, "file", "", folder_of_remote(url, project.root))
    match = _URL.fullmatch(url.value)
    if match is None:
        return None
    endpoint, region = (settings[key].value if key in settings else "" for key in ("endpointurl", "region"))
    is_versioned = kept_by_name(settings) is not None
    path = match["prefix"].strip("/")
    return Remote(name, match["scheme"].lower(), match["bucket"], path, endpoint, region, is_versioned)


def object_key(md5: str, *, is_legacy: bool) -> str:
    """Where an object lies below the path of a remote."""
    return f"{'' if is_legacy else 'files/md5/'}{md5[:2]}/{md5[2:]}"
