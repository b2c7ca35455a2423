"""Copies of the locks while a run is at work, because DVC writes `dvc.lock` in place.

Whoever ends DVC while it writes leaves half a lock, which DVC then refuses, or takes for the whole. A long lock takes
seconds to write, so that this does happen.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from urllib.parse import quote, unquote

from pipelinekit.project.disk import text_if_any
from pipelinekit.project.lock import is_as_dvc_writes_it
from pipelinekit.project.locked import parse_lock, read_ordinary_lock
from pipelinekit.project.writing import WriteError, replace_file
from pipelinekit.run.only_run import FOLDER

_COPIES = f"{FOLDER}/locks"
#: Seconds after which what has been added is worth another copy.
_PAUSE = 30.0


class LockCopies:
    """The copies that one run makes."""

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        self._root = root
        self._paths = list(paths)
        self._copied = 0.0
        shutil.rmtree(os.path.join(root, _COPIES), ignore_errors=True)
        self.keep()

    def keep(self) -> None:
        """Copy the locks that are whole, unless that was done just now."""
        if self._copied and time.monotonic() - self._copied < _PAUSE:
            return
        for path in self._paths:
            text = text_if_any(os.path.join(self._root, path))
            if text is not None and _names(text) is not None:
                with contextlib.suppress(WriteError):  # the run goes on without
                    replace_file(_copy_of(self._root, path), text)
        self._copied = time.monotonic()

    def close(self) -> list[str]:
        """Nothing writes any more: put a copy in the place of a lock that lacks what it had. Returns their paths."""
        mended = [path for path in self._paths if _is_mended(self._root, path, is_over=True)]
        shutil.rmtree(os.path.join(self._root, _COPIES), ignore_errors=True)
        return mended


def mend_locks(root: str) -> list[str]:
    """Put the copies of a run that was killed in the place of locks that can't be read. Returns their paths.

    Others may have been changed since by somebody else, such as git, and are left as they are.
    """
    folder = os.path.join(root, _COPIES)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    mended = [path for path in map(unquote, names) if _is_mended(root, path, is_over=False)]
    shutil.rmtree(folder, ignore_errors=True)
    return mended


def _is_mended(root: str, path: str, *, is_over: bool) -> bool:
    copy = text_if_any(_copy_of(root, path))
    if copy is None or not os.path.exists(os.path.join(root, path)):
        return False
    now = _names(text_if_any(os.path.join(root, path)) or "")
    if now is not None and not (is_over and (_names(copy) or set()) - now):
        return False
    try:
        replace_file(os.path.join(root, path), copy)
    except WriteError:
        return False
    return True


def _names(text: str) -> set[str] | None:
    """The stages of a lock; None if it is not whole."""
    if not text.endswith("\n"):
        return None
    if is_as_dvc_writes_it(text):
        return set(read_ordinary_lock(text, "").stages)
    lock = parse_lock(text, "")
    return set(lock.stages) if lock is not None else None


def _copy_of(root: str, path: str) -> str:
    return os.path.join(root, _COPIES, quote(path, safe=""))
