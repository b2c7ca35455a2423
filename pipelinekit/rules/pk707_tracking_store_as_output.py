from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.graph.among import stages_with_output
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

STORES = {
    "mlruns": "MLflow's tracking store",
    "mlartifacts": "MLflow's artifact store",
    "mlflow.db": "MLflow's tracking store",
    "wandb": "the run folder of Weights & Biases",
}


@rule(
    "PK707",
    "tracking-store-as-output",
    level="warning",
    since="0.1.0",
    reads=("outs", "metrics", "plots"),
    among=stages_with_output(*STORES),
)
def tracking_store_as_output(stage: Stage) -> Iterator[Finding]:
    """The store of an experiment tracker is an output of a stage.

    ## What it does
    Finds outputs that are called like MLflow's or Weights & Biases' own folders and files: `mlruns`,
    `mlartifacts`, `mlflow.db`, `wandb`.

    ## Why it matters
    DVC deletes an output before it runs the stage: the runs that were logged before are gone. With
    `persist: true` they stay, and the cache gets a copy of all of them with each run. A store is for many
    runs; an output belongs to one.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - mlruns:
    #     ^^^^^^
            cache: false
        - model.pkl
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
    """
    for out in stage.outs:
        what = STORES.get(posixpath.basename(out.path).lower())
        if what is None or (out.persist and not out.cache):
            continue
        yield Finding(
            out.node,
            f"the output {out.text} is {what}",
            why="the cache keeps a copy of the whole store with every run"
            if out.persist
            else "DVC deletes it before each run, with all runs that were logged before",
            help="Take it out of outs, and ignore it in git; let the stage write what others need to files of its own.",
            stage=stage,
        )
