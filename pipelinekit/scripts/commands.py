"""What the commands of a stage read and write themselves, without the scripts that they run."""

from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_url, join
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.access import Access, Mode
from pipelinekit.scripts.programs import Invocation, all_invocations, command_place
from pipelinekit.scripts.shell import Word


def all_command_accesses(graph: Graph) -> dict[Stage, list[Access]]:
    """The files that each stage's command reads and writes; for `Graph.derived`."""
    root = graph.index.project.root
    found = graph.derived(all_invocations)
    return {
        stage: [access for invocation in invocations for access in _accesses(stage, invocation, root)]
        for stage, invocations in found.items()
    }


def _accesses(stage: Stage, invocation: Invocation, root: str) -> Iterator[Access]:
    redirections: list[tuple[Mode, tuple[Word, ...]]] = [
        ("read", invocation.parsed.reads),
        ("write", invocation.parsed.writes),
    ]
    for mode, words in redirections:
        for word in words:
            if not word.text or invocation.folder is None or is_url(word.text) or "\0" in word.text:
                continue
            path = join(invocation.folder, word.text, root)
            sign = "<" if mode == "read" else ">"
            yield Access(path, mode, command_place(stage, invocation.command, word.text), f"{sign} {word.text}")
