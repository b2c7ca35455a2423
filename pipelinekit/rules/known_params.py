"""The parameters that `${…}` can name, and which of them an option of a command means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.project.params import ParamsFile
from pipelinekit.resolve.interpolate import to_text
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition
from pipelinekit.yaml.tree import Place


class KnownParam(NamedTuple):
    """A value of a params file: the dotted key, the text that `${…}` makes of it, where it stands."""

    key: str
    text: str
    place: Place
    file: ParamsFile


def known_params(pipeline: Pipeline) -> dict[str, list[KnownParam]]:
    """The texts and numbers that `${…}` can name, by the last part of their name."""
    found: dict[str, list[KnownParam]] = {}
    for source in pipeline.context.sources:
        file = source.file
        if file is None or file.problem is not None or not isinstance(file.data, dict):
            continue
        for keys, value in _scalars(file.data, ()):
            if source.keys is not None and keys[0] not in source.keys:
                continue
            span = file.locate(keys)
            if span is None or isinstance(value, bool) or value is None or not (text := to_text(value)):
                continue
            known = KnownParam(".".join(keys), text, Place(file.document, *span), file)
            found.setdefault(_folded(keys[-1]), []).append(known)
    return found


def meant_by(name: str, known: dict[str, list[KnownParam]], definition: Definition) -> KnownParam | None:
    """The only parameter of a name; of several the one in the section of the stage, or among those it lists."""
    named = known.get(_folded(name), [])
    if len(named) > 1:
        listed = {param.key for stage in definition.stages for param in stage.params}
        own = [one for one in named if definition.name in one.key.split(".")]
        named = own or [one for one in named if any(one.key == key or one.key.startswith(f"{key}.") for key in listed)]
    return named[0] if len(named) == 1 else None


def _folded(name: str) -> str:
    return name.lower().replace("-", "_").rpartition(".")[2]


def _scalars(value: dict[Any, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, item in value.items():
        if not isinstance(key, str) or "." in key or "[" in key:
            continue
        if isinstance(item, dict):
            yield from _scalars(item, (*path, key))
        elif isinstance(item, (str, int, float)):
            yield (*path, key), item
