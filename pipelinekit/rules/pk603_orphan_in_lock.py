from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.freshness.records import Orphan, orphans
from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

#: Others that are pointed to.
_SHOWN = 5


@rule("PK603", "orphan-in-lock", level="warning", since="0.1.0")
def orphan_in_lock(graph: Graph) -> Iterator[Finding]:
    """The lock has a stage that the pipeline no longer has.

    ## What it does
    Looks for every stage of a `dvc.lock` in the `dvc.yaml` beside it, after `foreach`, `matrix` and `${…}`. One
    that was only renamed is for `stage-not-in-lock` to say.

    ## Why it matters
    DVC never takes such a record out by itself. It is read with every command, shows in diffs and merge
    conflicts, and whoever reads the lock believes that the stage exists.

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
      download:
    # ^^^^^^^^
        cmd: python download.py
        outs:
        - path: raw.csv
          hash: md5
          md5: 0ac6f6a5a7e0d2ff1f9ea1a4ad7f6a23
          size: 64
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
    by_lock: dict[str, list[Orphan]] = {}
    for orphan in graph.derived(orphans):
        if orphan.renamed is None:
            by_lock.setdefault(orphan.lock.document.name, []).append(orphan)
    for left in by_lock.values():
        first, *others = left
        more = f", nor {len(others)} others of its lock" if len(others) > _SHOWN else ""
        yield Finding(
            first.lock.place(first.locked),
            f"{first.pipeline.path} has no stage '{first.locked.name}'{more}",
            why="DVC keeps the record for ever, and readers believe that the stage exists",
            help="Remove it from the lock: nothing refers to it."
            if not others
            else "Remove them from the lock: nothing refers to them.",
            related=[(other.lock.place(other.locked), "nor this one") for other in others[:_SHOWN]],
        )
