"""What older versions of DVC knew and this one doesn't: explained by PK016, and by no other rule."""

from __future__ import annotations

from pipelinekit.project.shape import ShapeProblem
from pipelinekit.yaml.tree import Document, Mapping

#: former keys of a stage
RETIRED_IN_STAGE = frozenset({"live", "locked"})


def is_retired(problem: ShapeProblem) -> bool:
    """Whether an unknown key was one of a stage once."""
    return problem.key in RETIRED_IN_STAGE and "cmd" in problem.allowed


def is_old_lock(document: Document) -> bool:
    """Whether a `dvc.lock` was written by DVC 1, which knew no `schema`."""
    root = document.root
    is_lock = document.name.rpartition("/")[2] == "dvc.lock"
    return is_lock and isinstance(root, Mapping) and "schema" not in root and bool(root.pairs)
