from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.freshness.records import recorded_outs
from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.rules.sizes import GIB, readable_size
from pipelinekit.storage.bloat import MIN_GIB, MIN_SHARE, MIN_VERSIONS, bloat
from pipelinekit.storage.count import recent_count
from pipelinekit.storage.history import MAX_VERSIONS


@rule("PK404", "bloating-output", level="warning", since="0.1.0")
def bloating_output(
    graph: Graph, *, min_versions: int = MIN_VERSIONS, min_gib: float = MIN_GIB, min_share: float = MIN_SHARE
) -> Iterator[Finding]:
    """The versions of one file fill the cache.

    ## What it does
    Reads the last thousand versions of `dvc.lock` and `.dvc` files that git has, and adds up the sizes of each
    cached file, as `pipelinekit cost` does. One is named that has many versions, which take much space, and most of
    all that was ever cached. Git's history is read only if some file is large enough that this may be so.
    Folders are left alone, because what their versions have in common is kept once, and so is what says
    `push: false`.

    ## Why it matters
    Cache and remote keep every version for ever. What costs the most is seldom what somebody would want back:
    an intermediate result, that the commit before can make again.

    ## Example
    ```yaml dvc.yaml
    stages:
      featurize:
        cmd: python featurize.py
        deps:
        - featurize.py
        outs:
        - features.parquet
    #     ^^^^^^^^^^^^^^^^
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        deps:
        - path: featurize.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: features.parquet
          hash: md5
          md5: cae8a623cc417d219936676028e26d4f
          size: 5300000000
    ```
    ```yaml HEAD~1:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: bd19836ddb62c11c55ab251ccaca5645
          size: 5200000000
    ```
    ```yaml HEAD~2:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: 3667f6a0c97490758d7dc9659d01ea34
          size: 5100000000
    ```
    ```yaml HEAD~3:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: 1779cf3aa50c413afc7e05adb7e1b0de
          size: 5000000000
    ```
    ```yaml HEAD~4:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: 6e1fcd704528ad8bf6d6bbedb9210096
          size: 4900000000
    ```
    ```text git
    dvc.lock
    featurize.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      featurize:
        cmd: python featurize.py
        deps:
        - featurize.py
        outs:
        - features.parquet:
            push: false
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        deps:
        - path: featurize.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: features.parquet
          hash: md5
          md5: cae8a623cc417d219936676028e26d4f
          size: 5300000000
    ```
    ```yaml HEAD~1:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: bd19836ddb62c11c55ab251ccaca5645
          size: 5200000000
    ```
    ```yaml HEAD~2:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: 3667f6a0c97490758d7dc9659d01ea34
          size: 5100000000
    ```
    ```yaml HEAD~3:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: 1779cf3aa50c413afc7e05adb7e1b0de
          size: 5000000000
    ```
    ```yaml HEAD~4:dvc.lock
    schema: '2.0'
    stages:
      featurize:
        cmd: python featurize.py
        outs:
        - path: features.parquet
          md5: 6e1fcd704528ad8bf6d6bbedb9210096
          size: 4900000000
    ```
    ```text git
    dvc.lock
    featurize.py
    ```

    ## Options
    - `min-versions` (5): outputs with fewer versions are left alone.
    - `min-gib` (10.0): outputs whose versions take less are left alone, in GiB.
    - `min-share` (0.5): the least share of all that was ever cached, between 0 and 1.
    """
    git = graph.index.project.git
    if git is None:
        return
    smallest = min_gib * GIB / MAX_VERSIONS  # what is smaller can't come to that, however often it was made
    large = [
        found
        for found in graph.derived(recorded_outs)
        if (found.entry.size or 0) >= smallest
        and not found.entry.is_folder
        and found.stage.knows("outs", "metrics", "plots")
        and found.out.cache
        and found.out.flags.get("push", True) is not False
    ]
    if not any(found.record.lock.document.name in git.tracked for found in large):
        return
    count = graph.derived(recent_count)  # what 'pipelinekit cost' says, too
    for out, entry, stage, record in large:
        output = count.outputs.get(out.path)
        fills = bloat(count, output, min_versions, min_gib, min_share) if output is not None else None
        if fills is not None:
            yield Finding(
                out.node,
                f"{out.path} fills the cache: {fills.versions} versions take {readable_size(fills.size)}, "
                f"{fills.share:.0%} or more of all that was ever cached",
                why="cache and remote keep every version for ever",
                help="Add 'push: false' if it is easily made again, or free old versions: see 'pipelinekit cost'.",
                related=[(record.lock.place_of(record.locked, entry), "the latest version")],
                stage=stage,
            )
