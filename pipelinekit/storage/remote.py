"""What a DVC remote really holds: a folder is listed here, any other place by the project's own DVC."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection
from typing import NamedTuple

from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.config import default_remote, is_local_path, kept_by_name, read_config, settings_of_remote
from pipelinekit.project.dvc_python import Answer, NoAnswerError, ask_dvc, meaning_of, python_with_dvc
from pipelinekit.project.project import Project
from pipelinekit.storage.listing import Key, Listing, list_folder

_PROBE = os.path.join(os.path.dirname(__file__), "probe", "list_remote.py")
#: As long as a listing may take: 50 million objects at S3's pace.
_SECONDS = 4 * 3600


class RemoteError(Exception):
    """A remote that can't be listed, and why."""


class RemoteAddress(NamedTuple):
    """A remote by the project's configuration."""

    name: str
    url: str

    @property
    def scheme(self) -> str:
        return "" if is_local_path(self.url) else self.url.partition("://")[0].lower()


def remote_of(project: Project, name: str | None = None) -> RemoteAddress | None:
    """A remote, the default one without a name; None if there is none. Raises RemoteError for a name that is none."""
    configs = read_config(project)
    name = name or default_remote(configs)
    if name is None:
        return None
    wanted = name.lower()
    urls = [found.value for config in configs if (found := config.remotes.get(wanted)) is not None]
    if urls:
        return RemoteAddress(wanted, urls[-1])
    known = sorted({each for config in configs for each in config.remotes})
    there = f"there are {', '.join(known)}" if known else "there is none"
    raise RemoteError(f"no remote is called '{name}' in {DVC_FOLDER}/config; {there}")


def list_remote(project: Project, remote: RemoteAddress, folders: Collection[Key] = ()) -> Listing:
    """Everything in a remote, and the lists of those of some folders that it has. Raises RemoteError."""
    setting = kept_by_name(settings_of_remote(read_config(project), remote.name))
    if setting is not None:
        raise RemoteError(
            f"the remote '{remote.name}' is {setting}: it keeps files by their names, and not by their content, "
            "so it can't be compared with what the history names"
        )
    if remote.scheme in ("", "file", "local"):
        path = os.path.expanduser(remote.url.partition("://")[2] or remote.url)
        listing = list_folder(os.path.normpath(os.path.join(project.root, DVC_FOLDER, path)))
        if listing is None:
            raise RemoteError(f"the remote '{remote.name}' is a folder that is not there: {remote.url}")
        return listing
    return _asked(project.root, remote, folders)


def _asked(root: str, remote: RemoteAddress, folders: Collection[Key]) -> Listing:
    python = python_with_dvc(root)
    if python is None:
        raise RemoteError(f"can't list {remote.url}: there is no DVC here that could ('pip install dvc')")
    question = {"name": remote.name, "lists": [key.path for key in folders]}
    try:
        answer = ask_dvc(python, root, _PROBE, question, _SECONDS)
    except subprocess.TimeoutExpired:
        raise RemoteError(f"{remote.url} was not listed within {_SECONDS // 3600} hours") from None
    except OSError as error:
        raise RemoteError(f"can't run {python}: {error.strerror}") from None
    except NoAnswerError as error:
        raise RemoteError(f"can't list {remote.url}: {error}") from None
    if answer.step:
        raise RemoteError(_explain(remote, answer))
    by_path = {key.path: key for key in folders}
    listing = Listing()
    for line in answer.output.splitlines():
        try:
            said_of = json.loads(line)
        except ValueError:
            continue
        if isinstance(said_of, list) and len(said_of) == 2:
            listing.add(str(said_of[0]), int(said_of[1]))
        elif isinstance(said_of, dict) and said_of.get("list") in by_path:
            listing.add_list(by_path[said_of["list"]], str(said_of.get("content")).encode())
    return listing


def _explain(remote: RemoteAddress, answer: Answer) -> str:
    """One line: what is wrong, and what to do."""
    told = (error["text"].splitlines()[0] for error in reversed(answer.errors) if error["text"])
    first = next(told, "it did not say why")
    meanings = {
        "extra": f"DVC here can't talk to {remote.scheme}://: install its extra for it",
        "none": f"there are no credentials for {remote.url}: set them in the environment or in a profile",
        "missing": f"there is no such place: {remote.url}",
        "key": f"{remote.url} refuses the credentials: {first}",
        "rights": f"the credentials are not allowed to {answer.step} {remote.url}: {first}",
        "network": f"{remote.url} can't be reached: {first}",
    }
    return meanings.get(meaning_of(answer.errors), f"can't {answer.step} {remote.url}: {first}")


class Compared(NamedTuple):
    """A remote beside what the history names."""

    #: objects in the remote that nothing names
    orphans: dict[Key, int]
    #: objects that should be there and are not
    missing: frozenset[Key]
    #: objects that the history names and that are there
    held: int


def compared(listing: Listing, named: Collection[Key], wanted: Collection[Key]) -> Compared:
    """Compare: `named` are all objects that any commit names, `wanted` those that `dvc push` sends to this remote."""
    known = frozenset(named)
    orphans = {key: size for key, size in listing.sizes.items() if key not in known}
    missing = frozenset(key for key in wanted if key not in listing.sizes)
    return Compared(orphans, missing, len(listing.sizes) - len(orphans))
