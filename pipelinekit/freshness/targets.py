"""How to name a stage to DVC."""

from __future__ import annotations

from pipelinekit.project.collect import DVC_YAML
from pipelinekit.resolve.stage import Definition, Stage


def target(stage: Stage | Definition) -> str:
    """What `dvc repro` is given, from the project's root: all stages of a group go by the group's name."""
    return stage.name if stage.file == DVC_YAML else f"{stage.file}:{stage.name}"
