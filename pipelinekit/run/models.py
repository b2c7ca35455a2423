"""The models of a project: entries of type `model` under `artifacts` in `dvc.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import did_you_mean
from pipelinekit.project.paths import is_url, join
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.yaml.tree import Mapping, Place, Scalar

TYPE = "model"


class Model(NamedTuple):
    """A model that a stage makes."""

    #: as in `dvc.yaml`
    name: str
    #: what it is called in the registry
    registered: str
    #: relative to the project
    path: str
    #: what holds it; None if no stage makes it
    out: Out | None
    place: Place

    @property
    def stage(self) -> Stage | None:
        return self.out.stage if self.out is not None and isinstance(self.out.stage, Stage) else None


class ModelError(Exception):
    """A model that is not there, or not clear."""


def models(graph: Graph) -> list[Model]:
    """The models of all `dvc.yaml` files, in their order. For `graph.derived`."""
    return [model for pipeline in graph.index.pipelines for model in _of_pipeline(pipeline, graph)]


def models_of(stage: Stage, graph: Graph) -> list[Model]:
    """The models that a stage makes."""
    return graph.derived(_by_stage).get(stage, [])


def find_model(graph: Graph, name: str | None) -> Model:
    """A model by its name, or the only one. Raises ModelError."""
    known = graph.derived(models)
    names = ", ".join(model.registered for model in known)
    if name is None:
        if len(known) == 1:
            return known[0]
        if not known:
            raise ModelError("no dvc.yaml has an artifact of type model; name one under artifacts, with 'type: model'")
        raise ModelError(f"there are several models: {names}; say which one to promote")
    found = [model for model in known if name == model.registered] or [model for model in known if name == model.name]
    if len(found) == 1:
        return found[0]
    if found:
        raise ModelError(
            f"several models are called '{name}'; say which: {', '.join(model.registered for model in found)}"
        )
    hint = did_you_mean(name, [model.registered for model in known]) or f"There are: {names or 'none'}"
    raise ModelError(f"no artifact of type model is called '{name}'. {hint}")


def _of_pipeline(pipeline: Pipeline, graph: Graph) -> Iterator[Model]:
    root = pipeline.document.root
    artifacts = root.get("artifacts") if isinstance(root, Mapping) else None
    for name, (name_node, entry) in artifacts.entries.items() if isinstance(artifacts, Mapping) else ():
        kind = entry.get("type") if isinstance(entry, Mapping) else None
        path = entry.get("path") if isinstance(entry, Mapping) else None
        if not isinstance(kind, Scalar) or not isinstance(path, Scalar) or pipeline.resolved(kind) != TYPE:
            continue
        text = pipeline.resolved(path)
        if not text or is_url(text) or not isinstance(name, str):
            continue
        full = join(pipeline.folder, text, graph.index.project.root)
        outs = graph.holding(full)
        yield Model(name, _registered(name, pipeline.folder), full, outs[0] if outs else None, name_node.place)


def _registered(name: str, folder: str) -> str:
    """MLflow has no `/` in the name of a model; those of a `dvc.yaml` in a folder carry the folder's name."""
    whole = name if folder == "." else f"{folder}/{name}"
    return whole.replace("/", "-").replace(":", "-")


def _by_stage(graph: Graph) -> dict[Stage, list[Model]]:
    found: dict[Stage, list[Model]] = {}
    for model in graph.derived(models):
        if model.stage is not None:
            found.setdefault(model.stage, []).append(model)
    return found
