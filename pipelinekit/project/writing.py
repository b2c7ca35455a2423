"""Writes text files so that nothing is lost: all of them or none, each atomically, with the mode it had."""

from __future__ import annotations

import os
import stat
import tempfile
from typing import NamedTuple

from pipelinekit.project.disk import UnreadableError, read_text


class WriteError(Exception):
    """A file could not be written; the files are as they were."""


class Write(NamedTuple):
    """A file to write: `expected` is what must be there now (None: nothing), so that no other change is lost."""

    path: str
    text: str
    expected: str | None


def write_files(writes: list[Write]) -> None:
    """Write several files, absolute paths. Raises WriteError, and then none of them has changed."""
    for write in writes:
        if _current(write.path) != write.expected:
            raise WriteError(f"{write.path} was changed in the meantime; nothing was written")
    prepared: list[tuple[Write, str, str]] = []
    replaced: list[Write] = []
    try:
        for write in writes:
            target = os.path.realpath(write.path)
            prepared.append((write, target, _prepare(target, write.text)))
        for write, target, temporary in prepared:
            os.replace(temporary, target)
            replaced.append(write)
    except OSError as error:
        _undo(replaced)
        name = error.filename2 or error.filename or ""
        raise WriteError(f"could not write {name}: {error.strerror or error}; nothing was changed") from None
    finally:
        for _, _, temporary in prepared:
            if os.path.exists(temporary):
                os.unlink(temporary)


def _current(path: str) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None
    except UnreadableError as error:
        raise WriteError(f"{path} can't be read: {error}") from None


def _prepare(target: str, text: str) -> str:
    """A complete temporary file beside the target."""
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(target)}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode_of(target))
    except OSError:
        os.unlink(temporary)
        raise
    return temporary


def _mode_of(target: str) -> int:
    try:
        return os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _undo(replaced: list[Write]) -> None:
    for write in replaced:
        target = os.path.realpath(write.path)
        if write.expected is None:
            os.unlink(target)
        else:
            os.replace(_prepare(target, write.expected), target)


def _is_special(path: str) -> bool:
    """Whether a path is something that must not be replaced by a file: `/dev/null` is one for all of the machine."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or path.startswith(("/dev/", "/proc/"))


def replace_file(path: str, text: str) -> None:
    """Write one file, whatever is there now; into a device or a pipe, such as `/dev/stdout`. Raises WriteError."""
    target = os.path.realpath(path)
    temporary = ""
    try:
        if _is_special(path):
            with open(path, "wb") as stream:
                stream.write(text.encode("utf-8"))
            return
        temporary = _prepare(target, text)
        os.replace(temporary, target)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise WriteError(f"could not write {path}: {error.strerror or error}") from None
