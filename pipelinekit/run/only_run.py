"""One run at a time in a project, and nothing left of one that was killed.

The lock is the operating system's: it ends with whoever holds it. The guard of a run holds it, too, until it has ended
what a killed run left behind, so that the next run does not meet its stages.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.run.alive import is_alive

FOLDER = f"{DVC_FOLDER}/tmp/pipelinekit"
_LOCK = "run.lock"
#: Seconds to wait for the guard of a run that was killed.
_PATIENCE = 30.0


class BusyError(Exception):
    """Another run is at work in the project."""


@contextmanager
def only_run(root: str, say: Callable[[str], None]) -> Iterator[int | None]:
    """While this is open, no other run is at work. Gives a file to hold the lock by. Raises BusyError, OSError."""
    folder = os.path.join(root, FOLDER)
    os.makedirs(folder, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # a system without such locks; DVC has its own
        yield None
        return
    descriptor = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        until = time.monotonic() + _PATIENCE
        has_said = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = _pid_in(descriptor)
                if time.monotonic() > until or (holder is not None and is_alive(holder)):
                    who = f" (process {holder})" if holder is not None else ""
                    raise BusyError(f"another run is at work in this project{who}: wait for it, or stop it") from None
                if not has_said:
                    has_said = True
                    say("a run was killed; waiting for the end of what it started")
                time.sleep(0.1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _pid_in(descriptor: int) -> int | None:
    with contextlib.suppress(ValueError, OSError):
        return int(os.pread(descriptor, 32, 0))
    return None


# --- DVC's own lock ----------------------------------------------------------------------------------------------


def clear_dead_locks(root: str) -> list[str]:
    """Forget the reading and writing of processes that are gone, in the file where DVC keeps it.

    DVC does that itself, but for a file that a killed process left half written, and for a process whose number has
    passed to another: then it refuses for ever. Returns what was done, in words.
    """
    folder = os.path.join(root, DVC_FOLDER, "tmp")
    path = os.path.join(folder, "rwlock")
    if not os.path.exists(path):
        return []
    try:
        import fcntl
    except ImportError:
        return []
    guard = os.open(os.path.join(folder, "rwlock.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)  # else one that is alive has it
        return _clear(path)
    except OSError:
        return []
    finally:
        os.close(guard)


def _clear(path: str) -> list[str]:
    with open(path, "rb") as file:
        text = file.read()
    try:
        held = json.loads(text)
        kept = _alive(held)
    except (ValueError, TypeError, AttributeError, KeyError):
        os.unlink(path)
        return ["DVC's rwlock was left half written by a process that was killed; it was removed"]
    if kept == held:
        return []
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as out:
        json.dump(kept, out)
    os.replace(temporary, path)
    return ["DVC's rwlock still held what processes that are gone had locked; they were removed from it"]


def _alive(held: dict[str, Any]) -> dict[str, Any]:
    writing = {path: info for path, info in held.get("write", {}).items() if _is_dvc(int(info["pid"]))}
    reading = {}
    for path, infos in held.get("read", {}).items():
        alive = [info for info in infos if _is_dvc(int(info["pid"]))]
        if alive:
            reading[path] = alive
    kept: dict[str, Any] = {name: value for name, value in held.items() if name not in ("write", "read")}
    if "write" in held and writing:
        kept["write"] = writing
    if "read" in held and reading:
        kept["read"] = reading
    for name in ("write", "read"):
        if held.get(name) == {}:
            kept[name] = {}
    return kept


def _is_dvc(pid: int) -> bool:
    """Whether a process is there and may be DVC; where its command can't be read, that it is there counts."""
    if not os.path.isdir("/proc/self"):
        return is_alive(pid)
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"dvc" in file.read()  # a zombie has none
    except FileNotFoundError:
        return False
    except OSError:
        return True
