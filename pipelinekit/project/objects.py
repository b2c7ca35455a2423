"""The contents that git keeps, handed out one after the other by one process."""

from __future__ import annotations

import os
import subprocess
from typing import IO

from pipelinekit.project.git import GIT


class Objects:
    """A `git cat-file` that runs from the first question until it is closed."""

    def __init__(self, root: str) -> None:
        """`root` is a folder of the repository."""
        self._root = root
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def content(self, object_id: str) -> bytes | None:
        """The bytes of an object; None if git has not got it, as in a partial clone. Raises OSError."""
        head, answers = self._ask("--batch", object_id)
        return answers.read(int(head[2]) + 1)[:-1] if len(head) == 3 and head[2].isdigit() else None

    def id_of(self, name: str) -> str | None:
        """The id of what a name such as `main:dvc.lock` stands for; None if git knows nothing of it. Raises OSError."""
        head, _ = self._ask("--batch-check", name)
        return head[0].decode() if len(head) == 3 and head[2].isdigit() else None

    def _ask(self, way: str, name: str) -> tuple[list[bytes], IO[bytes]]:
        process = self._processes.get(way)
        if process is None:
            process = self._processes[way] = subprocess.Popen(
                [*GIT, "cat-file", way],
                cwd=self._root,
                # a clone that lacks objects must not fetch them behind anybody's back
                env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        asking, answers = process.stdin, process.stdout
        assert asking is not None
        assert answers is not None
        asking.write(f"{name}\n".encode("utf-8", "surrogateescape"))
        asking.flush()
        return answers.readline().split(), answers

    def close(self) -> None:
        """Let git go."""
        for process in self._processes.values():
            process.communicate()
        self._processes.clear()
