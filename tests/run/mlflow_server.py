"""A real MLflow server, as small as it gets: on sqlite, one worker, on a free port of this machine.

`PIPELINEKIT_MLFLOW_SERVER` names the `mlflow` program of an environment with what a server needs.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

VARIABLE = "PIPELINEKIT_MLFLOW_SERVER"
START_SECONDS = 90


def why_no_server() -> str | None:
    """Why there can be no server; None if there can."""
    program = os.environ.get(VARIABLE)
    return None if program and Path(program).exists() else f"{VARIABLE} names no mlflow program"


class MlflowServer:
    """A server that can be stopped and started again on the same port, with the same database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "COVERAGE"))
        }
        environment |= {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        environment.pop("PYTHONPATH", None)
        self.folder.mkdir(parents=True, exist_ok=True)
        program = Path(os.environ[VARIABLE])
        environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(program),
                    "server",
                    "--backend-store-uri",
                    f"sqlite:///{self.folder}/mlflow.db",
                    "--artifacts-destination",
                    str(self.folder / "artifacts"),
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self.port),
                    "--workers",
                    "1",
                ],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self._process.poll() is None, (self.folder / "server.log").read_text()
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise TimeoutError((self.folder / "server.log").read_text())

    def stop(self) -> None:
        """End the server and its worker at once: they are a process group of their own."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=20)
            self._process = None
