"""What each stage reads and writes: its commands themselves, and the scripts that they run."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_url
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.access import Access
from pipelinekit.scripts.commands import all_command_accesses
from pipelinekit.scripts.python.runs import Run, all_runs


def all_accesses(graph: Graph) -> dict[Stage, list[Access]]:
    """The files and folders that each stage reads and writes, as far as that is known; for `Graph.derived`.

    The scripts' own come first, in the order in which they happen.
    """
    runs = graph.derived(all_runs)
    idle: dict[int, bool] = {}
    found: dict[Stage, list[Access]] = {}
    for stage, accesses in graph.derived(all_command_accesses).items():
        found[stage] = []
        for run in runs.get(stage, ()):
            # thousands of stages may run a script that does the same for all of them
            is_idle = idle.get(id(run.observed))
            if is_idle is None:
                is_idle = idle[id(run.observed)] = not run.files
            if not is_idle:
                found[stage] += _of_run(run)
        found[stage] += accesses
    return found


def stages_with_accesses(graph: Graph) -> frozenset[Stage]:
    """The stages of which it is known that they read or write something; for `Graph.derived`."""
    return frozenset(stage for stage, accesses in graph.derived(all_accesses).items() if accesses)


def _of_run(run: Run) -> Iterator[Access]:
    seen: set[tuple[str, str]] = set()
    removed = {path for part in run.observed.everything() for path in part.removed}
    for use in run.files:
        if use.path is None or is_url(use.path) or use.path in removed or (use.path, use.mode) in seen:
            continue
        if use.is_certain:
            seen.add((use.path, use.mode))
        yield Access(use.path, use.mode, use.place, use.what, use.is_certain, use.pattern, run.script)
