from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import walked
from pipelinekit.project.ignore import DVCIGNORE
from pipelinekit.project.paths import ancestors, folder_of
from pipelinekit.resolve.stage import Dep, Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK411", "dvcignore-inside-output", level="error", since="0.1.0")
def dvcignore_inside_output(graph: Graph) -> Iterator[Finding]:
    """A folder that DVC tracks holds a `.dvcignore` file.

    ## What it does
    Looks for `.dvcignore` files inside of folders that are dependencies or outputs of a stage, or that a `.dvc`
    file tracks.

    ## Why it matters
    DVC refuses to read such a folder: "`.dvcignore` file should not be in collected dir path". `dvc status` and
    `dvc repro` stop there.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data
    #     ^^^^
        - train.py
        outs:
        - model.pkl
    ```
    ```text files
    data/.dvcignore
    data/train.csv
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - data
        - train.py
        outs:
        - model.pkl
    ```
    ```text files
    .dvcignore
    data/train.csv
    train.py
    ```
    """
    files = _dvcignore_files(graph)
    reported: set[str] = set()
    for node in graph.nodes if files else ():
        entries: list[Dep | Out] = [*node.deps, *node.outs]
        for entry in entries:
            found = _inside(entry.path, files) if entry.is_local and entry.path not in reported else None
            if found is not None:
                reported.add(entry.path)
                yield Finding(
                    entry.node,
                    f"the folder {entry.path} holds {found}",
                    why="DVC refuses to read a folder that it tracks with such a file in it",
                    help=f"Move its lines to {_above(entry.path)}, with the folder's name in front.",
                    stage=node if isinstance(node, Stage) else None,
                )


def _inside(path: str, files: list[str]) -> str | None:
    """The first `.dvcignore` in a folder."""
    return next((file for file in files if path in ancestors(file)), None)


def _dvcignore_files(graph: Graph) -> list[str]:
    """The `.dvcignore` files that lie in folders of the project."""
    project = graph.index.project
    git = project.git
    files = [*git.tracked, *git.untracked] if git is not None else walked(project.root)
    found = sorted(path for path in files if path.endswith(f"/{DVCIGNORE}"))
    return [path for path in found if project.disk.kind(path) == "file"]


def _above(path: str) -> str:
    folder = folder_of(path)
    return DVCIGNORE if folder == "." else f"{folder}/{DVCIGNORE}"
