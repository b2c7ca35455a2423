"""What is around a project: its repository, how its requirements are installed, which remote its data goes to."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from pipelinekit.project.config import SHARED, Config, is_local_path
from pipelinekit.project.disk import UnreadableError, read_text, text_if_any
from pipelinekit.project.git import ask_git, repository_root
from pipelinekit.project.toml import TomlError, parse_toml
from pipelinekit.scaffold.pins import own_requirement
from pipelinekit.yaml.tree import Document

#: Extras of DVC that are called otherwise than the scheme.
_EXTRAS = {"ssh": "ssh", "s3": "s3", "gs": "gs", "azure": "azure", "oss": "oss", "gdrive": "gdrive", "hdfs": "hdfs"}
_EXTRAS |= {"webhdfs": "webhdfs", "webdav": "webdav", "webdavs": "webdav"}
#: By scheme, the variables from which DVC takes its credentials.
_VARIABLES = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "azure": ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"),
    "oss": ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"),
    "gdrive": ("GDRIVE_CREDENTIALS_DATA",),
}
_PINNED = re.compile(r"==|\s@\s|^\s*(?:-|https?:|git\+|\.)")


class Installation(NamedTuple):
    """How the project's requirements are installed: the files that say so, and the commands for a shell."""

    files: tuple[str, ...]
    commands: tuple[str, ...]
    #: whether every build installs the same versions
    is_locked: bool


#: What to say of requirements that are not locked.
UNPINNED = (
    "The requirements are not pinned: two builds may install different versions. "
    "'pip freeze > requirements.txt' pins them."
)


class Surroundings(NamedTuple):
    """Of a project: its repository's top (or itself), the way from there (`.`, `sub`), the main branch, the remote."""

    folder: str
    top: str
    inner: str
    branch: str
    #: None without a default remote; empty for a folder
    scheme: str | None

    @property
    def slug(self) -> str:
        """What tells this project's files from those of others in the repository: empty for one at the top."""
        return "" if self.inner == "." else re.sub(r"[^A-Za-z0-9]+", "-", self.inner).strip("-").lower()

    @property
    def name(self) -> str:
        return f"pipelinekit-{self.slug}" if self.slug else "pipelinekit"

    @property
    def extra(self) -> str | None:
        """The extra of DVC that the remote needs."""
        return extra_for(self.scheme or "")

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables from which DVC takes the credentials of the remote."""
        return _VARIABLES.get(self.scheme or "", ())


def extra_for(scheme: str) -> str | None:
    """`s3` for `s3://`; None for what plain DVC can do."""
    return _EXTRAS.get(scheme)


def variables_for(scheme: str) -> tuple[str, ...]:
    """The variables from which DVC takes the credentials of a remote of this scheme."""
    return _VARIABLES.get(scheme, ())


def look_around(folder: str) -> Surroundings:
    """Read what is around the project in an absolute folder."""
    folder = os.path.realpath(folder)
    top = repository_root(folder) or folder
    inner = os.path.relpath(folder, top).replace(os.sep, "/")
    return Surroundings(folder, top, inner, _main_branch(top), _scheme(folder))


def _main_branch(top: str) -> str:
    for question in (["symbolic-ref", "--short", "refs/remotes/origin/HEAD"], ["symbolic-ref", "--short", "HEAD"]):
        answer = (ask_git(top, question) or "").strip()
        if answer:
            return answer.removeprefix("origin/")
    return "main"


def _scheme(folder: str) -> str | None:
    try:
        config = Config(Document(read_text(os.path.join(folder, *SHARED.split("/"))), SHARED))
    except (OSError, UnreadableError):
        return None
    default = config.get("core", "remote")
    address = config.remotes.get(default.value.lower()) if default is not None else None
    if address is None:
        return None
    return "" if is_local_path(address.value) else address.value.partition("://")[0].lower()


def installation(around: Surroundings, *, exact: str | None = None) -> Installation:
    """The commands that install the project's requirements, pipelinekit and DVC; `exact` is a version to pin it to."""
    ours = " ".join(_own_requirements(around, exact))
    has = {name: os.path.isfile(os.path.join(around.folder, name)) for name in ("uv.lock", "poetry.lock")}
    if has["uv.lock"]:
        prefix = "UV_PROJECT_ENVIRONMENT=\"$(python -c 'import sys; print(sys.prefix)')\""
        commands = ("python -m pip install uv", f"{prefix} uv sync --locked --inexact --no-install-project")
        return Installation(("pyproject.toml", "uv.lock"), (*commands, f"python -m pip install {ours}"), True)
    if has["poetry.lock"]:
        commands = (
            "python -m pip install poetry",
            "POETRY_VIRTUALENVS_CREATE=false poetry install --no-interaction --no-root",
        )
        return Installation(("pyproject.toml", "poetry.lock"), (*commands, f"python -m pip install {ours}"), True)
    listed = _text(around, "requirements.txt")
    if listed is not None:
        return Installation(
            ("requirements.txt",), (f"python -m pip install -r requirements.txt {ours}",), _is_pinned(listed)
        )
    pyproject = _text(around, "pyproject.toml")
    if pyproject is not None and "project" in _toml(pyproject):
        return Installation((), (f"python -m pip install . {ours}",), False)
    return Installation((), (f"python -m pip install {ours}",), False)


def _own_requirements(around: Surroundings, exact: str | None) -> list[str]:
    """Pipelinekit and DVC, for a shell; what the project's own files ask for keeps the version that it has there."""
    asked = " ".join(
        _text(around, name) or "" for name in ("uv.lock", "poetry.lock", "requirements.txt", "pyproject.toml")
    )
    has_own = re.search(r"\bpipelinekit\b(?!\])", asked) is not None and "tool.pipelinekit" not in asked
    ours = "pipelinekit[dvc]" if has_own else f"pipelinekit[dvc]=={exact}" if exact else own_requirement()
    dvc = "" if exact is None or re.search(r"\bdvc\b", asked) else installed_dvc()
    extra = f"[{around.extra}]" if around.extra else ""
    return [f"'{ours}'"] + ([f"'dvc{extra}{dvc}'"] if extra or dvc else [])


def installed_dvc() -> str:
    """`==3.67.1`: the DVC beside this program, of which only the metadata is read; empty without one."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"=={version('dvc')}"
    except PackageNotFoundError:
        return ""


def _text(around: Surroundings, name: str) -> str | None:
    return text_if_any(os.path.join(around.folder, name))


def _toml(text: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except TomlError:
        return {}


def _is_pinned(text: str) -> bool:
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    return all(_PINNED.search(line) for line in lines if line)
