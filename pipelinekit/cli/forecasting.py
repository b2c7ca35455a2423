"""The forecast of a project's stages, for the commands that print one."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pipelinekit.cli.options import InputError
from pipelinekit.graph.graph import Graph
from pipelinekit.project.configuration import ConfigurationError
from pipelinekit.resolve.stage import Stage

if TYPE_CHECKING:
    from pipelinekit.impact.forecast import Forecast


def read_forecast(graph: Graph, stages: Collection[Stage]) -> Forecast:
    """What running these stages will take. Raises InputError for settings that are wrong."""
    from pipelinekit.impact.forecast import forecast

    try:
        return forecast(graph, stages)
    except ConfigurationError as error:
        raise InputError(str(error)) from None
