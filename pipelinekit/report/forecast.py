"""What running stages will take, in the lines that commands print below a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelinekit.impact.forecast import Forecast
from pipelinekit.report.escape import printable
from pipelinekit.report.shown import counted
from pipelinekit.report.units import readable_cost, readable_size, readable_time


def forecast_lines(forecast: Forecast) -> Iterator[str]:
    """`3 stages, about 14 min (critical path 9 min; 2 workers 10 min); 1 stage has never been timed`.

    A line more for room in the cache, and one for money. Nothing is said where there is nothing to tell: of the time
    of stages that were never timed, for one.
    """
    if forecast.untimed < forecast.stages:
        yield counted(forecast.stages, "stage") + _time(forecast)
    yield from _added(forecast)
    yield from _money(forecast)


def _time(forecast: Forecast) -> str:
    timed = forecast.stages - forecast.untimed
    text = f", about {readable_time(forecast.total)}"
    notes = []
    if timed > 1 and forecast.workers > 1:
        notes = [
            f"critical path {readable_time(forecast.critical)}",
            f"{forecast.workers} workers {readable_time(forecast.with_workers)}",
        ]
    elif timed > 1:
        notes = ["more workers would hardly help"]
    text += f" ({'; '.join(notes)})" if notes else ""
    if forecast.untimed:
        verb = "has" if forecast.untimed == 1 else "have"
        text += f"; {counted(forecast.untimed, 'stage')} {verb} never been timed"
    return text


def _added(forecast: Forecast) -> Iterator[str]:
    size, unknown = forecast.added
    if size:
        also = f"; {unknown} of unknown size" if unknown else ""
        yield f"up to {readable_size(size)} more in the cache if outputs keep their sizes{also}"


def _money(forecast: Forecast) -> Iterator[str]:
    if forecast.cost is not None and forecast.untimed < forecast.stages:
        yield f"costs about {readable_cost(forecast.cost, printable(forecast.currency))}"


def json_forecast(forecast: Forecast) -> dict[str, Any]:
    """The same for programs: seconds, bytes, addresses."""
    return {
        "stages": forecast.stages,
        "untimed": forecast.untimed,
        "seconds": round(forecast.total, 3),
        "critical_path_seconds": round(forecast.critical, 3),
        "critical_path": [stage.address for stage in forecast.critical_path],
        "workers": forecast.workers,
        "workers_seconds": round(forecast.with_workers, 3),
        "cost": round(forecast.cost, 4) if forecast.cost is not None else None,
        "currency": forecast.currency or None,
        "cache_bytes_at_most": forecast.added.size,
        "outputs_of_unknown_size": forecast.added.unknown,
    }
