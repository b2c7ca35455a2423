"""Generate, lint and draw DVC pipelines.

from pipelinekit import Metric, Out, Pipeline, Stage
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pipelinekit.model.pipeline import Artifact, Metric, Out, Param, Pipeline, Plot, Stage
    from pipelinekit.model.shape import TopLevelPlot

__all__ = ["Artifact", "Metric", "Out", "Param", "Pipeline", "Plot", "Stage", "TopLevelPlot", "__version__"]


def __getattr__(name: str) -> Any:
    # the model needs pydantic, which takes longer to import than a whole lint: only who uses it pays
    if name in __all__:
        from pipelinekit.model import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'pipelinekit' has no attribute '{name}'")
