"""What plots name: columns of files, and templates; of stages and at the top of a `dvc.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.project.paths import join
from pipelinekit.resolve.index import Index
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Stage
from pipelinekit.yaml.tree import Mapping, Node, Scalar, Sequence


class PlotColumn(NamedTuple):
    """A column that a plot shows, of a file of the project."""

    path: str
    name: str
    node: Scalar
    #: whether the first line of the file has the names
    header: bool
    stage: Stage | None


class PlotTemplate(NamedTuple):
    """A template that a plot is drawn with."""

    name: str
    node: Scalar
    pipeline: Pipeline
    stage: Stage | None


def plot_columns(index: Index) -> Iterator[PlotColumn]:
    """Every column that is named, unless a template (`${}`) says which."""
    for stage in index.stages:
        for out in stage.outs:
            if out.kind == "plot" and out.flags_node is not None and out.is_local:
                header = out.flags.get("header", True) is not False
                for axis in ("x", "y"):
                    for node in _texts(out.flags_node.get(axis)):
                        yield PlotColumn(out.path, node.value, node, header, stage)
    for pipeline in index.pipelines:
        for key, body in _definitions(pipeline):
            yield from _columns_of(pipeline, key, body)


def _columns_of(pipeline: Pipeline, key: Scalar, body: Mapping) -> Iterator[PlotColumn]:
    """`x` and `y` are columns of the file that the plot is called by, or of files that stand in front of them."""
    x, y = body.get("x"), body.get("y")
    files: dict[str, Node] = {}
    if isinstance(y, Mapping):
        files = {str(file): node for file, (_, node) in y.entries.items()}
    elif y is not None:
        files = {key.value: y}
    by_axis: list[tuple[str, Node]] = list(files.items())
    if isinstance(x, Mapping):
        by_axis += [(str(file), node) for file, (_, node) in x.entries.items()]
    elif x is not None:
        by_axis += [(file, x) for file in (files or {key.value: x})]
    for file, node in by_axis:
        if "${" not in file:
            path = join(pipeline.folder, file, pipeline.project.root)
            for name in _texts(node):
                yield PlotColumn(path, name.value, name, True, None)


def plot_templates(index: Index) -> Iterator[PlotTemplate]:
    """Every template that is named, unless a template (`${}`) says which."""
    for pipeline in index.pipelines:
        for stage in pipeline.stages:
            for out in stage.outs:
                if out.kind == "plot" and out.flags_node is not None:
                    for node in _texts(out.flags_node.get("template")):
                        yield PlotTemplate(node.value, node, pipeline, stage)
        for _, body in _definitions(pipeline):
            for node in _texts(body.get("template")):
                yield PlotTemplate(node.value, node, pipeline, None)


def _definitions(pipeline: Pipeline) -> Iterator[tuple[Scalar, Mapping]]:
    root = pipeline.document.root
    plots = root.get("plots") if isinstance(root, Mapping) else None
    for item in plots.items if isinstance(plots, Sequence) else ():
        for key, body in item.entries.values() if isinstance(item, Mapping) else ():
            if isinstance(key, Scalar) and isinstance(key.value, str) and isinstance(body, Mapping):
                yield key, body


def _texts(node: Node | None) -> Iterator[Scalar]:
    for item in node.items if isinstance(node, Sequence) else [node]:
        if isinstance(item, Scalar) and isinstance(item.value, str) and "${" not in item.value:
            yield item
