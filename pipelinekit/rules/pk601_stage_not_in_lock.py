from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.freshness.records import lock_path, records, renamed_stages
from pipelinekit.freshness.targets import target
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


def _among(graph: Graph) -> frozenset[Definition]:
    """The stages of files whose lock is shared."""
    root = graph.index.project.root
    shared = (pipeline for pipeline in graph.index.pipelines if _is_shared(lock_path(pipeline.path, root), graph))
    return frozenset(definition for pipeline in shared for definition in pipeline.definitions)


def _is_shared(path: str, graph: Graph) -> bool:
    """Whether git tracks a lock that can be read."""
    project = graph.index.project
    return project.git is not None and path in project.git.tracked and project.lock(path) is not None


@rule("PK601", "stage-not-in-lock", level="warning", since="0.1.0", among=_among)
def stage_not_in_lock(definition: Definition, graph: Graph) -> Iterator[Finding]:
    """The lock in git has no record of a stage.

    ## What it does
    Looks for every stage in the `dvc.lock` beside its `dvc.yaml`, where git tracks one. A pipeline without a
    lock was never run, and there is nothing to say. Frozen stages are left alone. A stage that the lock has
    under another name was renamed, which is said.

    ## Why it matters
    Others have run, and their results are shared; this one's are not. `dvc pull` brings nothing for it, and
    whoever clones the project has to run it, or finds that it doesn't run.

    ## Example
    ```yaml dvc.yaml
    stages:
      prepare:
        cmd: python prepare.py
        deps:
        - prepare.py
        outs:
        - clean.csv
      train:
    # ^^^^^
        cmd: python train.py
        deps:
        - clean.csv
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      prepare:
        cmd: python prepare.py
        deps:
        - path: prepare.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: clean.csv
          hash: md5
          md5: 0ac6f6a5a7e0d2ff1f9ea1a4ad7f6a23
          size: 64
    ```
    ```text git
    dvc.lock
    dvc.yaml
    prepare.py
    train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      prepare:
        cmd: python prepare.py
        deps:
        - prepare.py
        outs:
        - clean.csv
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      prepare:
        cmd: python prepare.py
        deps:
        - path: prepare.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: clean.csv
          hash: md5
          md5: 0ac6f6a5a7e0d2ff1f9ea1a4ad7f6a23
          size: 64
    ```
    ```text git
    dvc.lock
    dvc.yaml
    prepare.py
    ```
    """
    path = lock_path(definition.file, graph.index.project.root)
    if not _is_shared(path, graph):
        return
    known = graph.derived(records)
    missing = [stage for stage in definition.stages if stage not in known and not stage.frozen]
    if not missing:
        return
    first = missing[0]
    orphan = graph.derived(renamed_stages).get(first)
    what = f"'{first.name}'"
    if len(missing) > 1:
        what += f" and {len(missing) - 1} more of its group"
    yield Finding(
        definition.name_node,
        f"{path} has no record of {what}" + (f", and has it as '{orphan.locked.name}'" if orphan is not None else ""),
        why="DVC takes it for a new stage, and runs it again"
        if orphan is not None
        else "its results are not shared: a clone has to run it first",
        help=f"Run 'dvc repro {target(definition)}', and commit {path}.",
        related=[(orphan.lock.place(orphan.locked), "the record of its last run")] if orphan is not None else (),
        stage=definition,
    )
