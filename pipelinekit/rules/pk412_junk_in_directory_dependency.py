from __future__ import annotations

import os
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Dep, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

_JUNK = {
    "__pycache__": "compiled Python files",
    ".ipynb_checkpoints": "checkpoints of a notebook editor",
    ".pytest_cache": "the cache of a test runner",
    ".mypy_cache": "the cache of a type checker",
    ".ruff_cache": "the cache of a linter",
    ".DS_Store": "settings of a file browser",
    "Thumbs.db": "previews of a file browser",
}
#: More files than this in a folder are data: looking at them all would take too long.
_MOST = 5000


@rule("PK412", "junk-in-directory-dependency", level="warning", since="0.1.0")
def junk_in_directory_dependency(graph: Graph) -> Iterator[Finding]:
    """A folder that a stage depends on fills with files nobody wrote.

    ## What it does
    Looks into folders under `deps` for `__pycache__`, `.ipynb_checkpoints`, caches of tools and the like, on this
    disk, that no `.dvcignore` file hides.

    ## Why it matters
    They are a part of the folder to DVC, whether git ignores them or not. Running the stage changes its own
    dependency, so it is stale by itself; and it is never the same on two machines.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
        deps:
        - src
    #     ^^^
        outs:
        - model.pkl
    ```
    ```text files
    src/__pycache__/model.cpython-312.pyc
    src/train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py
        deps:
        - src
        outs:
        - model.pkl
    ```
    ```text .dvcignore
    __pycache__/
    ```
    ```text files
    src/__pycache__/model.cpython-312.pyc
    src/train.py
    ```
    """
    disk = graph.index.project.disk
    users: dict[str, list[tuple[Stage, Dep]]] = {}
    for stage in graph.index.stages:
        for dep in stage.deps:
            if dep.is_local and disk.kind(dep.path) == "folder" and not graph.made_by(dep.path):
                users.setdefault(dep.path, []).append((stage, dep))
    for path, found in users.items():
        junk = _junk(path, graph)
        if junk:
            yield _explain(path, junk, found)


def _junk(path: str, graph: Graph) -> list[str]:
    """What lies in a folder and should not, the outermost of it."""
    project = graph.index.project
    found: list[str] = []
    seen = 0
    for folder, folders, files in os.walk(project.disk.absolute(path)):
        inner = os.path.relpath(folder, project.root).replace(os.sep, "/")
        here = "" if inner == "." else f"{inner}/"
        for name in sorted(set(folders) | set(files)):
            is_folder = name in folders
            if name in _JUNK and _is_seen(here + name, is_folder, project):
                found.append(here + name)
        folders[:] = sorted(
            name for name in folders if name not in _JUNK and not project.dvcignore.hides(here + name, is_folder=True)
        )
        seen += len(files) + len(folders)
        if seen > _MOST:
            break
    return found


def _is_seen(path: str, is_folder: bool, project: Project) -> bool:
    """Whether DVC sees a file, or any file in a folder: empty folders are nothing to it."""
    if project.dvcignore.hides(path, is_folder=is_folder):
        return False
    names = project.disk.names(path) if is_folder else []
    return not is_folder or any(not project.dvcignore.hides(f"{path}/{name}") for name in names)


def _explain(path: str, junk: list[str], users: list[tuple[Stage, Dep]]) -> Finding:
    stage, dep = users[0]
    name = junk[0].rpartition("/")[2]
    more = f", and {len(junk) - 1} more such" if len(junk) > 1 else ""
    return Finding(
        dep.node,
        f"the folder {path} holds {junk[0]}: {_JUNK[name]}{more}",
        why="it is a part of the dependency, so that running the stage makes it stale by itself",
        help=f"Put '{name}' into .dvcignore, or list the files that matter.",
        related=[(other.node, f"'{user.name}' depends on it, too") for user, other in users[1:4]],
        stage=stage,
    )
