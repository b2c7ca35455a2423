"""A DVC project on disk: where it begins, which files of it DVC reads, and their contents, each read once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from pipelinekit.project.collect import DVC_FOLDER, DVC_YAML, Collected, collect, is_candidate, listed, walked
from pipelinekit.project.disk import Disk, UnreadableError
from pipelinekit.project.git import Git, read_git
from pipelinekit.project.ignore import DvcIgnore
from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import Lock, lock_from, read_ordinary_lock
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import ancestors, folder_of, is_outside
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document

#: How far down projects are looked for outside of a git repository: a home folder holds a whole disk.
_LEVELS_BELOW = 3


class NoProjectError(Exception):
    """There is no DVC project where one was looked for."""


class Unreadable(NamedTuple):
    """A file that DVC would read and that can't be read."""

    path: str
    reason: str
    #: the line that is to blame, None where it is the file as a whole
    line: int | None = None


class Project:
    """One DVC project. Paths are relative to its root, with `/`."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.disk = Disk(root)
        #: whether it is read as it was at a revision, and not as it lies here
        self.is_past = False
        self._git: Git | None = None
        self._asked_git = False
        self._collected: Collected | None = None
        #: files that are not on disk yet
        self._new: frozenset[str] = frozenset()
        self._documents: dict[str, Document | Unreadable] = {}
        self._params: dict[str, ParamsFile | Unreadable | None] = {}
        self._parsing: dict[str, str] | None = None
        self._ordinary_locks: dict[str, bool] = {}
        self._locks: dict[str, Lock | None] = {}

    def overlaid(self, texts: dict[str, str]) -> Project:
        """The same project, as it would be with these files written; nothing else is read again."""
        project = Project(self.root)
        project.disk = self.disk.overlaid(texts)
        project._git, project._asked_git = self.git, True
        project._new = self._new | frozenset(texts)
        if self._collected is not None and not any(
            is_candidate(path) and path not in self._collected.files for path in texts
        ):
            project._collected = self._collected
        project._documents = {path: document for path, document in self._documents.items() if path not in texts}
        project._params = {path: params for path, params in self._params.items() if path not in texts}
        project._ordinary_locks = {path: known for path, known in self._ordinary_locks.items() if path not in texts}
        project._locks = {path: lock for path, lock in self._locks.items() if path not in texts}
        project._parsing = self._parsing if not any(path.startswith(DVC_FOLDER) for path in texts) else None
        return project

    def at_revision(self, name: str) -> Project:
        """The project as git has it at a revision; data that git ignores is as it lies here. Raises RevisionError."""
        from pipelinekit.project.revision import RevisionDisk, read_revision

        revision = read_revision(self.root, name)
        return self.past(RevisionDisk(self.root, revision), revision.files_below(self.root))

    def past(self, disk: Disk, tracked: Iterable[str]) -> Project:
        """The project with the files of another time; `tracked` are those that git tracked then."""
        project = Project(self.root)
        project.is_past = True
        project.disk = disk
        project._git, project._asked_git = Git(self.root, tracked, ()), True
        return project

    @property
    def git(self) -> Git | None:
        """What git knows of the files; None without git."""
        if not self._asked_git:
            self._git = read_git(self.root)
            self._asked_git = True
        return self._git

    def holds(self, path: str) -> bool:
        """Whether an absolute path lies in the project, and in none that is inside of it."""
        inner = os.path.relpath(path, self.root).replace(os.sep, "/")
        return not is_outside(inner) and not any(
            self.disk.kind(f"{folder}/{DVC_FOLDER}") == "folder" for folder in ancestors(inner)
        )

    # --- which files ---------------------------------------------------------------------------------------

    @property
    def collected(self) -> Collected:
        """The files that DVC reads."""
        if self._collected is None:
            self._collected = collect(self.disk, self.git, self._new)
        return self._collected

    @property
    def dvc_yaml_files(self) -> list[str]:
        """Every `dvc.yaml` that DVC collects, top down."""
        return [path for path in self.collected.files if path.rpartition("/")[2] == DVC_YAML]

    @property
    def skipped_by_git(self) -> frozenset[str]:
        """`dvc.yaml` and `.dvc` files that lie here and that DVC passes over, because git ignores them."""
        return self.collected.skipped_by_git

    @property
    def dvcignore(self) -> DvcIgnore:
        """What DVC must not see."""
        return self.collected.dvcignore

    # --- what is in them -----------------------------------------------------------------------------------

    def document(self, path: str) -> Document | Unreadable:
        """The located tree of a YAML file. Raises FileNotFoundError."""
        document = self._documents.get(path)
        if document is None:
            try:
                document = parse(self.disk.read(path), path)
            except UnreadableError as error:
                document = Unreadable(path, str(error))
            self._documents[path] = document
        return document

    def params(self, path: str) -> ParamsFile | Unreadable | None:
        """A params file; None if there is none."""
        if path not in self._params:
            try:
                self._params[path] = ParamsFile(path, self.disk.read(path))
            except UnreadableError as error:
                self._params[path] = Unreadable(path, str(error))
            except FileNotFoundError:
                self._params[path] = None
        return self._params[path]

    def is_ordinary_lock(self, path: str) -> bool:
        """Whether a lock is written just as DVC does. Raises UnreadableError, FileNotFoundError."""
        known = self._ordinary_locks.get(path)
        if known is None:
            known = self._ordinary_locks[path] = is_as_dvc_writes_it(self.disk.read(path))
        return known

    def lock(self, path: str) -> Lock | None:
        """What a `dvc.lock` says; None if there is none, or none that DVC could read."""
        if path not in self._locks:
            self._locks[path] = self._read_lock(path)
        return self._locks[path]

    def _read_lock(self, path: str) -> Lock | None:
        try:
            if self.is_ordinary_lock(path):
                return read_ordinary_lock(self.disk.read(path), path)
        except (UnreadableError, FileNotFoundError):
            return None
        document = self.document(path)
        return lock_from(document) if isinstance(document, Document) else None

    @property
    def parsing_options(self) -> dict[str, str]:
        """`parsing.bool` and `parsing.list` of `.dvc/config`: how `${}` unpacks a mapping in a command."""
        if self._parsing is None:
            self._parsing = {}
            for name in ("config", "config.local"):
                self._parsing.update(self._parsing_section(f"{DVC_FOLDER}/{name}"))
        return self._parsing

    def _parsing_section(self, path: str) -> dict[str, str]:
        try:
            text = self.disk.read(path)
        except (UnreadableError, FileNotFoundError):
            return {}
        if "parsing" not in text:
            return {}
        from configobj import ConfigObj, ConfigObjError

        try:
            section: Any = ConfigObj(text.splitlines(), list_values=False).get("parsing", {})
        except ConfigObjError:
            return {}
        return {key: str(value) for key, value in section.items()} if isinstance(section, dict) else {}


def find_root(start: str) -> str | None:
    """The nearest folder, from `start` upward, that holds a `.dvc` folder."""
    folder = os.path.abspath(start)
    while True:
        if os.path.isdir(os.path.join(folder, DVC_FOLDER)):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def open_project(start: str) -> Project:
    """The project that holds a folder: a DVC project, or, without `.dvc`, the nearest folder with a `dvc.yaml`.

    Raises NoProjectError.
    """
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        raise NoProjectError(f"there is no folder {start}")
    root = find_root(folder)
    if root is not None:
        return Project(root)
    while True:
        if os.path.isfile(os.path.join(folder, DVC_YAML)):
            return Project(folder)
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            raise NoProjectError(f"{start} is in no DVC project: no .dvc folder and no dvc.yaml here or above")
        folder = parent


def projects_below(start: str) -> list[Project]:
    """The DVC projects in the folders below one that is in none itself, such as the root of a monorepo."""
    folder = os.path.abspath(start)
    git = read_git(folder)
    paths = listed(git) if git is not None else walked(folder, _LEVELS_BELOW)
    roots: set[str] = set()
    for path in paths:
        if path.rpartition("/")[2] == DVC_YAML:
            root = find_root(os.path.join(folder, folder_of(path)))
            roots.add(root or os.path.join(folder, folder_of(path)))
    outermost = sorted(
        root
        for root in roots
        if not any(
            root != other and root.startswith(other + os.sep) and not os.path.isdir(os.path.join(root, DVC_FOLDER))
            for other in roots
        )
    )
    return [Project(os.path.normpath(root)) for root in outermost]
