"""A cluster of dask on this machine: a scheduler and workers, each a process of its own, on free ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.end_to_end.programs import BIN, ENVIRONMENT

START_SECONDS = 60


class DaskCluster:
    """A scheduler, and workers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"dask://127.0.0.1:{self.port}"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.scheduler = self._start("scheduler", "--port", str(self.port))
        self._wait_for("scheduler", "Scheduler at")

    def add_worker(self, name: str, *options: str) -> None:
        """Start a worker and wait for it. Without a nanny, so that killing it is final."""
        arguments = ["--nthreads", "1", "--no-nanny", "--name", name, "--local-directory", str(self.folder / name)]
        process = self._start("worker", f"tcp://127.0.0.1:{self.port}", *arguments, *options, log=name)
        self.workers[name] = process
        self._wait_for(name, "Registered to")

    def _start(self, *arguments: str, log: str = "scheduler") -> subprocess.Popen[bytes]:
        with (self.folder / f"{log}.log").open("wb") as file:
            return subprocess.Popen(
                [BIN / "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
                cwd=self.folder,
                env=ENVIRONMENT,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def _wait_for(self, log: str, text: str) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if text in (self.folder / f"{log}.log").read_text(errors="replace"):
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / f"{log}.log").read_text(errors="replace"))

    def kill(self, name: str) -> None:
        """End a worker, or the scheduler, as a crash would."""
        process = self.scheduler if name == "scheduler" else self.workers.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End all of it; the scheduler last, because workers take their leave of it."""
        for process in [*self.workers.values(), self.scheduler]:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
