from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.columns import columns_of
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.resolve.plots import plot_columns
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

#: Columns that are named in a message.
_SHOWN = 8


@rule("PK701", "plot-column-missing", level="warning", since="0.1.0")
def plot_column_missing(graph: Graph) -> Iterator[Finding]:
    """A plot shows a column that its file does not have.

    ## What it does
    Reads the header of the CSV, TSV or JSON file behind a plot, if the file is here, and looks for the columns
    that `x` and `y` name, under the plots of stages and at the top of `dvc.yaml`.

    ## Why it matters
    `dvc plots show` and VS Code leave the plot empty, or stop: "Could not find provided field".

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        plots:
        - loss.csv:
            cache: false
            x: step
    #          ^^^^
            y: loss
    ```
    ```text loss.csv
    epoch,loss
    1,0.9
    2,0.7
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        plots:
        - loss.csv:
            cache: false
            x: epoch
            y: loss
    ```
    ```text loss.csv
    epoch,loss
    1,0.9
    2,0.7
    ```
    """
    known: dict[tuple[str, bool], list[str] | None] = {}
    for column in plot_columns(graph.index):
        key = (column.path, column.header)
        if key not in known:
            known[key] = _columns(graph.index.project, *key)
        columns = known[key]
        if columns is None or column.name in columns:
            continue
        near = closest(column.name, columns)
        listed = ", ".join(columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "")
        yield Finding(
            column.node,
            f"{column.path} has no column '{column.name}'; it has {listed}",
            why="dvc plots show can't draw it",
            help=f"Did you mean '{near}'?" if near is not None else "Name one of these, or write it in the stage.",
            stage=column.stage,
        )


def _columns(project: Project, path: str, header: bool) -> list[str] | None:
    if project.disk.kind(path) != "file" or not path.endswith((".csv", ".tsv", ".json")):
        return None
    try:
        return columns_of(path, project.disk.read(path), header=header)
    except (UnreadableError, FileNotFoundError):
        return None
