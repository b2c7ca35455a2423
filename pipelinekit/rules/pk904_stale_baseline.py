from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

if TYPE_CHECKING:
    from pipelinekit.rules.outcome import Outcome


@rule("PK904", "stale-baseline", level="warning", since="0.1.0")
def stale_baseline(outcome: Outcome) -> Iterator[Finding]:
    """The baseline lists a finding that is not there any more.

    ## What it does
    Finds lines of the baseline, the list of old findings that are not shown, to which nothing corresponds. Lines
    of rules that look at data, caches and git's history are left: these may be here and not in the next clone.

    ## Why it matters
    Somebody has mended something: good. As long as the line is there, the same mistake can come back unseen. A
    baseline should only ever get shorter.

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
    ```toml pipelinekit.toml
    baseline = "lint-baseline.txt"
    ```
    ```text lint-baseline.txt
    dvc.yaml: PK101 9f8e3b0a5c7d1e24 'train' runs train.py, which is not among its deps
    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ #
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
    ```toml pipelinekit.toml
    baseline = "lint-baseline.txt"
    ```
    ```text lint-baseline.txt
    # Findings that were there before. Only ever shorter: pipelinekit lint --write-baseline
    ```
    """
    from pipelinekit.rules.outcome import DIFFER_BETWEEN_CLONES

    for stale in outcome.stale:
        if stale.code in DIFFER_BETWEEN_CLONES:
            continue
        yield Finding(
            stale.place,
            f"{stale.code} in {stale.file} is in the baseline, and not found any more",
            why="as long as it is listed, the same mistake can come back unseen",
            help="Remove the line, or run 'pipelinekit lint --write-baseline', which removes all of them.",
        )
