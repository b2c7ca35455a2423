"""The typed model of a pipeline: what people write in `pipeline.py`, in the words of DVC's documentation.

    from pipelinekit import Metric, Pipeline, Stage

    fetch = Stage(name="fetch", cmd="python fetch.py", deps=["fetch.py"], outs=["raw.csv"])
    train = Stage(name="train", cmd="python train.py", deps=["train.py", *fetch.outs], params=["train.lr"],
                  outs=["model.pkl"], metrics=[Metric("metrics.json", cache=False)])
    pipeline = Pipeline(stages=[fetch, train])

Everything is checked when it is made; what only the whole pipeline can tell, when the `Pipeline` is.
"""

from __future__ import annotations

import posixpath
from typing import Any

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipelinekit.model.errors import ModelError, describe
from pipelinekit.model.shape import Annotations, AnyMapping, OutFlags, PlotFlags, Shape, StageFields, TopLevelPlot


class _Model(Shape):
    """Says what is wrong with a model in its own words, not in pydantic's."""

    model_config = ConfigDict(validate_assignment=True)

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise ModelError(describe(error, type(self), fields)) from None


class WithPath(_Model):
    """Takes its path as the first argument, which is how people write it."""

    path: str = Field(min_length=1)
    """The file or folder, relative to the folder that the stage runs in."""
    #: the folder of the stage that it is an output of
    _wdir: str = PrivateAttr(default=".")

    def __init__(self, path: str, **fields: Any) -> None:
        super().__init__(path=path, **fields)

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path


class Out(WithPath, OutFlags):
    """A file or folder that a stage writes."""


class Metric(WithPath, OutFlags):
    """A file of numbers that a stage writes. Say `cache=False` to keep it in git, where people look for it."""


class Plot(WithPath, PlotFlags):
    """A file of series, or an image, that a stage writes."""


class Param(_Model):
    """Parameters that a stage reads: a key of `params.yaml`, keys of another file, or a whole file."""

    key: str | None = None
    """A dotted key: `train.lr`; none for a whole file."""
    file: str = "params.yaml"
    """The params file, relative to the folder that the stage runs in."""

    def __init__(self, key: str | None = None, **fields: Any) -> None:
        super().__init__(key=key, **fields)


class Artifact(_Model, Annotations):
    """A model or a data set with a name, for DVC's model registry."""

    name: str = Field(pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?$|\$\{")
    """Letters, digits, `-`, `_` and `/`."""
    path: str
    """The file or folder."""

    @field_validator("path", mode="before")
    @classmethod
    def _take_an_output(cls, value: Any) -> Any:
        return _seen_from(".", value) if isinstance(value, WithPath) else value


class Stage(_Model, StageFields):
    """A stage, or with `foreach` or `matrix` a group of stages."""

    name: str = Field(min_length=1, pattern=r"^[^@:]+$")
    """Letters, digits, `_` and `-`; DVC keeps `@` and `:` for itself."""
    cmd: str | list[str]
    """The command, or a list of commands that run one after another. Each line of it runs in a shell of its own."""
    foreach: AnyMapping | list[Any] | str | None = None
    """One stage for each item: `${item}` (and `${key}`, for a mapping) in the fields is replaced by it."""
    deps: list[str] | None = None
    """Files and folders that the command reads, its own script included; outputs of other stages may be given."""
    params: list[Param] | None = None
    """Parameters the command reads: `"train.lr"`, `Param("lr", file="model.yaml")`, `Param(file="model.yaml")`."""
    outs: list[Out] | None = None
    """Files and folders that the command writes: paths, or `Out` with flags."""
    metrics: list[Metric] | None = None
    """Files of numbers that the command writes: paths, or `Metric` with flags."""
    plots: list[Plot] | None = None
    """Files of series or images that the command writes: paths, or `Plot` with flags."""

    @field_validator("deps", mode="before")
    @classmethod
    def _take_outputs(cls, value: Any, info: ValidationInfo) -> Any:
        """`deps=["train.py", *prepare.outs]`: an output stands for its path, as seen from this stage."""
        if not isinstance(value, (list, tuple)):
            return value
        wdir = info.data.get("wdir") or "."
        return [_seen_from(wdir, item) if isinstance(item, WithPath) else item for item in value]

    @field_validator("params", mode="before")
    @classmethod
    def _take_keys(cls, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        return [Param(item) if isinstance(item, str) else item for item in value]

    @field_validator("outs", "metrics", "plots", mode="before")
    @classmethod
    def _take_paths(cls, value: Any, info: ValidationInfo) -> Any:
        kinds: dict[str | None, type[WithPath]] = {"outs": Out, "metrics": Metric, "plots": Plot}
        if not isinstance(value, (list, tuple)):
            return value
        return [kinds[info.field_name](item) if isinstance(item, str) else item for item in value]

    @model_validator(mode="after")
    def _has_one_kind_of_group(self) -> Stage:
        if self.foreach is not None and self.matrix is not None:
            raise ValueError("a stage has foreach or matrix, not both: matrix takes several lists")
        for out in (*(self.outs or ()), *(self.metrics or ()), *(self.plots or ())):
            out._wdir = self.wdir or "."
        return self


def _seen_from(wdir: str, out: WithPath) -> str:
    """The path of another stage's output, relative to the folder of the stage that needs it."""
    if out._wdir == wdir:
        return out.path
    if "${" in wdir + out._wdir:
        raise ValueError(f"write the path of '{out.path}': its folder is only known when ${{…}} is replaced")
    return posixpath.relpath(posixpath.join(out._wdir, out.path), wdir)


class Pipeline(_Model):
    """A `dvc.yaml`: its stages, and what stands beside them."""

    file: str = Field(default="dvc.yaml", pattern=r"(^|/)dvc\.yaml$")
    """The file to write, relative to the folder of `pipeline.py`; DVC reads only files of this name."""
    vars: list[str | AnyMapping] | None = None
    """Files (`file.yaml`, `file.yaml:key`) or values for `${}`; `params.yaml` is always read."""
    stages: list[Stage] = Field(default_factory=list)
    """The stages, in the order in which they should stand in the file."""
    params: list[str] | None = None
    """Params files to show in `dvc params diff`."""
    metrics: list[str] | None = None
    """Metrics files to show in `dvc metrics show`, of any stage."""
    plots: list[str | dict[str, TopLevelPlot | None]] | None = None
    """Plots to draw, of any stage: paths, or names with what to draw."""
    artifacts: list[Artifact] | None = None
    """Models and data sets by name."""
    datasets: Any = None
    """Data sets that `ds://name` dependencies refer to."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Pipeline:
        seen: set[str] = set()
        for stage in self.stages:
            if stage.name in seen:
                raise ValueError(f"two stages are called '{stage.name}'")
            seen.add(stage.name)
        names = [artifact.name for artifact in self.artifacts or ()]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two artifacts are called '{name}'")
        return self

    @property
    def folder(self) -> str:
        """The folder of the file, relative to that of `pipeline.py`."""
        return posixpath.dirname(self.file) or "."
