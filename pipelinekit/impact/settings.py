"""The settings of forecasts: where run times come from, and what an hour costs."""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.model.suggest import closest
from pipelinekit.project.configuration import (
    Problem,
    Setting,
    find_configuration,
    read_string,
    read_table,
    refuse_value,
    unknown,
)
from pipelinekit.project.git import repository_root


def _price(value: Any, path: tuple[Any, ...], problems: list[Problem]) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    return refuse_value(value, path, problems, "a number of 0 or more")


IMPACT_SETTINGS: dict[str, Setting] = {
    "durations": Setting(
        "A file of run times that a team shares, read beside .dvc/tmp/pipelinekit/durations.jsonl; it may be missing.",
        read_string,
        {"type": "string"},
    ),
    "price-per-hour": Setting(
        "What an hour of running stages costs: with it, forecasts tell money, too.",
        _price,
        {"type": "number", "minimum": 0},
    ),
    "currency": Setting("What the price is counted in, such as EUR.", read_string, {"type": "string"}),
}


class ImpactSettings(NamedTuple):
    """The settings of forecasts for one project."""

    #: absolute; None if no file is shared
    durations_path: str | None = None
    price_per_hour: float | None = None
    currency: str = ""


def impact_settings(graph: Graph) -> ImpactSettings:
    """What the project's configuration says. Raises ConfigurationError. For `graph.derived`.

    Settings of the linter are the linter's to check; a name that only just misses one of these is refused here.
    """
    root = graph.index.project.root
    configuration = find_configuration(root, repository_root(root) or root)
    problems: list[Problem] = []
    others = [key for key in configuration.table if key not in IMPACT_SETTINGS]
    values = read_table(configuration.table, IMPACT_SETTINGS, (), problems, others)
    for key in others:
        near = key.replace("_", "-")
        if near in IMPACT_SETTINGS or closest(near, IMPACT_SETTINGS) is not None:
            problems.append(Problem((key,), unknown("setting", key, IMPACT_SETTINGS), at_key=True))
    name = values.get("durations")
    path = os.path.normpath(os.path.join(configuration.folder, name)) if name else None
    if path is not None and os.path.isdir(path):
        problems.append(Problem(("durations",), f"'durations' is {name}, which is a folder, not a file"))
    configuration.refuse(problems)
    return ImpactSettings(path, values.get("price-per-hour"), values.get("currency") or "")
