"""A DVC project on disk: where it begins, which files of it DVC reads, and their contents, each read once."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from pipelinekit.project.disk import Disk, UnreadableError
from pipelinekit.project.git import Git, read_git
from pipelinekit.project.ignore import DVCIGNORE, DvcIgnore
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import ancestors, folder_of
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document

DVC_YAML = "dvc.yaml"
DVC_FOLDER = ".dvc"
LOCK = "dvc.lock"


#: How far down projects are looked for outside of a git repository: a home folder holds a whole disk.
_LEVELS_BELOW = 3


class NoProjectError(Exception):
    """There is no DVC project where one was looked for."""


class Unreadable(NamedTuple):
    """A file that DVC would read and that can't be read."""

    path: str
    reason: str


class Project:
    """One DVC project. Paths are relative to its root, with `/`."""

    def __init__(self, root: str, disk: Disk | None = None, git: Git | None = None, *, asked: bool = False) -> None:
        self.root = root
        self.disk = disk or Disk(root)
        self._git = git
        self._asked_git = asked
        self._candidates: list[str] | None = None
        self._dvcignore: DvcIgnore | None = None
        self._ignore_files: list[str] = []
        self._documents: dict[str, Document | Unreadable] = {}
        self._params: dict[str, ParamsFile | Unreadable | None] = {}
        self._parsing: dict[str, str] | None = None
        self._skipped_by_git: set[str] = set()

    def overlaid(self, texts: dict[str, str]) -> Project:
        """The same project, as it would be with these files written."""
        project = Project(self.root, self.disk.overlaid(texts), self.git, asked=True)
        project._candidates = self._candidates
        if any(path.endswith(DVCIGNORE) for path in texts):
            project._candidates = None
        if self._candidates is not None:
            known = set(self._candidates)
            new = [path for path in texts if _is_candidate(path) and path not in known]
            project._candidates = sorted([*self._candidates, *new], key=_top_down) if project._candidates else None
        project._skipped_by_git = self._skipped_by_git
        project._documents = {path: document for path, document in self._documents.items() if path not in texts}
        project._params = {path: params for path, params in self._params.items() if path not in texts}
        project._parsing = self._parsing
        return project

    @property
    def git(self) -> Git | None:
        if not self._asked_git:
            self._git = read_git(self.root)
            self._asked_git = True
        return self._git

    # --- which files ---------------------------------------------------------------------------------------

    @property
    def dvc_yaml_files(self) -> list[str]:
        """Every `dvc.yaml` that DVC collects, top down."""
        return [path for path in self._collected() if path.rpartition("/")[2] == DVC_YAML]

    @property
    def dvc_files(self) -> list[str]:
        """Every `.dvc` file that DVC collects, top down."""
        return [path for path in self._collected() if path.endswith(".dvc")]

    @property
    def skipped_by_git(self) -> set[str]:
        """`dvc.yaml` and `.dvc` files that lie here and that DVC passes over, because git ignores them."""
        self._collected()
        return self._skipped_by_git

    @property
    def dvcignore(self) -> DvcIgnore:
        if self._dvcignore is None:
            self._collected()
            assert self._dvcignore is not None
        return self._dvcignore

    def _collected(self) -> list[str]:
        if self._candidates is None:
            self._candidates = self._collect()
        if self._dvcignore is None:
            self._dvcignore = self._read_dvcignore(self._ignore_files)
        return self._candidates

    def _collect(self) -> list[str]:
        git = self.git
        found = _listed(git) if git is not None else list(_walk(self.root))
        present = [path for path in found if self.disk.kind(path) == "file"]
        self._ignore_files = [path for path in present if path.endswith(DVCIGNORE)]
        self._dvcignore = self._read_dvcignore(self._ignore_files)
        candidates = [path for path in present if not path.endswith(DVCIGNORE) and self._is_ours(path)]
        if git is not None:
            root_file = [DVC_YAML] if DVC_YAML not in candidates and self.disk.kind(DVC_YAML) == "file" else []
            self._skipped_by_git = git.ignored([*candidates, *root_file])
            candidates = [path for path in candidates if path not in self._skipped_by_git]
        return sorted(candidates, key=_top_down)

    def _read_dvcignore(self, files: list[str]) -> DvcIgnore:
        return DvcIgnore(self.disk, files)

    def _is_ours(self, path: str) -> bool:
        """Not in a project of its own further down, and not hidden from DVC."""
        assert self._dvcignore is not None
        if self._dvcignore.hides(path):
            return False
        return not any(self.disk.kind(f"{folder}/{DVC_FOLDER}") == "folder" for folder in ancestors(path))

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
    paths = _listed(git) if git is not None else _walk(folder, _LEVELS_BELOW)
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


def _is_candidate(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in (DVC_YAML, DVCIGNORE) or name.endswith(".dvc")


def _listed(git: Git) -> list[str]:
    return [path for paths in (git.tracked, git.untracked) for path in paths if _is_candidate(path)]


def _walk(root: str, depth: int | None = None) -> list[str]:
    """The same without git: every folder but the hidden ones of git and DVC, `depth` levels down."""
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", ".hg", DVC_FOLDER)]
        inner = os.path.relpath(folder, root).replace(os.sep, "/")
        if depth is not None and inner != "." and inner.count("/") + 1 >= depth:
            folders.clear()
        prefix = "" if inner == "." else inner + "/"
        found.extend(prefix + name for name in files if _is_candidate(name))
    return found


def _top_down(path: str) -> tuple[list[str], str]:
    folder = folder_of(path)
    return ([] if folder == "." else folder.split("/"), path)
