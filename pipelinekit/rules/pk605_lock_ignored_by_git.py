from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.freshness.records import lock_path
from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Document, Place


@rule("PK605", "lock-ignored-by-git", level="error", since="0.1.0")
def lock_ignored_by_git(graph: Graph) -> Iterator[Finding]:
    """Git ignores a `dvc.lock`.

    ## What it does
    Asks git whether an ignore file names the `dvc.lock` of a pipeline, be it there yet or not.

    ## Why it matters
    DVC refuses to work with the project: "dvc.lock is git-ignored". And the lock belongs into git: it is what
    tells `dvc pull` which results go with which commit.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```text .gitignore
    /model.pkl
    *.lock
    ^^^^^^ #
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```text .gitignore
    /model.pkl
    *.lock
    !dvc.lock
    ```
    """
    project = graph.index.project
    ignored = project.collected.locks_ignored_by_git
    seen: set[tuple[str, int]] = set()
    for pipeline in graph.index.pipelines:
        lock = lock_path(pipeline.path, project.root)
        if lock not in ignored or not pipeline.stages:
            continue
        place = _line_that_ignores(lock, project)
        if place is None or (place.document.name, place.start) not in seen:
            yield _finding(lock, place, pipeline)
        if place is not None:
            seen.add((place.document.name, place.start))


def _finding(lock: str, place: Place | None, pipeline: Pipeline) -> Finding:
    here = Place(pipeline.document, 0, 0)
    return Finding(
        place or here,
        f"git ignores {lock}",
        why="DVC refuses the pipeline, and a clone would not know which results are whose",
        help=f"Remove the line, or add '!{lock.rpartition('/')[2]}' below it."
        if place is not None
        else f"Add '!{lock.rpartition('/')[2]}' to the .gitignore beside it.",
        related=[(here, "the pipeline that it belongs to")] if place is not None else (),
    )


def _line_that_ignores(lock: str, project: Project) -> Place | None:
    """The line of an ignore file of the project; None if it stands elsewhere."""
    found = project.git.ignored_by(lock) if project.git is not None else None
    if found is None:
        return None
    try:
        document = Document(project.disk.read(found.file), found.file)
    except (UnreadableError, FileNotFoundError):
        return None
    if not 0 < found.line <= len(document.line_starts):
        return None
    return Place(document, *document.line_span(found.line))
