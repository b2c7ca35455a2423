"""The project as it is at this moment, for the clones of workers: the commit, and what has changed since.

Objects that git does not have yet are made in a folder of their own: the repository stays as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.git import GIT, ask_git, repository_root
from pipelinekit.project.paths import ancestors, is_outside
from pipelinekit.report.units import readable_size
from pipelinekit.run.outcome import RunError

#: Bytes of files that neither git nor DVC has and that are sent all the same: new scripts, not data.
_MAX_NEW = 100 * 2**20


class Snapshot(NamedTuple):
    """What a clone is made of."""

    #: the tree of all files, by which two snapshots are the same
    tree: str
    #: None before the first commit
    commit: str | None
    #: None if HEAD is at no branch
    branch: str | None
    #: the project's folder in the repository; empty if it is the top
    prefix: str
    #: the objects, as `git pack-objects` writes them
    pack: bytes


def take_snapshot(graph: Graph) -> Snapshot:
    """The files that git tracks, as they are now, and the new ones that it does not ignore, but for outputs.

    Raises RunError.
    """
    root = graph.index.project.root
    top = repository_root(root)
    if top is None:
        raise RunError("workers get the code from git, and this project is in no git repository: 'git init' makes one")
    prefix = (ask_git(root, ["rev-parse", "--show-prefix"]) or "").strip("\n").rstrip("/")
    with _own_index(top) as environment:
        _git(top, ["add", "--update", "--", ":/"], environment)
        new = list(_new_files(top, prefix, graph))
        if new:
            listed = "\0".join(new)
            _git(top, ["add", "--pathspec-from-file=-", "--pathspec-file-nul"], environment, listed, literal=True)
        tree = _git(top, ["write-tree"], environment).decode().strip()
        commit = (ask_git(top, ["rev-parse", "--verify", "--quiet", "HEAD"]) or "").strip() or None
        branch = (ask_git(top, ["symbolic-ref", "--short", "--quiet", "HEAD"]) or "").strip() or None
        wanted = [f"{commit}\n"] if commit is not None else []
        objects = _git(top, ["rev-list", "--objects", "--no-walk", "--stdin"], environment, "".join([*wanted, tree]))
        names = b"".join(line.split(b" ", 1)[0] + b"\n" for line in objects.splitlines())
        pack = _git(top, ["pack-objects", "--stdout", "-q", "--delta-base-offset"], environment, names.decode())
    return Snapshot(tree, commit, branch, prefix, pack)


@contextmanager
def _own_index(top: str) -> Iterator[Mapping[str, str]]:
    """The environment for a git that writes neither into the repository's index nor among its objects."""
    index = (ask_git(top, ["rev-parse", "--git-path", "index"]) or "").rstrip("\n")
    objects = (ask_git(top, ["rev-parse", "--git-path", "objects"]) or "").rstrip("\n")
    with tempfile.TemporaryDirectory(prefix="pipelinekit-") as folder:
        own = os.path.join(folder, "index")
        if index and os.path.exists(os.path.join(top, index)):
            shutil.copy2(os.path.join(top, index), own)  # by its time git sees which files may have changed since
        os.mkdir(os.path.join(folder, "objects"))
        yield {
            **os.environ,
            "GIT_INDEX_FILE": own,
            "GIT_OBJECT_DIRECTORY": os.path.join(folder, "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.path.join(top, objects),
        }


def _git(
    top: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: str = "", *, literal: bool = False
) -> bytes:
    if literal:
        environment = {**environment, "GIT_LITERAL_PATHSPECS": "1"}
    result = subprocess.run(
        [*GIT, *arguments],
        cwd=top,
        env=dict(environment),
        input=stdin.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    if result.returncode:
        said = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
        raise RunError(f"the workers can't get the code: git {arguments[0]}: {said[-1]}")
    return result.stdout


def _new_files(top: str, prefix: str, graph: Graph) -> Iterator[str]:
    """Files that git does not track and does not ignore, from the top of the repository. Raises RunError."""
    output = ask_git(top, ["ls-files", "-z", "--others", "--exclude-standard"]) or ""
    outs = {out.path for node in graph.nodes for out in node.outs if out.is_local}
    sizes: dict[str, int] = {}
    for path in filter(None, output.split("\0")):
        inside = path.removeprefix(f"{prefix}/") if prefix else path
        if inside in outs or any(folder in outs for folder in ancestors(inside)):
            continue
        try:
            sizes[path] = os.lstat(os.path.join(top, path)).st_size
        except OSError:
            continue
        yield path
    if sum(sizes.values()) > _MAX_NEW:
        largest = max(sizes, key=lambda path: sizes[path])
        raise RunError(
            f"{largest} ({readable_size(sizes[largest])}) is in neither git nor DVC, so that the workers can't have "
            "it: 'dvc add' it, or name it in .gitignore if no stage needs it"
        )


def lacking_files(graph: Graph, paths: Iterable[str]) -> list[str]:
    """Those of some files and folders, which nothing makes, that are here and that no clone will have."""
    project = graph.index.project
    git = project.git
    if git is None:
        return []
    known = git.tracked | git.untracked
    folders = {folder for path in known for folder in ancestors(path)}
    found = []
    for path in paths:
        if is_outside(path):  # git or the disk of the worker may have it: its own affair
            continue
        kind = project.disk.kind(path)
        if (kind == "file" and path not in known) or (kind == "folder" and path not in folders):
            found.append(path)
    return found
