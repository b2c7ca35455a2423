"""MLflow's client, asked with as much patience as a server that is there deserves, and no more.

A server that has not answered for a while is first asked for something small, and has few seconds for it, whatever it
is that keeps it: a lookup of its name, a host that swallows packets, a database behind it that hangs. What fails at
once is asked for once more; what is not answered in time is not.
"""

from __future__ import annotations

import contextlib
import functools
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

#: Seconds that a server has to answer at all; half of it, if it had not when it was asked before.
ANSWER_SECONDS = 3.0
#: Seconds for which an answer proves that the server is there; and that there was none, that it is not.
_PROVED = 1.0
#: Failures that pass, such as of a connection that was kept open for too long, or of a server that starts again; and
#: within how many seconds they must come to be worth another try, after a pause.
_PASSING = re.compile(
    r"Connection (?:reset|aborted)|RemoteDisconnected|closed connection|too many (?:429|5\d\d) error", re.IGNORECASE
)
OVERDUE = re.compile(r"timed out|Read timeout", re.IGNORECASE)
_AT_ONCE = 1.0
_PAUSE = 0.5


class PatientClient:
    """Has the methods of `MlflowClient`, and raises what they raise; TimeoutError if there is no answer at all."""

    def __init__(self, client: Any, seconds: float | None) -> None:
        """`client` is an `MlflowClient`; `seconds` are what the server has to answer at all, None for no server."""
        self._client = client
        self._seconds = seconds
        self._answered: float | None = None
        self._failure: Exception | None = None
        self._failed = 0.0
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        @functools.wraps(method)
        def ask(*arguments: Any, **named: Any) -> Any:
            self._make_sure()
            with self._noted():
                return _asked_once_more(lambda: method(*arguments, **named))

        return ask

    def _make_sure(self) -> None:
        """Ask whether anybody is there, if that is not known."""
        with self._lock:
            if self._seconds is None or (self._answered is not None and time.monotonic() - self._answered < _PROVED):
                return
            if self._failure is not None and time.monotonic() - self._failed < _PROVED:
                raise self._failure
            try:
                with self._noted():
                    _within(self._seconds, lambda: _asked_once_more(self._look))
            except Exception as error:
                self._failure, self._failed = error, time.monotonic()
                raise

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """Whether there was an answer decides how the next question is asked."""
        try:
            yield
        except Exception as error:
            self._answered = None
            if self._seconds is not None and OVERDUE.search(str(error)):
                self._seconds = min(self._seconds, ANSWER_SECONDS / 2)
            raise
        self._answered = time.monotonic()

    def _look(self) -> None:
        """Something that a server can't answer without its database, and that costs it little."""
        self._client.search_experiments(max_results=1)


def _asked_once_more(ask: Callable[[], Any]) -> Any:
    started = time.monotonic()
    try:
        return ask()
    except Exception as error:
        if time.monotonic() - started > _AT_ONCE or _PASSING.search(str(error)) is None:
            raise
    time.sleep(_PAUSE)
    return ask()


def _within(seconds: float, ask: Callable[[], Any]) -> None:
    """Do it in a thread that is left to itself when the time is over: it only reads. Raises TimeoutError."""
    failures: list[Exception] = []

    def work() -> None:
        try:
            ask()
        except Exception as error:  # whoever waits raises it
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"timed out after {seconds:g} seconds")
    for failure in failures:
        raise failure
