from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, join
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.python.models import saved_models
from pipelinekit.scripts.python.runs import all_runs
from pipelinekit.yaml.tree import Mapping, Scalar, at


@rule("PK708", "model-not-declared", level="advice", since="0.1.0", reads=("cmd", "outs", "wdir"))
def model_not_declared(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage saves a model that no entry under `artifacts` names.

    ## What it does
    Finds outputs of a stage into which its Python script saves a model (`joblib.dump`, `torch.save`,
    `model.save_model`…), and that stand under no `artifacts` of a `dvc.yaml`.

    ## Why it matters
    An artifact has a name, a type and a description. `dvc artifacts get`, DVC Studio and registries find
    models by it; the path alone says only where a file was in one version of the project.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.joblib
    #     ^^^^^^^^^^^^
    ```
    ```python train.py
    import joblib
    from sklearn.datasets import load_iris
    from sklearn.linear_model import Ridge

    X, y = load_iris(return_X_y=True)
    joblib.dump(Ridge().fit(X, y), "model.joblib")
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.joblib
    artifacts:
      iris:
        path: model.joblib
        type: model
    ```
    ```python train.py
    import joblib
    from sklearn.datasets import load_iris
    from sklearn.linear_model import Ridge

    X, y = load_iris(return_X_y=True)
    joblib.dump(Ridge().fit(X, y), "model.joblib")
    ```
    """
    outs = {out.path: out for out in stage.outs if out.kind == "out"}
    if not outs:
        return
    declared = graph.derived(_declared)
    if declared is None:
        return
    reported: set[str] = set()
    for run in graph.derived(all_runs)[stage]:
        for model in saved_models(run.files, run.calls):
            out = _out_of(model.path, outs)
            if out is None or out.path in reported or _is_declared(model.path, out, declared):
                continue
            reported.add(out.path)
            yield Finding(
                out.node,
                f"'{stage.name}' saves a model in {out.text}, which is no artifact of the project",
                why="registries and 'dvc artifacts get' find models by their name, and it has none",
                help="Name it under artifacts, with its path and 'type: model'.",
                related=[(model.use.place, "it is saved here")],
                stage=stage,
            )


def _out_of(path: str, outs: dict[str, Out]) -> Out | None:
    return next((outs[folder] for folder in (path, *ancestors(path)) if folder in outs), None)


def _is_declared(path: str, out: Out, declared: frozenset[str]) -> bool:
    if out.path in declared or path in declared:
        return True
    return any(folder in declared for folder in ancestors(path)) or any(out.path in ancestors(one) for one in declared)


def _declared(graph: Graph) -> frozenset[str] | None:
    """The paths that `artifacts` name; None where one of them can't be told."""
    found: set[str] = set()
    for pipeline in graph.index.pipelines:
        entries = at(pipeline.document.root, ("artifacts",))
        if not isinstance(entries, Mapping):
            continue
        for _, entry in entries.entries.values():
            path = entry.get("path") if isinstance(entry, Mapping) else None
            if not isinstance(path, Scalar) or not isinstance(path.value, str) or "${" in path.value:
                return None
            found.add(join(pipeline.folder, path.value, pipeline.project.root))
    return frozenset(found)
