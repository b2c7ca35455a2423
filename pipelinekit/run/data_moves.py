"""Data on its way: `dvc pull`, `dvc push`, and what they say if they fail."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from pipelinekit.graph.graph import GraphNode
from pipelinekit.run.outcome import RunError
from pipelinekit.run.processes import Start

#: Lines that DVC has said last, in an error.
_LAST_LINES = 5
#: More stages than this are not named to DVC one by one.
_MAX_TARGETS = 200


def targets_of(nodes: Collection[GraphNode]) -> list[str]:
    """How stages and `.dvc` files are named to a command of DVC; nothing, which stands for all, if they are many."""
    return [node.address for node in nodes] if len(nodes) <= _MAX_TARGETS else []


def move_data(start: Start, arguments: Sequence[str], done: str) -> None:
    """Run a command of DVC; `done` is what it does, as a participle. Raises RunError with the last that it said."""
    process = start(["--wait-for-lock", *arguments], {**os.environ, "DVC_NO_ANALYTICS": "1"})
    with open(process.output, "rb") as output:
        said = output.read().decode("utf-8", "replace")
    if process.wait():
        lines = [line for line in said.splitlines() if line.strip()]
        last = "".join(f"\n  {line}" for line in lines[-_LAST_LINES:])
        raise RunError(f"the data could not be {done}: 'dvc {' '.join(arguments[:3])}' failed{last}")
