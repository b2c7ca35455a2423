"""When a model may be promoted: `[tool.pipelinekit.promote]`."""

from __future__ import annotations

from typing import Any, NamedTuple

from pipelinekit.project.configuration import Problem, Setting, read_table
from pipelinekit.run import readers
from pipelinekit.run.tracking_settings import project_configuration

TABLE = "promote"
#: The table in it with settings of single models.
MODELS = "models"

SETTINGS: dict[str, Setting] = {
    "alias": Setting("The alias that a promoted version gets.", readers.text, {"type": "string"}, "champion"),
    "metric": Setting(
        "The metric that must be at least as good as that of the version with the alias: 'accuracy', or with its file "
        "'metrics.json:accuracy'.",
        readers.text,
        {"type": "string"},
    ),
    "direction": Setting(
        "Whether more is better.",
        readers.word(("maximize", "minimize")),
        {"enum": ["maximize", "minimize"]},
        "maximize",
    ),
    "tolerance": Setting("How much worse the metric may be.", readers.amount, {"type": "number", "minimum": 0}, 0.0),
    "clean-tree": Setting(
        "Whether all files of the pipeline must be committed.", readers.flag, {"type": "boolean"}, True
    ),
    "fresh": Setting("Whether no stage behind the model may be stale.", readers.flag, {"type": "boolean"}, True),
    "no-errors": Setting("Whether lint must find no errors.", readers.flag, {"type": "boolean"}, True),
}


class PromoteSettings(NamedTuple):
    """The rules for one model."""

    alias: str = "champion"
    #: None: models are not compared
    metric: str | None = None
    maximize: bool = True
    tolerance: float = 0.0
    clean_tree: bool = True
    fresh: bool = True
    no_errors: bool = True


def promote_settings(root: str, model: str) -> PromoteSettings:
    """The rules for a model of the project at `root`, by its registered name. Raises ConfigurationError."""
    configuration = project_configuration(root)
    problems: list[Problem] = []
    table = configuration.table.get(TABLE, {})
    given = readers.table(table, (TABLE,), problems) or {}
    values = read_table(given, SETTINGS, (TABLE,), problems, (MODELS,))
    own: dict[str, Any] = {}
    listed = readers.table(given[MODELS], (TABLE, MODELS), problems) if MODELS in given else None
    for name, inner in (listed or {}).items():
        path = (TABLE, MODELS, name)
        read = read_table(readers.table(inner, path, problems) or {}, SETTINGS, path, problems)
        if name == model:
            own = read
    configuration.refuse(problems)
    chosen = {**values, **own}
    return PromoteSettings(
        chosen.get("alias", "champion"),
        chosen.get("metric"),
        chosen.get("direction", "maximize") == "maximize",
        chosen.get("tolerance", 0.0),
        chosen.get("clean-tree", True),
        chosen.get("fresh", True),
        chosen.get("no-errors", True),
    )
