"""The clone of a worker: a folder with the files of a snapshot, in a git repository of its own."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence

from pipelinekit.project.git import GIT
from pipelinekit.run.cluster.snapshot import Snapshot

_MARK = "pipelinekit-snapshot"


class CloneError(Exception):
    """The worker can't have a clone."""


class Clone:
    """A clone in a folder of the worker, which is made or brought up to date. Raises CloneError, OSError."""

    def __init__(self, folder: str, snapshot: Snapshot, settings: str) -> None:
        """`settings` is the `.dvc/config.local` of workers."""
        self._top = folder
        self._snapshot = snapshot
        #: the project in it
        self.root = os.path.join(folder, snapshot.prefix) if snapshot.prefix else folder
        if _read(self._mark) != snapshot.tree:
            try:
                self._unpack()
            except CloneError:  # an earlier one may be half made
                shutil.rmtree(folder, ignore_errors=True)
                self._unpack()
        with open(os.path.join(self.root, ".dvc", "config.local"), "w", encoding="utf-8") as file:
            file.write(settings)

    @property
    def _mark(self) -> str:
        return os.path.join(self._top, ".git", _MARK)

    def _unpack(self) -> None:
        os.makedirs(self._top, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._mark)
        commit, branch = self._snapshot.commit, self._snapshot.branch
        self._git("init", "--quiet")
        self._git("unpack-objects", "-q", stdin=self._snapshot.pack)
        if commit is not None:
            # its parents were not sent
            with open(os.path.join(self._top, ".git", "shallow"), "w", encoding="ascii") as file:
                file.write(f"{commit}\n")
            self._git("update-ref", "--no-deref", f"refs/heads/{branch}" if branch else "HEAD", commit)
        if branch is not None:
            self._git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        self._git("read-tree", "--reset", "-u", self._snapshot.tree)
        with open(self._mark, "w", encoding="ascii") as file:
            file.write(self._snapshot.tree)

    def _git(self, *arguments: str, stdin: bytes = b"") -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            result = subprocess.run(
                [*GIT, *arguments], cwd=self._top, env=environment, input=stdin, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise CloneError("there is no git") from None
        if result.returncode:
            said = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
            raise CloneError(f"git {arguments[0]}: {said[-1]}")

    def write(self, texts: Mapping[str, str | None], folders: Sequence[str], carried: Mapping[str, bytes]) -> None:
        """Put files there, where None removes one, and folders."""
        for folder in folders:
            os.makedirs(os.path.join(self.root, folder), exist_ok=True)
        for path, text in texts.items():
            target = os.path.join(self.root, path)
            if text is None:
                _remove(target)
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        for path, data in carried.items():
            unpack(self.root, path, data)

    def text(self, path: str) -> str | None:
        """A file; None if there is none."""
        return _read(os.path.join(self.root, path))

    def contents(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Files and folders, those that are there, as tar."""
        found = {}
        for path in paths:
            if os.path.lexists(os.path.join(self.root, path)):
                found[path] = pack(self.root, path)
        return found


def pack(root: str, path: str) -> bytes:
    """A file or a folder as tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        archive.add(os.path.join(root, path), arcname="content")
    return buffer.getvalue()


def unpack(root: str, path: str, data: bytes) -> None:
    """Put a file or a folder in the place of what is there."""
    target = os.path.join(root, path)
    beside = f"{target}.pipelinekit-{os.getpid()}"
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(beside, filter="data")
    _remove(target)
    os.replace(os.path.join(beside, "content"), target)
    os.rmdir(beside)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, ValueError):
        return None
