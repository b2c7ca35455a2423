from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import arguments_of
from pipelinekit.scripts.python.literals import TypedValue, typed_hyperparameters, untouched_defaults
from pipelinekit.scripts.python.runs import all_runs, stages_that_call


@rule(
    "PK202", "hardcoded-param-in-script", level="warning", since="0.1.0", reads=("cmd", "wdir"), among=stages_that_call
)
def hardcoded_param_in_script(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A hyperparameter is typed into the script of a stage.

    ## What it does
    Follows the Python script that a stage runs, and the modules of the project that it calls, and finds
    numbers that models, optimisers, splits and trainers are given (`n_estimators=100`, `lr=1e-3`,
    `test_size=0.2`, `epochs=10`), as such or as a constant of the file; and options of `argparse` and `click`
    of such names that the command leaves at their default. Seeds, workers and what says how loudly something
    works are left alone.

    ## Why it matters
    DVC tracks parameters that stand in a params file: it shows what changed between experiments, and
    `dvc exp run -S train.lr=0.1` sets them. A number inside of a script is none of them.

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
    ```python train.py
    import joblib
    from sklearn.datasets import load_iris
    from sklearn.linear_model import Ridge

    X, y = load_iris(return_X_y=True)
    model = Ridge(alpha=0.5).fit(X, y)
    #       ^^^^^^^^^^^^^^^^
    joblib.dump(model, "model.pkl")
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        params:
        - train.alpha
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      alpha: 0.5
    ```
    ```python train.py
    import joblib
    import yaml
    from sklearn.datasets import load_iris
    from sklearn.linear_model import Ridge

    params = yaml.safe_load(open("params.yaml"))["train"]
    X, y = load_iris(return_X_y=True)
    model = Ridge(alpha=params["alpha"]).fit(X, y)
    joblib.dump(model, "model.pkl")
    ```
    """
    for run in graph.derived(all_runs)[stage]:
        for typed in typed_hyperparameters(run.calls):
            yield Finding(
                typed.call.place,
                f"{_list(typed.values)} {_are(typed.values)} typed into {typed.call.source.path}",
                why="DVC can't show or change it: experiments that differ in it look alike",
                help="Put it into params.yaml, list it under params, and read it from there.",
                stage=stage,
            )
        for default in untouched_defaults(run.calls, arguments_of(run.script)):
            yield Finding(
                default.call.place,
                f"{_list(default.values)} is a default of {default.call.source.path}, and the command leaves it so",
                why="DVC can't show or change it: experiments that differ in it look alike",
                help=f"Put it into params.yaml, and pass it: --{default.values[0].name} ${{…}}.",
                stage=stage,
            )


def _list(values: tuple[TypedValue, ...]) -> str:
    return ", ".join(f"{value.name} = {value.text}" for value in values)


def _are(values: tuple[TypedValue, ...]) -> str:
    return "are" if len(values) > 1 else "is"
