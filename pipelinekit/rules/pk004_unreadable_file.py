from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.paths import is_outside
from pipelinekit.project.project import Project, Unreadable
from pipelinekit.resolve.problems import UnusableVars
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Document, Place


@rule("PK004", "unreadable-file", level="error", since="0.1.0")
def unreadable_file(graph: Graph) -> Iterator[Finding]:
    """A file that DVC needs is there and can't be read, or DVC passes it over.

    ## What it does
    Reports `dvc.yaml`, `dvc.lock`, `.dvc` and params files that are no UTF-8 text, that the operating system
    won't open, or that git ignores.

    ## Why it matters
    DVC stops with the first of them. A `dvc.yaml` that git ignores is worse: DVC acts as if it were not there,
    reports an empty project, and exits 0.

    ## Example
    ```yaml dvc.yaml
    stages:
    ^ #
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```text .gitignore
    dvc.yaml
    ```
    ```text git
    train.py
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
    ```text git
    train.py
    ```
    """
    index = graph.index
    for unreadable in index.unreadable + index.odd_locks:
        if isinstance(unreadable, Unreadable):
            yield _unreadable(index.project, unreadable)
    for _, unusable in index.problems_of(UnusableVars):
        if unusable.unreadable:
            yield Finding(
                unusable.place,
                f"the variables in {unusable.file} can't be read: {unusable.reason}",
                why="DVC takes variables from it, and stops",
                help="Make it a readable file of UTF-8 text.",
            )
    for path in sorted(index.project.skipped_by_git):
        if not is_outside(path) and path.rpartition("/")[2] == DVC_YAML:
            yield Finding(
                Place(Document(_text(graph, path), path), 0, 1),
                "git ignores this file, so DVC does not see it",
                why="DVC acts as if its stages did not exist, and exits 0",
                help="Take it out of .gitignore, or remove the file if it is not meant to be used.",
            )


def _text(graph: Graph, path: str) -> str:
    document = graph.index.project.document(path)
    return document.text if isinstance(document, Document) else ""


def _unreadable(project: Project, unreadable: Unreadable) -> Finding:
    place = Place(Document("", unreadable.path), 0, 0)
    message, remedy = f"the file can't be read: {unreadable.reason}", "Make it a readable file of UTF-8 text."
    if unreadable.line is not None:
        document = Document(project.disk.read(unreadable.path), unreadable.path)
        place = Place(document, *document.line_span(unreadable.line))
        message, remedy = unreadable.reason, "Correct the line, or remove it."
    return Finding(place, message, why="DVC needs the file, and stops", help=remedy)
