from __future__ import annotations

import re
from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.config import is_local_path
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.storage.sharing import shared_config, shared_data

#: Where what other machines share is mounted, by custom.
_MOUNTED = re.compile(
    r"(?:/(?:mnt|media|net|nfs|srv|share|shared|scratch|gpfs|lustre|beegfs|data|datasets|storage|work|Volumes)(?:/|$)"
    r"|//|\\\\|[D-Zd-z]:)"
)


@rule("PK803", "local-remote-only", level="warning", since="0.1.0")
def local_remote_only(graph: Graph) -> Iterator[Finding]:
    """Every remote is a folder on one machine.

    ## What it does
    Looks at the addresses of all remotes in `.dvc/config`, if git has a remote and tracks a lock or `.dvc` file
    that speaks of data in the cache. Folders that are usually mounted from elsewhere, such as `/mnt`, `/data`
    or a drive from `D:` on, are taken for shared.

    ## Why it matters
    `dvc push` and `dvc pull` work for the one who set it up, so nobody notices that they work for nobody else,
    nor in CI. When that disk fails, data and results are gone.

    ## Example
    ```ini .dvc/config
    [core]
        remote = backup
    ['remote "backup"']
        url = /home/anna/dvc-storage
    #         ^^^^^^^^^^^^^^^^^^^^^^
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
    if data is None or not config.remotes:
        return
    addresses = list(config.remotes.values())
    if any(address is None or not is_on_one_machine(address.value) for address in addresses):
        return
    default = config.get("core", "remote")
    first = config.remotes.get(default.value.lower()) if default is not None else None
    chosen = first or addresses[0]
    assert chosen is not None
    only = "the only remote" if len(addresses) == 1 else "every remote"
    yield Finding(
        chosen.place,
        f"{only} is a folder on one machine",
        why=f"whoever clones the project can't get {data.path}, and neither can CI",
        help="Add a remote that others reach: s3://, gs://, azure://, ssh://, a mounted folder.",
        related=[(data.place, "what nobody else can get")],
    )


def is_on_one_machine(address: str) -> bool:
    """Whether the address of a remote is a folder that other machines don't have."""
    return bool(address) and is_local_path(address) and _MOUNTED.match(address) is None
