from __future__ import annotations

import os
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.config import LOCAL, read_config
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.storage.sharing import config_place, shared_config, shared_data


@rule("PK801", "no-remote", level="warning", since="0.1.0")
def no_remote(graph: Graph) -> Iterator[Finding]:
    """The project shares its code, and has no remote for its data.

    ## What it does
    Looks for a remote in `.dvc/config`, if three things are so: git has a remote, so that others get the
    project; git tracks a `dvc.lock` or a `.dvc` file; and that speaks of data in the cache. A remote in
    `.dvc/config.local` doesn't count, because git ignores that file; a cache that several people share does.

    ## Why it matters
    Whoever clones the project gets the names of data and results, and no way to the contents: `dvc pull` says
    that no remote is set up. What isn't made by a stage exists on one disk only.

    ## Example
    ```ini .dvc/config
    [core]
    ^^^^^^ #
        analytics = false
    ```
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
    ```text git
    .dvc/config
    dvc.lock
    dvc.yaml
    train.py
    ```
    ```text remote
    git@github.com:team/project.git
    ```

    ## Use instead
    ```ini .dvc/config
    [core]
        remote = storage
    ['remote "storage"']
        url = s3://team-bucket/project
    ```
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
    ```text git
    .dvc/config
    dvc.lock
    dvc.yaml
    train.py
    ```
    ```text remote
    git@github.com:team/project.git
    ```
    """
    data = graph.derived(shared_data)
    config = graph.derived(shared_config)
    if data is None or config.remotes:
        return
    cache = config.get("cache", "dir")
    if cache is not None and os.path.isabs(cache.value):
        return
    own = [found for found in read_config(graph.index.project) if found.document.name == LOCAL and found.remotes]
    remedy = "Run 'dvc remote add --default NAME ADDRESS', push, and commit .dvc/config."
    if own:
        remedy = "Run 'dvc remote add' without --local, and commit .dvc/config."
    yield Finding(
        config_place(graph),
        "git has a remote, and DVC has none" + (f", but for the one in {LOCAL}" if own else ""),
        why=f"whoever clones the project can't get {data.path}",
        help=remedy,
        related=[(data.place, "what nobody else can get")],
    )
