from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.freshness.records import Orphan, orphans
from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


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
    groups: dict[tuple[str, str], list[Orphan]] = {}
    for orphan in graph.derived(orphans):
        if orphan.renamed is None:
            name = orphan.locked.name.partition("@")[0]
            groups.setdefault((orphan.lock.document.name, name), []).append(orphan)
    for group in groups.values():
        first = group[0]
        more = f" and {len(group) - 1} more of its group" if len(group) > 1 else ""
        yield Finding(
            first.lock.place(first.locked),
            f"{first.pipeline.path} has no stage '{first.locked.name}'" + (f", nor{more[4:]}" if more else ""),
            why="DVC keeps the record for ever, and readers believe that the stage exists",
            help="Remove it from the lock; nothing else refers to it.",
        )
