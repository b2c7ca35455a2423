"""Where results come from: the commit, the branch, and whether the pipeline's files are as git has them."""

from __future__ import annotations

from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.git import ask_git
from pipelinekit.project.lock import LOCK
from pipelinekit.project.paths import ancestors

#: What DVC writes beside the outputs.
_WRITTEN_BY_DVC = (LOCK, ".gitignore")


class Provenance(NamedTuple):
    """The state of a project in git. Without git `commit` and `branch` are empty."""

    commit: str
    branch: str
    #: milliseconds since 1970, when it was committed; 0 without a commit
    time: int
    #: files that differ from the commit, results aside
    changed: tuple[str, ...]
    #: locks, outputs and what else a run writes that differ from the commit
    results: tuple[str, ...]

    @property
    def dirty(self) -> bool:
        """Whether the results are of something that the commit has not got."""
        return bool(self.changed)

    @property
    def is_committed(self) -> bool:
        """Whether the commit has everything: what the results are of, and the results."""
        return bool(self.commit) and not self.changed and not self.results


def current_provenance(graph: Graph) -> Provenance:
    """The state of what is checked out. Untracked files count if the pipeline needs them."""
    root = graph.index.project.root
    head = ask_git(root, ["log", "-1", "--format=%H %ct"])
    if not head:
        return Provenance("", "", 0, (), (LOCK,))
    commit, seconds = head.split()
    branch = _checked_out(root) or _branch_with(root, commit)
    output = ask_git(root, ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", "."]) or ""
    prefix = (ask_git(root, ["rev-parse", "--show-prefix"]) or "").strip()
    changed: list[str] = []
    results: list[str] = []
    needed = _needed(graph)
    for entry in filter(None, output.split("\0")):
        state, path = entry[:2], entry[3:].removeprefix(prefix)
        if path.rpartition("/")[2] in _WRITTEN_BY_DVC or graph.holding(path):
            if state != "??" or path.rpartition("/")[2] == LOCK:
                results.append(path)
        elif state != "??" or _is_needed(path, needed):
            changed.append(path)
    return Provenance(commit, branch, int(seconds) * 1000, tuple(changed), tuple(results))


def provenance_of(root: str, revision: str) -> Provenance | None:
    """The state of a commit as it stands in git; None if git does not know it."""
    name = f"{revision}^{{commit}}"
    commit = ask_git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", name])
    if commit is None:
        return None
    seconds = ask_git(root, ["show", "--no-patch", "--format=%ct", commit.strip()]) or "0"
    branch = _branch_with(root, commit.strip(), _checked_out(root))
    return Provenance(commit.strip(), branch, int(seconds) * 1000, (), ())


def _checked_out(root: str) -> str:
    """The branch that is checked out; empty if a commit is, as CI and hooks do it."""
    return (ask_git(root, ["symbolic-ref", "--quiet", "--short", "HEAD"]) or "").strip()


def _branch_with(root: str, commit: str, preferred: str = "") -> str:
    """A branch that has a commit: the preferred one, one that is at it, any other; empty if none has."""
    order = ["--format=%(objectname) %(refname)", "refs/heads", "refs/remotes"]
    output = ask_git(root, ["for-each-ref", f"--contains={commit}", *order]) or ""
    found: dict[str, bool] = {}
    for line in output.splitlines():
        tip, _, reference = line.partition(" ")
        branch = reference.split("/", 2 if reference.startswith("refs/heads/") else 3)[-1]
        if branch != "HEAD":
            found[branch] = found.get(branch, False) or tip == commit
    if preferred in found:
        return preferred
    return next((branch for branch, is_at_it in found.items() if is_at_it), next(iter(found), ""))


def _needed(graph: Graph) -> frozenset[str]:
    """What DVC reads of a project, data aside."""
    paths: set[str] = set(graph.index.project.collected.files)
    for stage in graph.index.stages:
        paths.update(dep.path for dep in stage.deps)
        paths.update(param.file for param in stage.params)
    return frozenset(paths)


def _is_needed(path: str, needed: frozenset[str]) -> bool:
    return any(part in needed for part in (path, *ancestors(path)))
