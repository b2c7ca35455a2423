"""The words of a forecast, and the units in them."""

from __future__ import annotations

import doctest
import json

import pytest

from pipelinekit.impact.forecast import Forecast
from pipelinekit.impact.sizes import Size
from pipelinekit.report import units
from pipelinekit.report.forecast import forecast_lines, json_forecast

NOTHING = Forecast(0, 0, 0, 0, (), 1, 0, None, "", Size(0, 0))
THREE = NOTHING._replace(stages=3, total=840.0, critical=540.0, workers=2, with_workers=600.0)


@pytest.mark.parametrize(
    ("forecast", "lines"),
    [
        (NOTHING, []),
        (THREE, ["3 stages, about 14 min (critical path 9 min; 2 workers 10 min)"]),
        (
            THREE._replace(untimed=1),
            ["3 stages, about 14 min (critical path 9 min; 2 workers 10 min); 1 stage has never been timed"],
        ),
        (THREE._replace(workers=1), ["3 stages, about 14 min (more workers would hardly help)"]),
        (THREE._replace(untimed=2), ["3 stages, about 14 min; 2 stages have never been timed"]),
        (THREE._replace(untimed=3, cost=0.0), []),
        (NOTHING._replace(stages=1, untimed=1), []),
        (NOTHING._replace(stages=1, total=4.2), ["1 stage, about 4.2 s"]),
        (
            THREE._replace(workers=1, cost=0.28, currency="EUR\x1b", added=Size(3 * 2**20, 1)),
            [
                "3 stages, about 14 min (more workers would hardly help)",
                "up to 3.0 MiB more in the cache if outputs keep their sizes; 1 of unknown size",
                "costs about 0.28 EUR\\x1b",
            ],
        ),
    ],
)
def test_lines(forecast: Forecast, lines: list[str]) -> None:
    assert list(forecast_lines(forecast)) == lines


def test_json() -> None:
    assert json.loads(json.dumps(json_forecast(THREE._replace(cost=0.28)))) == {
        "stages": 3,
        "untimed": 0,
        "seconds": 840.0,
        "critical_path_seconds": 540.0,
        "critical_path": [],
        "workers": 2,
        "workers_seconds": 600.0,
        "cost": 0.28,
        "currency": None,
        "cache_bytes_at_most": 0,
        "outputs_of_unknown_size": 0,
    }


def test_units() -> None:
    assert doctest.testmod(units).failed == 0
    assert doctest.testmod(units).attempted > 1
