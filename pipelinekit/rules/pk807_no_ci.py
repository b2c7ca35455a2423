from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.automation import CI_FILES, mentions
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.storage.sharing import config_place, shared_data


@rule("PK807", "no-ci", level="advice", since="0.1.0")
def no_ci(graph: Graph) -> Iterator[Finding]:
    """CI does not look at the pipeline.

    ## What it does
    Looks for `dvc` or `pipelinekit` in the workflows of GitHub, GitLab, Azure, CircleCI and others, at the top
    of the repository, if the project is shared: git has a remote, and tracks a lock or `.dvc` file that speaks
    of data in the cache.

    ## Why it matters
    A pipeline that runs on one machine only is found out when that machine is gone. CI has a clean clone with
    each push: it sees what is missing.

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
    ```yaml .github/workflows/pipeline.yaml
    on: [push]
    jobs:
      lint:
        runs-on: ubuntu-latest
        steps:
        - uses: actions/checkout@v4
        - run: pipx run pipelinekit lint --output-format github
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
    if graph.derived(shared_data) is None or mentions(graph.index.project, CI_FILES):
        return
    yield Finding(
        config_place(graph),
        "no CI workflow mentions DVC or pipelinekit",
        why="nothing checks the pipeline in a clean clone",
        help="Add a workflow that runs 'pipelinekit lint', and 'dvc repro' if it is quick.",
    )
