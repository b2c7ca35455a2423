"""The real client: what it says of servers that are gone, hang or fail, and how soon."""

from __future__ import annotations

import http.server
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pipelinekit.run import mlflow_store
from pipelinekit.run.mlflow_store import open_store, stage_defaults
from pipelinekit.run.store import TrackingError


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """The client is told by variables; they must not stay."""
    before = dict(os.environ)
    known = dict(mlflow_store._before)
    mlflow_store._before.clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    mlflow_store._before.clear()
    mlflow_store._before.update(known)


class _Answering(http.server.BaseHTTPRequestHandler):
    status = 500

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"no")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Quietly."""


def ask(uri: str) -> tuple[str, float]:
    """What is said of a server, and after how many seconds."""
    store = open_store(uri)
    started = time.monotonic()
    with pytest.raises(TrackingError) as raised:
        store.experiment("e")
    return str(raised.value), time.monotonic() - started


def test_a_server_that_is_gone() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message, seconds = ask(f"http://user:secret@127.0.0.1:{port}")
    assert message == f"MLflow at http://127.0.0.1:{port}: connection refused"
    assert seconds < 5


@pytest.mark.parametrize(
    ("status", "cause"), [(500, "the server fails (status 5xx)"), (403, "the server refuses (status 403)")]
)
def test_a_server_that_does_not_work(status: int, cause: str) -> None:
    handler = type("Handler", (_Answering,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            message, seconds = ask(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
    assert message.endswith(cause)
    assert seconds < 8


def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        message, seconds = ask(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert message.endswith("no answer in time")
    assert seconds < 8


def test_scripts_keep_the_patience_of_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT", raising=False)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    open_store("http://127.0.0.1:1")
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "5"
    handed = stage_defaults()
    assert handed["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "120"
    assert handed["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "3"


@pytest.mark.parametrize("uri", ["nonsense://x", "sqlite:////proc/nowhere/m.db", ""])
def test_addresses_that_lead_nowhere(uri: str) -> None:
    with pytest.raises(TrackingError):
        open_store(uri).experiment("e")
