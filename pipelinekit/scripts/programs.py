"""What the commands of stages run of the project's own files, directly and through the scripts they run."""

from __future__ import annotations

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.console_scripts import console_scripts
from pipelinekit.scripts.invocations import Invocation, all_invocations, command_place, word_place
from pipelinekit.scripts.runs import Script, arguments_of, scripts_run_by
from pipelinekit.scripts.wrappers import unwrap
from pipelinekit.yaml.tree import Place

__all__ = [
    "Invocation",
    "Script",
    "all_invocations",
    "all_scripts",
    "arguments_of",
    "command_place",
    "console_scripts",
    "script_place",
    "unwrap",
    "word_place",
]


def all_scripts(graph: Graph) -> dict[Stage, list[Script]]:
    """The files of the project that each stage's command runs; for `Graph.derived`."""
    project = graph.index.project
    found = graph.derived(all_invocations)
    return {
        stage: [script for invocation in invocations for script in scripts_run_by(invocation, project)]
        for stage, invocations in found.items()
    }


def script_place(stage: Stage, script: Script) -> Place:
    """Where `dvc.yaml` names a script, or the one through which the command comes to it."""
    outermost = script.via[0] if script.via else script
    return word_place(stage, outermost, outermost.word)
