"""Whether a stage says that it uses a path: what the rules on files that stages read and write share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_covered
from pipelinekit.project.repository import is_in_repository
from pipelinekit.resolve.stage import Stage

#: Stages of a group that are asked whether an entry suits them.
_ASKED = 20


def is_dependency(stage: Stage, path: str) -> bool:
    """Whether a path is a dependency, lies in one, or holds one."""
    return is_covered(path, (dep.path for dep in stage.deps)) or any(
        dep.path.startswith(path + "/") for dep in stage.deps
    )


def is_output(stage: Stage, path: str) -> bool:
    """Whether a path is an output of a stage, lies in one, or holds one."""
    return is_covered(path, (out.path for out in stage.outs)) or any(
        out.path.startswith(path + "/") for out in stage.outs
    )


def is_tracked(path: str, graph: Graph) -> bool:
    """Whether a file or folder of the project is there and kept in git; without git, whether it is there."""
    project = graph.index.project
    if not is_in_repository(path, project.root) or project.disk.kind(path) is None:
        return False
    git = project.git
    if git is None or path.startswith("../"):
        return True
    return path in git.tracked or git.tracked_below(path) is not None


def suits_group(
    stage: Stage, graph: Graph, what: str, texts: Sequence[str], wanted_by: Callable[[Stage], set[str]]
) -> bool:
    """Whether entries that one stage of a `foreach` or `matrix` lacks are lacked by all, so that they go into `do`.

    `wanted_by` gives the entries that a stage lacks. Of a large group the first stages are asked, and once.
    """
    if any("${" in text for text in texts):
        return False
    stages = stage.definition.stages
    if len(stages) == 1:
        return True
    known = graph.derived(_suited)
    key = (id(stage.definition), what, tuple(texts))
    if key not in known:
        known[key] = all(other.wdir == stage.wdir for other in stages) and all(
            wanted_by(other).issuperset(texts) for other in stages[:_ASKED]
        )
    return known[key]


def _suited(graph: Graph) -> dict[tuple[int, str, tuple[str, ...]], bool]:
    """What `suits_group` has found out; for `Graph.derived`."""
    return {}
