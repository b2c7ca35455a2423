from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.resolve.problems import MissingVarsFile, UndefinedVariable
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

#: Further uses that are shown.
_MOST = 3


@rule("PK210", "undefined-variable", level="error", since="0.1.0")
def undefined_variable(graph: Graph) -> Iterator[Finding]:
    """`${}` names a variable that nothing defines.

    ## What it does
    Looks up every `${}` in `params.yaml`, in what stands under `vars`, and, inside of `foreach` and `matrix`,
    among `item` and `key`. Files under `vars` that do not exist are found too.

    ## Why it matters
    DVC can't load the stage, and stops. A shell's own variables look the same to it: write `\\${HOME}`, or
    `$HOME`, for those.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --epochs ${train.epoch}
    #                                 ^^^^^^^^^^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      epochs: 10
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --epochs ${train.epochs}
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      epochs: 10
    ```
    """
    for _, missing in graph.index.problems_of(MissingVarsFile):
        yield _missing(missing)
    by_name: dict[tuple[str, str], list[UndefinedVariable]] = {}
    for pipeline, undefined in graph.index.problems_of(UndefinedVariable):
        by_name.setdefault((pipeline.path, undefined.name), []).append(undefined)
    for uses in by_name.values():
        yield _undefined(uses)


def _missing(missing: MissingVarsFile) -> Finding:
    if missing.key is None:
        message = f"the file {missing.file} does not exist, so it defines no variables"
        help_text = "Create it, or correct the path: it is relative to this dvc.yaml"
        help_text += ", or, in a stage, to the folder that the stage runs in." if missing.definition else "."
    else:
        near = closest(missing.key, missing.candidates)
        message = f"{missing.file} has no '{missing.key}' at its top"
        help_text = f"Did you mean '{near}'?" if near else "Only top-level keys can be taken from a file."
    return Finding(
        missing.place,
        message,
        why="DVC loads no stage of this file",
        help=help_text,
        stage=missing.definition,
    )


def _undefined(uses: list[UndefinedVariable]) -> Finding:
    """One finding for a variable, at its first use: define it, and all of them are mended."""
    undefined = min(uses, key=lambda use: use.place.start)
    name = undefined.name
    near = closest(name, undefined.candidates)
    if near is not None:
        help_text = f"Did you mean '{near}'?"
    elif name.isupper():
        help_text = f"For a variable of the shell write \\${{{name}}} or ${name}."
    elif name.split(".")[0] in ("item", "key"):
        help_text = "item and key exist inside of foreach and matrix only; key not for a list."
    else:
        help_text = "Define it in params.yaml or under vars."
    others = [use.place for use in uses if use is not undefined]
    return Finding(
        undefined.place,
        f"nothing defines the variable '{name}'",
        why="DVC can't load the stage, and stops" if undefined.definition else "DVC can't load the file, and stops",
        help=help_text,
        related=[(place, "it is used here, too") for place in others[:_MOST]],
        stage=undefined.definition,
    )
