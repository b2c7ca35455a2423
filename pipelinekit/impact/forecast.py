"""What running some stages will take: time, workers that are worth it, money, room in the cache."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.impact.durations import durations
from pipelinekit.impact.schedule import Plan
from pipelinekit.impact.settings import impact_settings
from pipelinekit.impact.sizes import Size, added_at_most
from pipelinekit.resolve.stage import Stage


class Forecast(NamedTuple):
    """What is to be expected of stages that run; all times in seconds, without the stages that were never timed."""

    #: stages that run: a frozen one does not
    stages: int
    untimed: int
    #: one after the other
    total: float
    #: what no number of workers can shorten
    critical: float
    critical_path: tuple[Stage, ...]
    #: as many as are worth it, and how long they take
    workers: int
    with_workers: float
    #: of all stages together; None without a price
    cost: float | None
    currency: str
    #: bytes by which the cache grows at most, if outputs keep their sizes
    added: Size


def forecast(graph: Graph, stages: Collection[Stage]) -> Forecast:
    """What running these stages, and no others, will take. Raises ConfigurationError."""
    settings = graph.derived(impact_settings)
    known = graph.derived(durations)
    seconds = {stage: known[stage].seconds for stage in stages if stage in known}
    plan = Plan(graph, stages, seconds)
    workers = plan.worthwhile()
    price = settings.price_per_hour
    return Forecast(
        len(plan.stages),
        plan.untimed,
        plan.total,
        plan.shortest,
        tuple(plan.critical_path),
        workers,
        plan.makespan(workers),
        plan.total / 3600 * price if price is not None else None,
        settings.currency,
        added_at_most(graph, stages),
    )
