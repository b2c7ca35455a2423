"""The real client: what it says of servers that are gone, hang or fail, and how often they are asked."""

from __future__ import annotations

import contextlib
import http.server
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from pipelinekit.run import mlflow_store, patient_client
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
    headers_sent: Mapping[str, str] = MappingProxyType({})
    body = b"no"
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path.rpartition("/mlflow/")[2].partition("?")[0])
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Quietly."""


@contextlib.contextmanager
def answering(**given: Any) -> Iterator[tuple[str, list[str]]]:
    """The address of a server that answers everything alike, and what it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Answering,), {"asked": asked, **given})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()


@contextlib.contextmanager
def connected(answer: bytes = b"", pause: float = 0.0) -> Iterator[tuple[str, list[socket.socket]]]:
    """A server that sends the same bytes over and over to whoever comes, or never any, and who came."""
    came: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                came.append(listener.accept()[0])
                if answer:
                    threading.Thread(target=send, args=(came[-1],), daemon=True).start()

    def send(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(answer)
                time.sleep(pause)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", came
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in came:
                connection.close()


def ask(uri: str) -> str:
    """What is said of a server."""
    store = open_store(uri)
    with pytest.raises(TrackingError) as raised:
        store.experiment("e")
    return str(raised.value)


def test_a_server_that_is_gone() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message = ask(f"http://user:secret@127.0.0.1:{port}")
    assert message == f"MLflow at http://127.0.0.1:{port}: connection refused"


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (500, "the server fails (status 5xx)"),
        (503, "the server fails (status 5xx)"),
        (429, "the server has too much to do (status 429)"),
        (403, "the server refuses (status 403)"),
    ],
)
def test_a_server_that_does_not_work(status: int, cause: str) -> None:
    with answering(status=status) as (uri, asked):
        message = ask(uri)
    assert message.endswith(cause)
    assert asked == ["experiments/search"] * (1 if status == 403 else 2)


def test_nobody_waits_for_as_long_as_a_server_wishes() -> None:
    with answering(status=503, headers_sent={"Retry-After": "3600"}) as (uri, asked):
        message = ask(uri)
    assert message.endswith("the server fails (status 5xx)")
    assert len(asked) == 2


@pytest.mark.parametrize("answer", [b"", b"H", b"HTTP/1.1 200 OK\r\nX: x\r\n"])
def test_a_server_that_never_answers_or_never_ends(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_store, "ANSWER_SECONDS", 0.4)
    with connected(answer, pause=0.05) as (uri, came):
        message = ask(uri)
        assert message.endswith("no answer in time")
        assert len(came) == 1


def test_a_host_whose_name_nobody_looks_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def look_up(*arguments: object, **named: object) -> list[object]:
        over.wait(30)
        raise socket.gaierror("too late")

    monkeypatch.setattr(mlflow_store, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        message = ask("http://mlflow.example:5000")
    finally:
        over.set()
    assert message == "MLflow at http://mlflow.example:5000: no answer in time"


def test_a_server_that_was_silent_has_less_time_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_store, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(patient_client, "ANSWER_SECONDS", 0.4)
    given: list[float] = []
    within = patient_client._within
    monkeypatch.setattr(patient_client, "_within", lambda seconds, ask: (given.append(seconds), within(seconds, ask)))
    with connected() as (uri, came):
        store = open_store(uri)

        def ask_again() -> int:
            with pytest.raises(TrackingError, match="no answer in time"):
                store.experiment("e")
            return len(came)

        # at once there is no use in it
        assert [ask_again(), ask_again()] == [1, 1]
        monkeypatch.setattr(patient_client, "_PROVED", 0.0)
        assert [ask_again(), ask_again()] == [2, 3]
    assert given == [0.4, 0.2, 0.2]


def test_whoever_knows_a_slow_server_says_so_to_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setattr(mlflow_store, "ANSWER_SECONDS", 100.0)
    with connected() as (uri, _):
        message = ask(uri)
    assert message.endswith("no answer in time")


def test_a_server_that_answers_is_not_asked_all_the_time_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"experiment": {"experiment_id": "7", "name": "e", "lifecycle_stage": "active"}}'
    with answering(status=200, body=body) as (uri, asked):
        store = open_store(uri)
        assert [store.experiment("e") for _ in range(3)] == ["7"] * 3
        assert asked == ["experiments/search", *["experiments/get-by-name"] * 3]
        monkeypatch.setattr(patient_client, "_PROVED", 0.0)
        store.experiment("e")
        assert asked[-2:] == ["experiments/search", "experiments/get-by-name"]


def test_a_connection_that_is_cut_is_made_once_more() -> None:
    class Cutting(_Answering):
        def do_GET(self) -> None:
            self.asked.append(self.path)
            if len(self.asked) == 1:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            super().do_GET()

    asked: list[str] = []
    handler = type("Handler", (Cutting,), {"asked": asked, "status": 403})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            message = ask(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
    assert message.endswith("the server refuses (status 403)")


def test_a_failure_whose_address_looks_like_a_status_is_none() -> None:
    gone = Exception("API request to http://127.0.0.1:40404/api failed: connection refused")
    assert not mlflow_store._is_missing(gone)
    assert mlflow_store._is_missing(Exception("404 Client Error: NOT FOUND for url: http://127.0.0.1:5000/x"))


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
