from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.python.runs import all_runs, stages_that_call
from pipelinekit.scripts.python.tracking import typed_addresses, typed_variables


@rule("PK705", "hardcoded-tracking-uri", level="warning", since="0.1.0", reads=("cmd", "wdir"), among=stages_that_call)
def hardcoded_tracking_uri(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """The address of the tracking server is typed into a script.

    ## What it does
    Finds `mlflow.set_tracking_uri("http://…")` and `os.environ["MLFLOW_TRACKING_URI"] = "http://…"` with the
    address as a text, in the Python scripts that stages run and the modules of the project that they import.

    ## Why it matters
    The script runs where that server can be reached, and nowhere else: not on a colleague's machine, not in
    CI, not after the server has moved. `localhost` is another machine for each of them. MLflow takes the
    address from the environment, where each place has its own.

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

    mlflow.set_tracking_uri("http://localhost:5000")
    #                       ^^^^^^^^^^^^^^^^^^^^^^^
    mlflow.set_experiment("churn")
    ```

    ## Use instead
    Set `MLFLOW_TRACKING_URI` in the environment, and leave the call out.
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
    ```
    """
    for run in graph.derived(all_runs)[stage]:
        if not any(call.name.startswith("mlflow.") for call in run.calls):
            continue
        for source, value, address in [*typed_addresses(run.calls), *typed_variables(run.sources(graph))]:
            yield Finding(
                source.place(value),
                f"the tracking server's address, {address}, is typed into {source.path}",
                why="the stage fails, or logs to nowhere, wherever that server can't be reached",
                help="Leave it out, and set MLFLOW_TRACKING_URI in the environment.",
                stage=stage,
            )
