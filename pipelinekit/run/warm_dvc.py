"""DVC, loaded once for a whole run: a program that DVC's own Python runs, without imports of the package.

Each request is a command line of `dvc`; it is answered by a copy of this process that calls what `dvc` itself calls.
That saves the second that every `dvc` takes to start. Requests come through a socket: a length and the file that is
to be standard output and standard error, then JSON. Answers are lines of JSON: `{"id", "pid"}`, `{"id", "status"}`.

Nothing of what DVC does is changed, but for its patience: it looks for its locks every few hundredths of a second, in
place of twice a second.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

#: What `dvc repro`, `dvc pull` and `dvc push` come to import.
_MODULES = (
    "dvc.cli",
    "dvc.cli.parser",
    "dvc.commands.repro",
    "dvc.repo",
    "dvc.repo.index",
    "dvc.repo.reproduce",
    "dvc.repo.stage",
    "dvc.repo.graph",
    "dvc.stage",
    "dvc.stage.cache",
    "dvc.stage.loader",
    "dvc.stage.run",
    "dvc.stage.serialize",
    "dvc.dvcfile",
    "dvc.output",
    "dvc.dependency",
    "dvc.dependency.param",
    "dvc.parsing",
    "dvc.rwlock",
    "dvc.cachemgr",
    "dvc.data_cloud",
    "dvc.ignore",
    "dvc.scm",
    "dvc.utils.strictyaml",
    "dvc.utils.serialize",
    "dvc.utils.serialize._yaml",
    "dvc_data.hashfile.build",
    "dvc_data.hashfile.checkout",
    "dvc_data.hashfile.state",
    "dvc_data.hashfile.transfer",
    "dvc_data.index",
    "networkx",
    "ruamel.yaml",
    "voluptuous",
    "psutil",
    "sqlite3",
    "pygit2",
    "dulwich.repo",
    "dulwich.porcelain",
    "scmrepo.git",
    "pathspec",
    "diskcache",
    "fsspec",
    "configobj",
    "rich",
    "zc.lockfile",
    "dvc._debug",
    "dvc.commands.data_sync",
    "dvc.daemon",
    "dvc.dirs",
    "dvc.repo.artifacts",
    "dvc.repo.brancher",
    "dvc.repo.datasets",
    "dvc.repo.fetch",
    "dvc.repo.metrics",
    "dvc.repo.open_repo",
    "dvc.repo.params",
    "dvc.repo.plots",
    "dvc.repo.pull",
    "dvc.repo.push",
    "dvc.repo.trie",
    "dvc.repo.worktree",
    "dvc_data.hashfile.db.index",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "dvc_data.index.checkout",
    "dvc_data.index.collect",
    "dvc_data.index.fetch",
    "dvc_data.index.push",
    "dulwich.worktree",
    "fsspec.implementations.memory",
    "platformdirs.unix",
    "pyparsing",
    "ruamel.yaml.mergevalue",
)
_PAUSE = 0.03
_PATIENCE = 60.0


def main() -> None:
    """Load DVC, then answer requests until there are no more."""
    control = socket.socket(fileno=int(sys.argv[1]))
    del sys.path[0]  # the modules that stand beside this file are nobody else's
    dvc = importlib.import_module("dvc.cli")
    for module in _MODULES:
        with contextlib.suppress(Exception):
            importlib.import_module(module)
    _be_quick_to_lock()
    gc.collect()
    gc.freeze()
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    ids: dict[int, int] = {}
    _answer(control, {"ready": True})
    while True:
        readable, _, _ = select.select([control.fileno(), woken], [], [])
        if woken in readable:
            with contextlib.suppress(OSError):
                os.read(woken, 4096)
        if control.fileno() in readable:
            request = _request(control)
            if request is None:
                return
            output, data = request
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                for end in (woken, wake):
                    os.close(end)
                control.close()
                _become(dvc, output, data)
            os.close(output)
            ids[pid] = data["id"]
            _answer(control, {"id": data["id"], "pid": pid})
        for pid in list(ids):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                _answer(control, {"id": ids.pop(pid), "status": os.waitstatus_to_exitcode(status)})


def _request(control: socket.socket) -> tuple[int, dict[str, Any]] | None:
    """The next request and its output file; None when there are no more."""
    head, files, _, _ = socket.recv_fds(control, 4, 1)
    if len(head) < 4 or not files:
        return None
    left = int.from_bytes(head, "big")
    parts: list[bytes] = []
    while left:
        part = control.recv(min(left, 65536))
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    data: dict[str, Any] = json.loads(b"".join(parts))
    return files[0], data


def _answer(control: socket.socket, data: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        control.sendall(json.dumps(data).encode() + b"\n")


def _become(dvc: Any, output: int, data: dict[str, Any]) -> None:
    """Be the `dvc` of a request; does not return."""
    status: Any = 255
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.chdir(data["root"])
        os.environ.clear()
        os.environ.update(data["environment"])
        sys.argv = [data["program"], *data["arguments"]]
        status = dvc.main(data["arguments"])
    except KeyboardInterrupt:
        status = 130
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 0)


def _be_quick_to_lock() -> None:
    """Look for a lock more often, and for longer than three seconds; not at all if DVC's lock is another one."""
    with contextlib.suppress(Exception):
        locks = importlib.import_module("dvc.lock")
        error, kind = locks.LockError, locks.Lock
        attempt = kind._do_lock

        def lock(self: Any) -> None:
            until = float("inf") if self._wait else time.monotonic() + _PATIENCE
            while True:
                try:
                    attempt(self)
                    return
                except error:  # noqa: PERF203
                    if time.monotonic() > until:
                        raise
                    time.sleep(_PAUSE)

        kind.lock = lock


if __name__ == "__main__":
    main()
