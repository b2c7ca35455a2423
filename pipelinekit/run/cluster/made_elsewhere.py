"""What workers have made and is not here yet: `dvc.lock` has its entries, the remote its data.

The list outlives a run that is killed, so that the next one fetches it; without that, the next run would take the
older outputs that lie here for changes, and make them again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Sequence

from pipelinekit.project.writing import replace_file
from pipelinekit.report.shown import counted
from pipelinekit.run.data_moves import move_data
from pipelinekit.run.dvc_program import find_dvc
from pipelinekit.run.only_run import FOLDER
from pipelinekit.run.processes import Start, cold_start

_LIST = f"{FOLDER}/made-elsewhere.json"
#: Outputs that are named to one `dvc pull`.
_MAX_TARGETS = 200


class MadeElsewhere:
    """The stages whose outputs are to be fetched."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._path = os.path.join(root, _LIST)
        #: by address: the paths to pull
        self._pulls: dict[str, list[str]] = {}
        #: addresses of stages that have handed over what is in no remote, and in no cache here
        self._commits: list[str] = []
        self._read()

    def __len__(self) -> int:
        return len(self._pulls)

    def add(self, address: str, paths: Sequence[str], *, is_to_be_kept: bool) -> None:
        """Note a stage, before its entry is written. Raises WriteError.

        `is_to_be_kept`: outputs that travelled with the entry belong into the cache as well.
        """
        self._pulls[address] = list(paths)
        if is_to_be_kept:
            self._commits.append(address)
        replace_file(self._path, json.dumps({"version": 1, "pulls": self._pulls, "commits": self._commits}))

    def fetch(self, start: Start, say: Callable[[str], None]) -> None:
        """Pull all of it. Raises RunError, and then it stays on the list."""
        paths = [path for paths in self._pulls.values() for path in paths]
        if paths:
            say(f"fetching the results of {counted(len(self), 'stage')} from the remote")
        for first in range(0, len(paths), _MAX_TARGETS):
            move_data(start, ["pull", "--force", "--", *paths[first : first + _MAX_TARGETS]], "fetched")
        if self._commits:
            move_data(start, ["commit", "--force", "--", *self._commits], "kept in the cache")
        self._pulls, self._commits = {}, []
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)

    def _read(self) -> None:
        try:
            with open(self._path, encoding="utf-8") as file:
                data = json.load(file)
            pulls = {str(address): [str(path) for path in paths] for address, paths in data["pulls"].items()}
            commits = [str(address) for address in data["commits"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return
        self._pulls, self._commits = pulls, commits


def fetch_what_is_left(root: str, say: Callable[[str], None]) -> None:
    """Fetch what a run that was stopped has left in the remote. Raises RunError, NoDvcError."""
    made = MadeElsewhere(root)
    if len(made):
        made.fetch(cold_start(find_dvc(root), root), say)
