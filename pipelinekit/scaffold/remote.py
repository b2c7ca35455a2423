"""A default remote in `.dvc/config`, after a small object has been written to it, read and deleted."""

from __future__ import annotations

import os
import re
import subprocess
import urllib.parse
from typing import NamedTuple

from pipelinekit.project.config import LOCAL, SHARED, Config, is_local_path
from pipelinekit.project.credentials import secrets_in
from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.project.dvc_python import SECONDS, NoAnswerError, ask_dvc, meaning_of, python_with_dvc
from pipelinekit.project.git import ask_git, has_repository
from pipelinekit.scaffold.additions import Additions, ScaffoldError
from pipelinekit.scaffold.surroundings import extra_for, variables_for
from pipelinekit.yaml.tree import Document

#: Those that DVC takes.
SCHEMES = (*("s3", "gs", "azure", "ssh", "oss", "gdrive", "hdfs", "webhdfs", "http", "https", "webdav", "webdavs"),)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PROBE = os.path.join(os.path.dirname(__file__), "probe", "check_remote.py")


class Remote(NamedTuple):
    """A remote as it will be configured: what git shares, and what stays on this machine."""

    name: str
    scheme: str
    #: the absolute path of a folder, or the address
    address: str
    endpoint: str | None
    #: settings that hold a credential
    secret: dict[str, str]
    #: whether it is a folder whose path was given relative to the current one
    is_relative: bool = False

    @property
    def settings(self) -> dict[str, str]:
        endpoint = {"endpointurl": self.endpoint} if self.endpoint else {}
        return {"url": self.address, **endpoint}


def read_remote(address: str, name: str, endpoint: str | None) -> Remote:
    """Take an address apart. Raises ScaffoldError."""
    if not _NAME.fullmatch(name):
        raise ScaffoldError(f"a remote can't be called '{name}': letters, digits, '-', '_' and '.' are")
    if any(ord(char) < 32 for char in address + (endpoint or "")):
        raise ScaffoldError("an address has no control characters")
    if is_local_path(address):
        if endpoint is not None:
            raise ScaffoldError("a folder has no endpoint: --endpoint is for s3:// and its like")
        return Remote(name.lower(), "", os.path.abspath(address), None, {}, is_relative=not os.path.isabs(address))
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        from pipelinekit.model.suggest import did_you_mean

        hint = did_you_mean(scheme, SCHEMES) or f"It knows {', '.join(SCHEMES)}, and folders."
        raise ScaffoldError(f"DVC has no remotes of the type {scheme}://. {hint}")
    if not rest.strip("/"):
        what = "a bucket" if scheme in ("s3", "gs", "oss") else "a container" if scheme == "azure" else "a host"
        raise ScaffoldError(f"{scheme}:// alone names no place: {what} must follow")
    if endpoint is not None and scheme not in ("s3", "gs", "oss"):
        raise ScaffoldError(f"--endpoint is for s3://, gs:// and oss://, not for {scheme}://")
    shared, secret = _without_password(address)
    for text in (shared, endpoint or ""):
        if next(secrets_in(text), None) is not None:
            raise ScaffoldError("the address holds a credential, which git would share: leave it out")
    return Remote(name.lower(), scheme, shared, endpoint, secret)


def _without_password(address: str) -> tuple[str, dict[str, str]]:
    parts = urllib.parse.urlsplit(address)
    user, colon, password = parts.netloc.rpartition("@")[0].partition(":")
    if not colon:
        return address, {}
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}@{host}").geturl(), {"password": urllib.parse.unquote(password)}


def add_remote(folder: str, remote: Remote, added: Additions, *, check: bool) -> None:
    """Configure the remote, unless its name stands for another one. Raises ScaffoldError, WriteError.

    `folder` is the absolute root of a DVC project. What can't be used is not configured.
    """
    path = os.path.join(folder, *SHARED.split("/"))
    before = _read(path)
    text = before or ""
    config = Config(Document(text, SHARED))
    address = _as_dvc_writes_it(folder, remote)
    there = config.remotes.get(remote.name)
    if remote.name in config.remotes and (there is None or there.value != address):
        has = f"stands for {there.value}" if there is not None else "has no url"
        raise ScaffoldError(
            f"the remote '{remote.name}' is there, and {has}: it is left alone; --name gives another name"
        )
    if remote.secret:
        _refuse_shared_secrets(folder)
    if check:
        check_remote(folder, remote)
    _note_what_counts(config, remote, added)
    _write(path, before, with_remote(text, remote.name, {**remote.settings, "url": address}), added)
    if remote.secret:
        local = os.path.join(folder, *LOCAL.split("/"))
        before = _read(local)
        _write(local, before, with_settings(before or "", f"'remote \"{remote.name}\"'", remote.secret), added)
        os.chmod(local, 0o600)


def _write(path: str, before: str | None, after: str, added: Additions) -> None:
    if before is None:
        added.add(path, after)
    else:
        added.edit(path, before, after)


def _as_dvc_writes_it(folder: str, remote: Remote) -> str:
    """A path that was given relative is kept relative, to `.dvc`."""
    if not remote.is_relative:
        return remote.address
    below = os.path.join(os.path.realpath(folder), ".dvc")
    return os.path.relpath(os.path.realpath(remote.address), below).replace(os.sep, "/")


