"""What a stage says of how it is run elsewhere: `meta.pipelinekit` with `image`, `env`, `retries`, `resources`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelinekit.export.options import Options
from pipelinekit.resolve.resources import resources_of
from pipelinekit.resolve.stage import Stage


class MetaError(Exception):
    """A `meta` that says nothing."""


class StageMeta(NamedTuple):
    """How a step is run, with what the options say for all of them."""

    image: str
    environment: Mapping[str, str]
    retries: int
    #: amounts as they are written, by name
    resources: Mapping[str, int | float | str]


def meta_of(stage: Stage, options: Options) -> StageMeta:
    """Raises MetaError, ResourceError."""
    meta = stage.meta if isinstance(stage.meta, dict) else {}
    own = meta.get("pipelinekit")
    own = own if isinstance(own, dict) else {}
    return StageMeta(
        _text(own.get("image"), "image", stage) or options.image,
        {**options.environment, **_environment(own.get("env"), stage)},
        _retries(own.get("retries"), stage, options.retries),
        resources_of(stage),
    )


def _text(value: Any, key: str, stage: Stage) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise MetaError(f"{stage.address}: meta.pipelinekit.{key} is '{value}', not a text")


def _environment(value: Any, stage: Stage) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise MetaError(f"{stage.address}: meta.pipelinekit.env is no mapping of names and texts")
    for name, text in value.items():
        if isinstance(text, (dict, list, bool)) or text is None:
            raise MetaError(f"{stage.address}: meta.pipelinekit.env.{name} is '{text}', not a text (put it in quotes)")
    return {name: str(text) for name, text in value.items()}


def _retries(value: Any, stage: Stage, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise MetaError(f"{stage.address}: meta.pipelinekit.retries is '{value}', not a whole number of 0 or more")
