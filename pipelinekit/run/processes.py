"""Starts the processes of `dvc`: each anew, or, on Linux, as a copy of one that has loaded DVC already."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from pipelinekit.run import warm_dvc

#: Seconds that DVC may take to load.
_PATIENCE = 60.0
_MAX_SCRIPT = 4096
# how pip, uv and their kind write the program, also where the path of Python is too long for a first line
_SHEBANG = re.compile(
    r"#!(?P<python>/[^\n]*/(?:python|pypy)[\w.]*)\n|#!/bin/sh\n'''exec' \"?(?P<long>/[^\n\"]*?)\"? \"\$0\""
)


class Process(Protocol):
    """A running `dvc`, the first of its own process group."""

    @property
    def pid(self) -> int: ...

    @property
    def output(self) -> int:
        """The file to read what it prints from."""

    def wait(self) -> int:
        """Wait for its end; the exit status, negative for a signal."""


Start = Callable[[Sequence[str], Mapping[str, str]], Process]


def cold_start(dvc: str, root: str) -> Start:
    """Starts `dvc` in a project as any other program: for a command or two, loading it beforehand saves nothing."""
    return lambda arguments, environment: _Cold([dvc, *arguments], root, environment)


class Starter:
    """Starts `dvc` in a project."""

    def __init__(self, dvc: str, root: str, loaded: LoadedDvc | None = None) -> None:
        """`loaded` is a DVC that others use as well, and that is not ended with this."""
        self._dvc = dvc
        self._root = root
        self._is_own = loaded is None
        self._loaded = loaded or load_dvc(dvc)

    def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Process:
        """Start it. Raises OSError."""
        if self._loaded is not None:
            process = self._loaded.start(arguments, environment, self._root)
            if process is not None:
                return process
            self._loaded = None  # it could not be loaded, or is gone
        return _Cold([self._dvc, *arguments], self._root, environment)

    def close(self) -> None:
        """Nothing more will be started."""
        if self._loaded is not None and self._is_own:
            self._loaded.close()


def load_dvc(dvc: str) -> LoadedDvc | None:
    """A process that loads DVC, in the background; None where there can be none."""
    python = python_of(dvc) if platform.system() == "Linux" else None
    return LoadedDvc(python, dvc) if python is not None else None


def python_of(program: str) -> str | None:
    """The Python that a `dvc` as pip writes it runs with; None for any other."""
    try:
        with open(program, encoding="utf-8") as file:
            text = file.read(_MAX_SCRIPT)
    except (OSError, ValueError):
        return None
    match = _SHEBANG.match(text)
    if match is None or "from dvc.cli import main" not in text:
        return None
    python = match["python"] or match["long"]
    return python if os.access(python, os.X_OK) else None


class _Cold:
    """A process that is started as any other."""

    def __init__(self, command: Sequence[str], root: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.pid = self._process.pid
        # a file of its own, that whoever reads it closes
        self.output = os.dup(self._process.stdout.fileno())
        self._process.stdout.close()

    def wait(self) -> int:
        return self._process.wait()


class _Copy:
    """A copy of the process that has loaded DVC."""

    def __init__(self, output: int) -> None:
        self.output = output
        self.pid = 0
        self.status = -9
        self.has_started = threading.Event()
        self.has_ended = threading.Event()

    def wait(self) -> int:
        self.has_ended.wait()
        return self.status


class LoadedDvc:
    """The process that has loaded DVC."""

    def __init__(self, python: str, dvc: str) -> None:
        self._dvc = dvc
        self._copies: dict[int, _Copy] = {}
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._is_ready = threading.Event()
        self._is_gone = False
        self._control, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [python, os.path.abspath(warm_dvc.__file__), str(theirs.fileno())],
                cwd=os.path.dirname(dvc),
                env={**os.environ, "DVC_NO_ANALYTICS": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        except OSError:
            self._is_gone = True
            self._is_ready.set()
            self._control.close()
            return
        finally:
            theirs.close()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""
        return self._is_gone

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], root: str) -> _Copy | None:
        """Start `dvc` in a project; None if that can't be done here."""
        if not self._is_ready.wait(_PATIENCE) or self._is_gone:
            return None
        output, theirs = os.pipe()
        copy = _Copy(output)
        number = next(self._numbers)
        self._copies[number] = copy
        data = json.dumps(
            {
                "id": number,
                "program": self._dvc,
                "arguments": list(arguments),
                "environment": dict(environment),
                "root": root,
            }
        ).encode()
        try:
            with self._sending:
                socket.send_fds(self._control, [len(data).to_bytes(4, "big")], [theirs])
                self._control.sendall(data)
        except OSError:
            self._copies.pop(number, None)
            os.close(output)
            return None
        finally:
            os.close(theirs)
        copy.has_started.wait()
        if not copy.pid:
            os.close(output)
            return None
        return copy

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._control.makefile("rb") as answers:
            for line in answers:
                self._take(json.loads(line))
        self._is_gone = True
        self._is_ready.set()
        for copy in list(self._copies.values()):
            if copy.pid:  # nobody will tell of its end any more
                with contextlib.suppress(OSError):
                    os.killpg(copy.pid, signal.SIGKILL)
            copy.has_started.set()
            copy.has_ended.set()

    def _take(self, answer: dict[str, Any]) -> None:
        if "ready" in answer:
            self._is_ready.set()
            return
        copy = self._copies[answer["id"]]
        if "pid" in answer:
            copy.pid = answer["pid"]
            copy.has_started.set()
        else:
            copy.status = answer["status"]
            del self._copies[answer["id"]]
            copy.has_ended.set()

    def close(self) -> None:
        """End it; what it has started goes on."""
        if self._is_gone:
            return
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
            return
        self._process.kill()
