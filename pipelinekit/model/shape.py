"""The shape of a `dvc.yaml` file: what DVC's own schema accepts, key by key.

This is the one source of field names, types and their documentation. The typed model that people write
(`pipelinekit.model.pipeline`) inherits its fields, the JSON Schema for editors is generated from it, and so
is what the linter checks files against (`pipelinekit.model.schema`).

Source: the schema of DVC 3.67, `dvc/schema.py`, compared with it by the tests.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

#: A mapping that DVC doesn't look into.
AnyMapping = dict[Any, Any]


class Shape(BaseModel):
    """Closed: DVC refuses a key that it doesn't know."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, defer_build=True)


class Annotations(Shape):
    """What can be said about an output or an artifact for people and other tools; DVC itself ignores it."""

    desc: str | None = None
    """A description for people."""
    type: str | None = None
    """What kind of thing it is: `model`, `dataset`…"""
    labels: list[str] | None = None
    """Labels to find it by."""
    meta: Any = None
    """Anything; DVC keeps it and never looks inside."""


class OutFlags(Annotations):
    """How DVC treats an output."""

    cache: bool | None = None
    """Whether DVC keeps it in its cache (the default); `false` for small files that belong in git."""
    persist: bool | None = None
    """Whether it survives until its stage runs again; DVC deletes outputs before a run otherwise."""
    push: bool | None = None
    """Whether `dvc push` uploads it (the default)."""
    remote: str | None = None
    """The name of the remote it is pushed to, if not the default one."""


class RetiredOutFlags(OutFlags):
    """What DVC still accepts in a file and no longer uses."""

    checkpoint: bool | None = Field(default=None, deprecated=True)
    """Retired: DVC 3 has no checkpoints. `persist: true` keeps an output between runs."""


class PlotFlags(OutFlags):
    """How a plot of a stage is drawn."""

    x: str | None = None
    """The field on the x axis."""
    y: str | None = None
    """The field on the y axis."""
    x_label: str | None = None
    """The title of the x axis."""
    y_label: str | None = None
    """The title of the y axis."""
    title: str | None = None
    """The title of the plot."""
    template: str | None = None
    """The name or the path of a Vega-Lite template: `linear`, `scatter`, `confusion`…"""
    header: bool | None = None
    """Whether the first row of a CSV or TSV file names its columns (the default)."""


class RetiredPlotFlags(PlotFlags, RetiredOutFlags):
    """`PlotFlags`, with what DVC still accepts and no longer uses."""


class StageFields(Shape):
    """What a stage has, however its outputs are written."""

    desc: str | None = None
    """A description for people."""
    cmd: str | list[str]
    """The command, or a list of commands that run one after another. Each line of it runs in a shell of its own."""
    wdir: str | None = None
    """The folder the command runs in, and to which its paths are relative; by default that of the `dvc.yaml`."""
    matrix: dict[str, str | list[Any]] | None = None
    """One stage for each combination of the values: `${item.name}` in the fields is replaced by them."""
    deps: list[str] | None = None
    """Files and folders that the command reads, its own script included: the stage re-runs when one changes."""
    vars: list[str | AnyMapping] | None = None
    """Files (`file.yaml`, `file.yaml:key`) or values for the `${}` of this stage alone."""
    frozen: bool | None = None
    """Whether DVC never re-runs the stage, whatever changes."""
    always_changed: bool | None = None
    """Whether DVC re-runs the stage each time."""
    meta: Any = None
    """Anything; DVC keeps it and never looks inside."""


class StageEntry(StageFields):
    """A stage, as it stands in a `dvc.yaml`."""

    params: list[str | dict[str, list[str] | None]] | None = None
    """Parameters the command reads: `key` of `params.yaml`, `file: [keys]`, or `file:` for a whole file."""
    outs: list[str | dict[str, RetiredOutFlags]] | None = None
    """Files and folders that the command writes."""
    metrics: list[str | dict[str, RetiredOutFlags]] | None = None
    """Outputs that hold numbers: JSON, YAML or TOML."""
    plots: list[str | dict[str, RetiredPlotFlags]] | None = None
    """Outputs that hold series or images: JSON, YAML, CSV, TSV, SVG, PNG…"""


class ForeachEntry(Shape):
    """A group of stages: one for each item of a list or mapping."""

    foreach: AnyMapping | list[Any] | str
    """The items: a list, a mapping, or a `${}` that gives one."""
    do: StageEntry
    """The stage of each item; `${item}` and, for mappings, `${key}` are replaced."""


class TopLevelPlot(Shape):
    """A plot that is drawn from files, of any stage."""

    x: str | dict[str, str] | None = None
    """The field on the x axis, or a file and its field."""
    y: str | list[str] | dict[str, str | list[str]] | None = None
    """The field or fields on the y axis, or files and their fields."""
    x_label: str | None = None
    """The title of the x axis."""
    y_label: str | None = None
    """The title of the y axis."""
    title: str | None = None
    """The title of the plot."""
    template: str | None = None
    """The name or the path of a Vega-Lite template: `linear`, `scatter`, `confusion`…"""


class ArtifactEntry(Annotations):
    """A model or a data set with a name, for DVC's model registry."""

    path: str
    """The file or folder."""


class DvcYaml(Shape):
    """A whole `dvc.yaml`."""

    model_config = ConfigDict(title="dvc.yaml")

    vars: list[str | AnyMapping] | None = None
    """Files (`file.yaml`, `file.yaml:key`) or values for `${}`; `params.yaml` is always read."""
    stages: dict[str, ForeachEntry | StageEntry] | None = None
    """The stages by name."""
    params: list[str] | None = None
    """Params files to show in `dvc params diff`."""
    metrics: list[str] | None = None
    """Metrics files to show in `dvc metrics show`, of any stage."""
    plots: list[str | Annotated[dict[str, TopLevelPlot | None], Field(min_length=1)]] | None = None
    """Plots to draw, of any stage."""
    artifacts: dict[str, ArtifactEntry] | None = None
    """Models and data sets by name."""
    datasets: list[Any] | AnyMapping | str | None = None
    """Data sets that `ds://name` dependencies refer to."""


__all__ = [
    "Annotations",
    "AnyMapping",
    "ArtifactEntry",
    "DvcYaml",
    "ForeachEntry",
    "OutFlags",
    "PlotFlags",
    "Shape",
    "StageEntry",
    "StageFields",
    "TopLevelPlot",
]
