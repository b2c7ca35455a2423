from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.conflict import CONFLICT_MARKER
from pipelinekit.yaml.tree import Document, Place


@rule("PK606", "merge-conflict-in-lock", level="error", since="0.1.0")
def merge_conflict_in_lock(graph: Graph) -> Iterator[Finding]:
    """A merge conflict in a `dvc.lock` is not resolved.

    ## What it does
    Looks for the markers that git leaves where two branches changed the same lines of a lock.

    ## Why it matters
    DVC can't read the lock. Mending it by hand is worse: lines of one run next to lines of another are a run
    that never was, and DVC would believe in it. A lock is not merged, it is made: take one side, and let DVC
    run what that side didn't.

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
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train:
        cmd: python train.py
        outs:
        - path: model.pkl
          hash: md5
    <<<<<<< HEAD
    ^^^^^^^^^^^^ #
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
    =======
          md5: 1dcca23355272056f04fe8bf20edfce0
    >>>>>>> faster
          size: 212
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
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train:
        cmd: python train.py
        deps:
        - path: train.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: model.pkl
          hash: md5
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
          size: 212
    ```
    """
    for document in graph.index.odd_locks:
        if not isinstance(document, Document) or not document.is_broken:
            continue
        conflict = CONFLICT_MARKER.search(document.text)
        if conflict is not None:
            yield Finding(
                Place(document, conflict.start(), conflict.end()),
                "a merge conflict is not resolved",
                why="DVC can't read the lock, and parts of two runs put together are a run that never was",
                help=f"Take one side of it ('git checkout --ours {document.name}'), run 'dvc repro', and commit.",
            )
