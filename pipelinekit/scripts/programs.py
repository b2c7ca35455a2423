"""What the commands of stages run of the project's own files, directly and through the scripts they run."""

from __future__ import annotations

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.console_scripts import console_scripts
from pipelinekit.scripts.invocations import Invocation, all_invocations, command_place, word_place
from pipelinekit.scripts.runs import Running
from pipelinekit.scripts.script import Script, arguments_of
from pipelinekit.scripts.shell_scripts import followed
from pipelinekit.scripts.wrappers import unwrap
from pipelinekit.yaml.tree import Place

__all__ = [
    "Invocation",
    "Script",
    "all_invocations",
    "all_runs",
    "all_scripts",
    "arguments_of",
    "command_place",
    "console_scripts",
    "script_place",
    "unwrap",
    "word_place",
]


def all_runs(graph: Graph) -> dict[Stage, list[Invocation]]:
    """The commands of each stage, and behind each those of the shell scripts and recipes that it runs."""
    return {stage: [running.invocation for running in found] for stage, found in graph.derived(all_followed).items()}


def all_scripts(graph: Graph) -> dict[Stage, list[Script]]:
    """The files of the project that each stage runs, directly and through others; for `Graph.derived`."""
    return {
        stage: [script for running in found for script in running.scripts]
        for stage, found in graph.derived(all_followed).items()
    }


def all_followed(graph: Graph) -> dict[Stage, list[Running]]:
    """The commands of each stage and of the scripts that it runs, each with what it runs itself."""
    project = graph.index.project
    return {
        stage: list(followed(invocations, project)) for stage, invocations in graph.derived(all_invocations).items()
    }


def script_place(stage: Stage, script: Script) -> Place:
    """Where `dvc.yaml` names a script, or the one through which the command comes to it."""
    outermost = script.via[0] if script.via else script
    return word_place(stage, outermost, outermost.word)
