"""The contents that git keeps, handed out one after the other by one process."""

from __future__ import annotations

import os
import subprocess

from pipelinekit.project.git import GIT


class Objects:
    """A `git cat-file` that runs from the first question until it is closed."""

    def __init__(self, root: str) -> None:
        """`root` is a folder of the repository."""
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None

    def content(self, object_id: str) -> bytes | None:
        """The bytes of an object; None if git has not got it, as in a partial clone. Raises OSError."""
        if self._process is None:
            self._process = subprocess.Popen(
                [*GIT, "cat-file", "--batch"],
                cwd=self._root,
                # a clone that lacks objects must not fetch them behind anybody's back
                env={**os.environ, "GIT_NO_LAZY_FETCH": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        asking, answers = self._process.stdin, self._process.stdout
        assert asking is not None
        assert answers is not None
        asking.write(f"{object_id}\n".encode())
        asking.flush()
        head = answers.readline().split()
        if len(head) != 3 or not head[2].isdigit():
            return None
        return answers.read(int(head[2]) + 1)[:-1]

    def close(self) -> None:
        """Let git go."""
        if self._process is not None:
            self._process.communicate()
            self._process = None
