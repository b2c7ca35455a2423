"""The processes of a run: each `dvc` in a group of its own, with its output in a file, and a guard over all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, Generic, TypeVar

from pipelinekit.freshness.causes import name_of
from pipelinekit.graph.graph import GraphNode
from pipelinekit.resolve.stage import TrackedFile
from pipelinekit.run import guard
from pipelinekit.run.only_run import FOLDER
from pipelinekit.run.outcome import Outcome
from pipelinekit.run.processes import Process

LOGS = f"{FOLDER}/logs"
#: Lines of a stage that are shown when it fails.
LAST_LINES = 20
#: Bytes of a line that are looked at: the file has all of it.
_MAX_LINE = 4096
# DVC prints one of these before a stage's command can print anything, so that no command can pretend to be DVC
_DECISIONS: tuple[tuple[re.Pattern[str], Outcome], ...] = (
    (re.compile(r"Running stage '.*':$"), "ran"),
    (re.compile(r"Importing '.*' -> '"), "ran"),
    (re.compile(r"Stage '.*' is cached - skipping run, checking out outputs$"), "restored"),
    (re.compile(r"Pulling data for "), "restored"),
    (re.compile(r"Verifying (?:outputs|data sources) in "), "recorded"),
    (re.compile(r"(?:Stage )?'.*' didn't change, skipping$"), "up-to-date"),
)
# what DVC says around a command, and what nobody needs to see more than once
_CHATTER = re.compile(
    r"\s*|Running stage '.*':|> .*|(?:Updating|Generating) lock file '.*'|To track the changes with git, run:"
    r"|\tgit add .*|To enable auto staging, run:|\tdvc config core\.autostage true"
    r"|Use `dvc push` to send your updates to remote storage\.|Data and pipelines are up to date\."
    r"|Stage '.*' (?:didn't change, skipping|is cached - skipping run, checking out outputs)"
)


Node = TypeVar("Node")


class Child(Generic[Node]):
    """A running `dvc repro` of one stage, or `.dvc` file, that is listened to by threads that do nothing else."""

    has_begun = True
    where = ""

    def __init__(
        self, node: Node, process: Process, file: str, log: str, tell: Callable[[Child[Node], list[str] | None], None]
    ) -> None:
        """Follow a process. What it says goes into `file`, which is `log` to the user. Raises OSError.

        `tell` gets its lines as they come, and None when it has ended; it may keep a child waiting that says more than
        anybody can hear.
        """
        self.node = node
        self.log = log
        self.status = 0
        #: what DVC decided; None as long as it has not
        self.decision: Outcome | None = None
        self.started = time.monotonic()
        #: when its command started, as far as is known
        self.decided = self.started
        self.ended = self.started
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._tell = tell
        self._file = open(file, "wb")  # noqa: SIM115 - closed by the thread that writes it
        self._process = process
        #: the group of the child and of all that it starts
        self.group = process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def outcome(self) -> Outcome:
        """How it ended, if nobody stopped it."""
        if self.status:
            return "failed"
        return self.decision or ("recorded" if isinstance(self.node, TrackedFile) else "up-to-date")

    @property
    def seconds(self) -> float:
        """How long its command, and what DVC does behind it, have taken until now or the end."""
        return max(0.0, self.ended - self.decided) if self.ended > self.started else time.monotonic() - self.decided

    def _wait(self) -> None:
        self.status = self._process.wait()
        # a process that the stage left behind may hold the output open for ever
        self._reader.join(0.5)
        self.ended = time.monotonic()
        self._tell(self, None)

    def _read(self) -> None:
        rest = b""
        output = self._process.output
        with contextlib.suppress(OSError, ValueError), self._file as file, open(output, "rb", buffering=0):
            while chunk := os.read(output, 65536):
                file.write(chunk)
                file.flush()
                *parts, rest = re.split(rb"\r\n|\n", rest + chunk)
                if len(rest) > _MAX_LINE:
                    parts, rest = [*parts, rest], b""
                self._take(parts)
                # a progress bar rewrites its line without ever ending it
                if b"\r" in rest:
                    self._tell(self, [_text(rest)])
            if rest:
                self._take([rest])

    def _take(self, parts: list[bytes]) -> None:
        lines = [line for line in map(_text, parts) if line.strip()]
        if self.decision is None:
            self._decide(lines)
        self.last_lines.extend(lines)
        if lines:
            self._tell(self, lines)

    def _decide(self, lines: list[str]) -> None:
        for line in lines:
            for pattern, outcome in _DECISIONS:
                if pattern.match(line):
                    self.decision = outcome
                    self.decided = time.monotonic()
                    return


def _text(line: bytes) -> str:
    """A line as it would stand in a terminal: what was overwritten is gone."""
    shown = line.rstrip(b"\r").rpartition(b"\r")[2]
    return shown[:_MAX_LINE].decode("utf-8", "replace")


def without_chatter(lines: Sequence[str]) -> list[str]:
    """The lines without what DVC says around every command."""
    return [line for line in lines if not _CHATTER.fullmatch(line)]


def send(group: int, number: int) -> bool:
    """Send a signal to a process group; whether there is anything left of it. 0 only asks."""
    try:
        if os.name == "nt":
            os.kill(group, signal.SIGTERM if number else 0)
        else:
            os.killpg(group, number)
    except ProcessLookupError:
        return False
    except OSError:  # of another user by now, or not to be asked
        return False
    return True


def log_path(node: GraphNode) -> str:
    """The file for the output of a stage, relative to the project."""
    name = name_of(node)
    plain = re.sub(r"[^\w.@=+-]+", "-", name)[:100].lstrip(".")
    if plain != name:
        plain += "-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{LOGS}/{plain}.log"


class Guard:
    """Ends what the run has started if the run is killed. Holds `lock`, if there is one, until it has done so."""

    def __init__(self, lock: int | None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if os.name == "nt":
            return
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", os.path.abspath(guard.__file__)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(lock,) if lock is not None else (),
            )

    def watch(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        stream: IO[bytes] | None = self._process.stdin if self._process is not None else None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.write(line.encode())
                stream.flush()

    def close(self) -> None:
        """The run is over."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
