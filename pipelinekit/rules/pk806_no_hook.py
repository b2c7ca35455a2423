from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.automation import HOOK_FILES, mentions
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.storage.sharing import config_place, shared_data


@rule("PK806", "no-hook", level="advice", since="0.1.0")
def no_hook(graph: Graph) -> Iterator[Finding]:
    """No git hook looks after the pipeline.

    ## What it does
    Looks for `dvc` or `pipelinekit` in the configuration of pre-commit, lefthook, husky and the like, at the top
    of the repository and of the project, if the project is shared: git has a remote, and tracks a lock or
    `.dvc` file that speaks of data in the cache.

    ## Why it matters
    What a hook doesn't catch is pushed: a pipeline that doesn't load, a commit whose data stayed at home. DVC
    brings hooks of its own, for `git commit`, `git push` and `git checkout`.

    ## Example
    ```ini .dvc/config
    [core]
    ^^^^^^ #
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
    ```yaml .pre-commit-config.yaml
    repos:
    - repo: local
      hooks:
      - id: pipelinekit-lint
        name: pipelinekit lint
        entry: pipelinekit lint
        language: system
        pass_filenames: false
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
    if graph.derived(shared_data) is None or mentions(graph.index.project, HOOK_FILES):
        return
    yield Finding(
        config_place(graph),
        "no git hook checks the pipeline or pushes its data",
        why="what doesn't load, and commits without their data, are found by others",
        help="Add pipelinekit's hook to .pre-commit-config.yaml, and run 'dvc install --use-pre-commit-tool'.",
    )
