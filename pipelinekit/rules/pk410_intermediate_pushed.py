from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from pipelinekit.freshness.records import recorded_outs
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.flags import set_flag
from pipelinekit.rules.rule import rule
from pipelinekit.rules.sizes import MIB, readable_size


@rule("PK410", "intermediate-pushed", level="advice", since="0.1.0", fix="sometimes")
def intermediate_pushed(graph: Graph, *, min_mib: float = 100.0, max_seconds: float = 60.0) -> Iterator[Finding]:
    """A large result that is made again in a moment is pushed to the remote.

    ## What it does
    Finds cached outputs that other stages use, that are large by `dvc.lock`, and whose stage takes but a moment.
    How long it takes is known from past runs (`.dvc/tmp/pipelinekit/durations.jsonl`, or what the setting
    `durations` names): of stages that were never timed nothing is said.

    ## Why it matters
    The remote keeps every version for ever, and everybody uploads and downloads them. Making them again takes no
    longer than that.

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
      train:
        cmd: python train.py
        deps:
        - features.parquet
        - train.py
        outs:
        - model.pkl
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
          size: 2000000000
    ```
    ```json .dvc/tmp/pipelinekit/durations.jsonl
    {"address": "dvc.yaml:featurize", "key": "", "seconds": 21.5}
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
      train:
        cmd: python train.py
        deps:
        - features.parquet
        - train.py
        outs:
        - model.pkl
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
          size: 2000000000
    ```
    ```json .dvc/tmp/pipelinekit/durations.jsonl
    {"address": "dvc.yaml:featurize", "key": "", "seconds": 21.5}
    ```

    ## Fix safety
    The fix adds `push: false`. It is unsafe: who clones the project then has to run the stage.

    ## Options
    - `min-mib` (100.0): outputs from this size on are large.
    - `max-seconds` (60.0): what takes no longer is made in a moment.
    """
    if not any((found.entry.size or 0) >= min_mib * MIB for found in graph.derived(recorded_outs)):
        return
    from pipelinekit.impact.intermediates import intermediates
    from pipelinekit.project.configuration import ConfigurationError

    try:
        found = list(intermediates(graph, ceil(min_mib * MIB)))
    except ConfigurationError:
        return  # the settings are found fault with by whoever reads them for themselves
    for out, stage, size, took in found:
        if took.seconds <= max_seconds:
            yield _explain(out, stage, size, took.seconds)


def _explain(out: Out, stage: Stage, size: int, seconds: float) -> Finding:
    return Finding(
        out.node,
        f"{out.text} ({readable_size(size)}) is pushed, and '{stage.name}' makes it again in {seconds:.0f} s",
        why="the remote keeps every version of it for ever, and everybody up- and downloads them",
        help="Add 'push: false': who needs it runs the stage.",
        fix=set_flag(out, "push", False, "Add 'push: false'", safe=False),
        stage=stage,
    )
