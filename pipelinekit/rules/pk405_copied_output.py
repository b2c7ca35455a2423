from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from pipelinekit.freshness.records import RecordedOut
from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.rules.sizes import MIB, readable_size
from pipelinekit.storage.copies import copies


@rule("PK405", "copied-output", level="warning", since="0.1.0")
def copied_output(graph: Graph, *, min_mib: float = 1.0) -> Iterator[Finding]:
    """Two outputs have the same content, or an output repeats its input.

    ## What it does
    Looks in `dvc.lock` for cached outputs that have the same MD5 as another one, or as a dependency of their
    own stage. Small ones are left alone: they may be equal by chance.

    ## Why it matters
    Either a stage only copies, and the copy takes its room in every workspace; or two stages that should make
    different things don't: a parameter of one of them has no effect, and nobody noticed.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        foreach: [1, 2]
        do:
          cmd: python train.py --folds ${item} > models/${item}.pkl
          deps:
          - train.py
          outs:
          - models/${item}.pkl
    #       ^^^^^^^^^^^^^^^^^^
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train@1:
        cmd: python train.py --folds 1 > models/1.pkl
        deps:
        - path: train.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: models/1.pkl
          hash: md5
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
          size: 5242880
      train@2:
        cmd: python train.py --folds 2 > models/2.pkl
        deps:
        - path: train.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: models/2.pkl
          hash: md5
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
          size: 5242880
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py > model.pkl
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      train:
        cmd: python train.py > model.pkl
        deps:
        - path: train.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: model.pkl
          hash: md5
          md5: 5f363e0e58a95f06cbe9bbc662c5dfb6
          size: 5242880
    ```

    ## Options
    - `min-mib` (1.0): smaller outputs are left alone, in MiB.
    """
    for found, repeated, other in copies(graph, ceil(min_mib * MIB)):
        if repeated is not None:
            yield _finding(found, f"{found.out.path} has the same content as {repeated}, from which it is made")
        else:
            yield _finding(found, f"{found.out.path} has the same content as {other.out.path}", other)


def _finding(found: RecordedOut, message: str, other: RecordedOut | None = None) -> Finding:
    related = [(found.record.lock.place_of(found.record.locked, found.entry), "the record of its last run")]
    if other is not None:
        related.append((other.record.lock.place_of(other.record.locked, other.entry), "the record of the other"))
    assert found.entry.size is not None
    return Finding(
        found.out.node,
        f"{message} ({readable_size(found.entry.size)})",
        why="it takes its room in every workspace, or a stage does not do what it should"
        if other is None
        else "one of them is not needed, or a stage does not do what it should",
        help="Use the one in place of the other, or see why they are the same.",
        related=related,
        stage=found.stage,
    )
