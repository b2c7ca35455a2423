from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.python.randomness import RandomUse, unseeded
from pipelinekit.scripts.python.runs import all_runs, stages_that_call

_SHOWN = 4


@rule("PK504", "unseeded-randomness", level="warning", since="0.1.0", reads=("cmd", "wdir"), among=stages_that_call)
def unseeded_randomness(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A script draws random numbers, and no seed says which.

    ## What it does
    Follows the Python script that a stage runs, and the modules of the project that it calls, and looks for
    randomness: splits and models of scikit-learn that are given no `random_state`, `numpy.random`, `random`,
    PyTorch and Keras. A seed that is set anywhere on the way (`random_state=…`, `np.random.seed(…)`,
    `torch.manual_seed(…)`, `seed_everything(…)`) is enough.

    ## Why it matters
    Each run gives another result from the same inputs. DVC takes the one in its cache for *the* result, so
    nobody can make it again, and whether a change helped can't be told from luck.

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
    from sklearn.ensemble import RandomForestClassifier

    X, y = load_iris(return_X_y=True)
    model = RandomForestClassifier().fit(X, y)
    #       ^^^^^^^^^^^^^^^^^^^^^^^^
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
        - seed
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    seed: 7
    ```
    ```python train.py
    import joblib
    import yaml
    from sklearn.datasets import load_iris
    from sklearn.ensemble import RandomForestClassifier

    seed = yaml.safe_load(open("params.yaml"))["seed"]
    X, y = load_iris(return_X_y=True)
    model = RandomForestClassifier(random_state=seed).fit(X, y)
    joblib.dump(model, "model.pkl")
    ```
    """
    for run in graph.derived(all_runs)[stage]:
        uses = unseeded(run.calls)
        if uses:
            yield _explain(stage, run.script.path, uses)


def _explain(stage: Stage, path: str, uses: list[RandomUse]) -> Finding:
    first = uses[0]
    others = list({use.call.place: use for use in uses[1:]}.items())
    more = f", and {len(others)} more" if others else ""
    where = path if first.call.source.path == path else f"{first.call.source.path}, which {path} uses,"
    return Finding(
        first.call.place,
        f"{where} draws random numbers without a seed: {_name(first)}{more}",
        why="each run of it gives another result, and DVC keeps one as if it were the only one",
        help=f"{first.advice} Best take the seed from params.yaml.",
        related=[(place, f"{_name(use)} has no seed either") for place, use in others[:_SHOWN]],
        stage=stage,
    )


def _name(use: RandomUse) -> str:
    return f"{use.call.name.rpartition('.')[2] or use.call.name}()"
