"""Which differences between a stage and its record in the lock another rule speaks of already.

A script that was taken out of `deps` is in the lock, and still run: that is one mistake, and the rule that misses
the script says what to do about it.
"""

from __future__ import annotations

from pipelinekit.freshness.definition import CommandChange, DefinitionChange
from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, is_covered
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.near_misses import is_missing
from pipelinekit.rules.pk103_missing_script import missing_scripts
from pipelinekit.scripts.accesses import all_accesses
from pipelinekit.scripts.imports import all_imports
from pipelinekit.scripts.named_files import all_named_files
from pipelinekit.scripts.programs import all_scripts


def is_said_elsewhere(change: DefinitionChange, stage: Stage, graph: Graph) -> bool:
    """Whether a change is the trace of something that is wrong with the stage as it stands."""
    if isinstance(change, CommandChange):
        return stage in graph.derived(missing_scripts)
    if change.is_new and stage in graph.upstream(stage):
        return True  # it waits for itself
    if change.kind == "dep":
        return _is_new_and_missing(change.name, stage, graph) if change.is_new else _is_used(change.name, stage, graph)
    return change.kind == "out" and change.is_new and _is_made_twice(change.name, graph)


def _is_new_and_missing(path: str, stage: Stage, graph: Graph) -> bool:
    return any(dep.path == path and is_missing(dep, graph) for dep in stage.deps)


def _is_used(path: str, stage: Stage, graph: Graph) -> bool:
    """Whether a stage uses what it no longer lists, or something in it."""
    listed = [dep.path for dep in stage.deps]
    used = [script.path for script in graph.derived(all_scripts)[stage]]
    used += [file for imports in graph.derived(all_imports).get(stage, ()) for file in imports.files]
    for accesses in (graph.derived(all_accesses), graph.derived(all_named_files)):
        used += [access.path for access in accesses.get(stage, ()) if access.mode == "read"]
    return any((path == file or path in ancestors(file)) and not is_covered(file, listed) for file in used)


def _is_made_twice(path: str, graph: Graph) -> bool:
    return len(graph.outs.get(path, ())) > 1 or any(folder in graph.outs for folder in ancestors(path))
