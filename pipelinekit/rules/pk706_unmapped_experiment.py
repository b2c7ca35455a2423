from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.python.runs import Run, all_runs, stages_that_call
from pipelinekit.scripts.python.tracking import logging_calls

_VARIABLES = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")


@rule("PK706", "unmapped-experiment", level="warning", since="0.1.0", reads=("cmd", "wdir"), among=stages_that_call)
def unmapped_experiment(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A script logs to MLflow, and nothing says to which experiment.

    ## What it does
    Finds Python scripts of stages that log to MLflow (`mlflow.start_run`, `log_metric`, `autolog`…) where
    neither the scripts nor the command name an experiment: no `mlflow.set_experiment`, no `experiment_id`, no
    `MLFLOW_EXPERIMENT_NAME`, and no `experiment` in the stage's `meta`.

    ## Why it matters
    The runs go to the experiment "Default", together with everybody else's. Which of them belong to this
    pipeline, and to which stage, nobody can tell a week later.

    ## Example
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - metrics.json:
            cache: false
    ```
    ```python evaluate.py
    import mlflow

    with mlflow.start_run():
    #    ^^^^^^^^^^^^^^^^^^
        mlflow.log_metric("accuracy", 0.9)
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - metrics.json:
            cache: false
    ```
    ```python evaluate.py
    import mlflow

    mlflow.set_experiment("churn")
    with mlflow.start_run(run_name="evaluate"):
        mlflow.log_metric("accuracy", 0.9)
    ```
    """
    if _is_named_outside(stage):
        return
    for run in graph.derived(all_runs)[stage]:
        calls = logging_calls(run.calls)
        if calls and not _is_named_inside(run, graph):
            yield Finding(
                calls[0].place,
                f"{calls[0].source.path} logs to MLflow, and nothing says to which experiment",
                why="its runs end up in 'Default', among everybody else's",
                help="Call mlflow.set_experiment(…) first, or set MLFLOW_EXPERIMENT_NAME in the command.",
                stage=stage,
            )


def _is_named_outside(stage: Stage) -> bool:
    """Whether the stage itself says which experiment it is."""
    if any(name in command for command in stage.commands for name in (*_VARIABLES, "experiment")):
        return True
    meta = stage.definition.field("meta")
    return meta is not None and "experiment" in meta.source


def _is_named_inside(run: Run, graph: Graph) -> bool:
    """Whether the scripts set the variables that MLflow looks at, or load them from a file."""
    return any(name in source.code.text for source in run.sources(graph) for name in (*_VARIABLES, "load_dotenv"))
