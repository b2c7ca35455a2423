from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.collect import DVC_FOLDER
from pipelinekit.project.paths import join
from pipelinekit.project.project import Project
from pipelinekit.resolve.plots import PlotTemplate, plot_templates
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

#: What `dvc plots templates` lists.
BUILT_IN = (
    "simple",
    "linear",
    "confusion",
    "confusion_normalized",
    "scatter",
    "scatter_jitter",
    "smooth",
    "bar_horizontal_sorted",
    "bar_horizontal",
)
_FOLDER = f"{DVC_FOLDER}/plots"


@rule("PK702", "unknown-plot-template", level="error", since="0.1.0")
def unknown_plot_template(graph: Graph) -> Iterator[Finding]:
    """A plot names a template that is not there.

    ## What it does
    Looks for the template among those that DVC brings, in `.dvc/plots`, and as a file of the project.

    ## Why it matters
    `dvc plots show` stops with "Template not found", at the first such plot, and shows none of the others.

    ## Example
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        plots:
        - classes.csv:
            cache: false
            template: confusion_matrix
    #                 ^^^^^^^^^^^^^^^^
            x: actual
            y: predicted
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        plots:
        - classes.csv:
            cache: false
            template: confusion
            x: actual
            y: predicted
    ```
    """
    project = graph.index.project
    for template in plot_templates(graph.index):
        if template.name in BUILT_IN or not template.name or _is_there(template, project):
            continue
        own = [name.removesuffix(".json") for name in project.disk.names(_FOLDER)]
        near = closest(template.name, [*BUILT_IN, *own])
        yield Finding(
            template.node,
            f"there is no plot template '{template.name}'",
            why="dvc plots show stops there, and shows no plot at all",
            help=f"Did you mean '{near}'?" if near is not None else f"Put it into {_FOLDER}, or use one of DVC's own.",
            stage=template.stage,
        )


def _is_there(template: PlotTemplate, project: Project) -> bool:
    """Where DVC looks; relative paths count from the folder it is called in, which nobody knows."""
    name = template.name
    stem = name.rpartition(".")[0] if "." in name.rpartition("/")[2] else name
    places = [f"{_FOLDER}/{name}", f"{_FOLDER}/{stem}.json"]
    places += [join(folder, name, project.root) for folder in (".", template.pipeline.folder)]
    return any(project.disk.kind(place) == "file" for place in places)