def _note_what_counts(config: Config, remote: Remote, added: Additions) -> None:
    default = config.get("core", "remote")
    if default is not None and default.value.lower() != remote.name:
        added.notes.append(
            f"The default remote is still '{default.value}'; 'dvc remote default {remote.name}' changes that."
        )
    if not remote.scheme:
        added.notes.append("The remote is a folder: others need the same path, on a shared disk.")
    names = variables_for(remote.scheme)
    if names and not all(os.environ.get(name) for name in names):
        added.notes.append(
            f"Credentials come from {', '.join(names)}, a profile, or 'dvc remote modify --local {remote.name}'."
        )


def _read(path: str) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None
    except UnreadableError as error:
        raise ScaffoldError(f"{path} can't be read: {error}") from None


def with_remote(text: str, name: str, settings: dict[str, str]) -> str:
    """A configuration that has a remote, the default one unless another is; the rest stays byte for byte."""
    config = Config(Document(text, SHARED))
    if config.get("core", "remote") is None:
        text = with_settings(text, "core", {"remote": name}, first=True)
    return with_settings(text, f"'remote \"{name}\"'", settings)


def with_settings(text: str, section: str, settings: dict[str, str], *, first: bool = False) -> str:
    """A configuration in which a section has these settings; those that it has are kept."""
    config = Config(Document(text, SHARED))
    ending = "\r\n" if "\r\n" in text else "\n"
    name = section.strip("'").lower()
    has = {value.key for value in config.values if value.section == name}
    lines = "".join(f"    {key} = {_value(value)}{ending}" for key, value in settings.items() if key not in has)
    if not lines:
        return text
    if name in config.sections:
        end = config.sections[name].end
        stop = text.find("\n", end) + 1
        if not stop:
            return text + ending + lines
        last = [value.place.end for value in config.values if value.section == name]
        if last:
            stop = text.find("\n", max(last)) + 1 or len(text)
        gap = "" if text[:stop].endswith("\n") else ending
        return text[:stop] + gap + lines + text[stop:]
    block = f"[{section}]{ending}{lines}"
    # what stands above the first section belongs to none, and must not come to belong to this one
    head = re.split(r"(?m)^[ \t]*\[", text, maxsplit=1)[0]
    if first and not re.search(r"(?m)^[ \t]*[^#\s]", head):
        return block + text
    gap = ending if text and not text.endswith("\n") else ""
    return text + gap + block


def _value(value: str) -> str:
    """As ConfigObj writes it: quoted where it would be read as a list or a comment."""
    if value and not re.search(r"[,#'\"\s]", value):
        return value
    return f'"{value}"' if '"' not in value else f"'{value}'"


def _refuse_shared_secrets(folder: str) -> None:
    """A password must not go where git would take it in."""
    if has_repository(folder) and ask_git(folder, ["check-ignore", "-q", "--no-index", LOCAL]) is None:
        raise ScaffoldError(
            f"git doesn't ignore {LOCAL}, so the password can't be kept there: add it to .dvc/.gitignore"
        )


# --- the check ----------------------------------------------------------------------------------------------


def check_remote(folder: str, remote: Remote) -> None:
    """Write, read and delete a small object, with the project's DVC. Raises ScaffoldError, which says what is wrong."""
    python = python_with_dvc(folder)
    extra = extra_for(remote.scheme)
    wanted = f"'dvc[{extra}]'" if extra else "dvc"
    if python is None:
        raise ScaffoldError(
            f"can't check {remote.address}: there is no DVC here. Run pip install {wanted} first, or give --no-check"
        )
    asked = {"name": remote.name, "remote": {**remote.settings, **remote.secret}}
    try:
        answer = ask_dvc(python, folder, _PROBE, asked)
    except subprocess.TimeoutExpired:
        raise ScaffoldError(f"{_place(remote)} did not answer within {SECONDS} seconds") from None
    except OSError as error:
        raise ScaffoldError(f"can't run {python}: {error.strerror}") from None
    except NoAnswerError as error:
        raise ScaffoldError(f"can't check {remote.address}: {error}") from None
    if answer.step:
        raise ScaffoldError(_explain(remote, answer.step, answer.errors, f"pip install {wanted}"))


def _explain(remote: Remote, step: str, errors: list[dict[str, str]], install: str) -> str:
    """One line: what is wrong, and what to do."""
    meaning = meaning_of(errors)
    place = _place(remote)
    names = variables_for(remote.scheme)
    where = f" ({', '.join(names)})" if names else ""
    first = errors[-1]["text"].splitlines()[0] if errors and errors[-1]["text"] else errors[0]["type"]
    if meaning == "extra":
        return f"DVC here can't talk to {remote.scheme}://. Run {install} first, or give --no-check"
    if meaning == "none":
        return f"there are no credentials for {place}: set them in the environment{where} or in a profile"
    if meaning == "missing":
        what = {"s3": "bucket", "gs": "bucket", "oss": "bucket", "azure": "container"}.get(remote.scheme, "folder")
        return f"there is no such {what}: {place}. DVC makes none; make it first, or mend the address"
    if meaning == "key":
        return f"{place} refuses the credentials{where}: {first}"
    if meaning == "rights":
        return f"the credentials are not allowed to {step} in {place}: {first}"
    if meaning == "network":
        return f"{place} can't be reached: {first}"
    return f"can't {step} {'in ' if step != 'open' else ''}{place}: {first}"


def _place(remote: Remote) -> str:
    return f"{remote.address} at {remote.endpoint}" if remote.endpoint else remote.address
